//! Reading, atomically replacing and following files.

mod error;
mod extra;
pub(crate) mod file;
pub(crate) mod float;
mod lines;
mod polled_file;
pub(crate) mod sanitize;

pub use error::FileError;
pub use extra::Extra;
pub use file::{write_atomic, write_new};
pub(crate) use lines::{LineReader, Lines, ReadFrom};
pub(crate) use polled_file::PolledFile;
pub use sanitize::sanitize;
pub(crate) use sanitize::{display, sanitized};
