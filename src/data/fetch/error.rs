//! Errors of a download.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::strings::{group_thousands, printable, printable_path};

/// Why a download failed.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum FetchError {
    /// A file could not be read or written.
    #[error("{}: {source}", printable_path(.path))]
    Io { path: PathBuf, source: io::Error },
    /// Another download to the same directory is running.
    #[error("{}: another download to this directory is running; wait until it has finished", printable_path(.dir))]
    Busy { dir: PathBuf },
    /// A file of that name with other content exists.
    #[error(
        "{}: already exists with different content; move it away or choose another directory with --to",
        printable_path(.path)
    )]
    DifferentContent { path: PathBuf },
    /// The request could not be sent or was not answered.
    #[error("{}: {}; check your connection or choose a mirror with --url", printable(.url), cause(.source))]
    Request { url: String, source: Box<ureq::Error> },
    /// The server answered with an error status.
    #[error("{}: the server returned status {status}; choose a mirror with --url", printable(.url))]
    Status { url: String, status: u16 },
    /// The file on the server has another length.
    #[error(
        "{}: expected {} bytes, but the server has {}; choose another mirror with --url",
        printable(.url), bytes(*.expected), .found.map_or_else(|| "more".to_owned(), bytes)
    )]
    WrongSize {
        url: String,
        /// The expected length in bytes.
        expected: u64,
        /// The length on the server, if it sent one; `None` means more than expected.
        found: Option<u64>,
    },
    /// The connection was lost, or no data arrived within the timeout.
    #[error(
        "{}: connection lost after {} of {} bytes ({reason}); run the command again to resume",
        printable(.url), bytes(*.done), bytes(*.size)
    )]
    ConnectionLost {
        url: String,
        /// Bytes on the disk.
        done: u64,
        /// Expected length in bytes.
        size: u64,
        reason: io::Error,
    },
    /// The checksum does not match; the file was deleted.
    #[error(
        "{}: checksum mismatch (expected sha256 {expected}, found {found}); the file was deleted; \
         run the command again or choose another mirror with --url",
        printable(.url)
    )]
    WrongChecksum {
        url: String,
        expected: String,
        /// The SHA-256 of the downloaded file.
        found: String,
    },
}

/// The error of an HTTP client without its prefix for I/O errors.
fn cause(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// A number of bytes with thousands separators.
fn bytes(number: u64) -> String {
    group_thousands(&number.to_string())
}

/// Adds a path to an I/O error.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> FetchError + Copy {
    move |source| FetchError::Io { path: path.into(), source }
}
