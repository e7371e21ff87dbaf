//! Errors of reading a data set.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::idx::IdxError;
use super::split::SplitError;
use crate::strings::printable_path;

/// The accepted variants of the names, for error messages.
const SPELLINGS: &str = "also accepted: `.idx` instead of `-idx`, and a `.gz` suffix";

/// Why a data set could not be read.
#[derive(Debug, Error)]
pub enum DataError {
    /// The directory does not exist, is not a directory, or may not be read.
    #[error("{}: cannot open directory: {source}; run `cnn-tui data show` to list available data sets", printable_path(.dir))]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// Some or all of the four files are missing.
    #[error("{}: missing {} ({SPELLINGS}); run `cnn-tui data fetch` to download Fashion-MNIST", printable_path(.dir), .missing.join(", "))]
    Missing {
        /// The directory.
        dir: PathBuf,
        /// The standard names of the missing files.
        missing: Vec<&'static str>,
    },
    /// One of the files cannot be read as IDX.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// Images and labels do not match.
    #[error("{} and {}: {source}", printable_path(.images), printable_path(.labels))]
    Split {
        /// The image file.
        images: PathBuf,
        /// The label file.
        labels: PathBuf,
        /// The mismatch.
        source: SplitError,
    },
}

impl DataError {
    /// Whether there is no data set at all, as opposed to a broken one.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Directory { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Missing { missing, .. } => missing.len() == 4,
            Self::Idx(_) | Self::Split { .. } => false,
        }
    }
}
