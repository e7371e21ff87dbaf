//! Reading, atomically replacing and following files.

mod error;
mod extra;
pub(crate) mod file;
pub(crate) mod float;
mod lines;
pub(crate) mod sanitize;
mod watched;

pub use error::FileError;
pub use extra::Extra;
pub use file::{write_atomic, write_new};
pub(crate) use lines::{LineReader, Lines, ReadFrom};
pub use sanitize::sanitize;
pub(crate) use sanitize::{display, sanitized};
pub(crate) use watched::Watched;
