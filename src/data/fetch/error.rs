//! What can go wrong with a download.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::data::text::{printable, shown, thousands};

/// Why a download did not succeed.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The system could not read or write a file.
    #[error("{}: {source}", shown(.path))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another download is at work in the directory.
    #[error("{}: another download is at work here; wait for it to end", shown(.dir))]
    Busy {
        /// The directory.
        dir: PathBuf,
    },
    /// There is a file of that name with other content.
    #[error(
        "{}: there is already another file of this name; move it away or choose another directory with --to",
        shown(.path)
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The server could not be asked.
    #[error("{}: {source}; check the connection, or name a mirror with --url", printable(.url))]
    Request {
        /// What was asked for.
        url: String,
        /// What went wrong.
        source: Box<ureq::Error>,
    },
    /// The server did not give the file.
    #[error("{}: the server answered with status {status}; name a mirror with --url", printable(.url))]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server offers something of another length.
    #[error(
        "{}: expected {} bytes, the server offers {}; name another mirror with --url",
        printable(.url), thousands(*.expected), .found.map_or_else(|| "more".to_owned(), thousands)
    )]
    WrongSize {
        /// What was asked for.
        url: String,
        /// The length that was asked for.
        expected: u64,
        /// The length offered, if the server told it.
        found: Option<u64>,
    },
    /// The connection ended too early, or nothing came for too long.
    #[error(
        "{}: the connection broke after {} of {} bytes ({reason}); run the command again to continue",
        printable(.url), thousands(*.done), thousands(*.size)
    )]
    Broken {
        /// What was asked for.
        url: String,
        /// Bytes on the disk.
        done: u64,
        /// Bytes of the file.
        size: u64,
        /// What the line said.
        reason: io::Error,
    },
    /// The file has the right length but other content; it was removed.
    #[error(
        "{}: the checksum is wrong (expected sha256 {expected}, found {found}); the file was removed, \
         run the command again or name another mirror with --url",
        printable(.url)
    )]
    WrongChecksum {
        /// What was asked for.
        url: String,
        /// The checksum that it should have.
        expected: String,
        /// The checksum that it had.
        found: String,
    },
}

/// Adds the path to a system's error.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> FetchError + Copy {
    move |source| FetchError::Io { path: path.into(), source }
}
