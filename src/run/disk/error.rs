//! What can go wrong with a single file.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::sanitize::display;

/// What can go wrong with a single file. Every message is one line, names the file, holds its cause, and is safe to
/// show.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: cannot be {action}: {source}", display(&.path.display()))]
    Io {
        /// What was attempted, as a participle such as `read`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A symbolic link, a pipe or the like stands where a regular file is expected. It is never followed.
    #[error("{}: is not a regular file; remove it", display(&.path.display()))]
    NotAFile {
        /// What is not a file.
        path: PathBuf,
    },
    /// The file is far larger than a valid one can be.
    #[error("{}: is larger than {limit} bytes and cannot be valid; remove it", display(&.path.display()))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes that a valid one has.
        limit: u64,
    },
    /// A new file would replace one that is there.
    #[error("{}: already exists; choose another path", display(&.path.display()))]
    AlreadyExists {
        /// The path that is taken.
        path: PathBuf,
    },
}

impl FileError {
    /// For `map_err`: the operating system refused `action` (a participle, such as `read`) on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Whether the operating system refused, for example because the disk is full. Such an error may pass.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    /// Whether the file or directory does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
