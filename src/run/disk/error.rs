//! Errors of files.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::sanitize::display;

/// An error of a file. Every message is one line that names the file and the cause and is safe to show.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum FileError {
    /// The operating system reported an error.
    #[error("cannot {action} {}: {source}", display(&.path.display()))]
    Io {
        /// The attempted action such as `read`.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A symbolic link, pipe or the like in place of a regular file. It is not followed.
    #[error("{}: not a regular file; remove it", display(&.path.display()))]
    NotAFile { path: PathBuf },
    /// The file is far larger than a valid one can be.
    #[error("{}: larger than {limit} bytes, the most that a valid file has; remove it", display(&.path.display()))]
    TooLarge {
        path: PathBuf,
        /// Maximum size of a valid file in bytes.
        limit: u64,
    },
    /// A new file would replace an existing one.
    #[error("{}: already exists; choose another path", display(&.path.display()))]
    AlreadyExists { path: PathBuf },
}

impl FileError {
    /// For `map_err`: `action`, such as `read`, failed on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Whether the operating system reported the error, for example a full disk. Such an error may be temporary.
    pub fn is_os_error(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    /// Whether the file or directory does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
