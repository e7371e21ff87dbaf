//! What can be wrong with a data set.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::files::SPELLINGS;
use super::idx::IdxError;
use super::split::SplitError;
use super::text::shown;

/// Why there is no data set at a place.
#[derive(Debug, Error)]
pub enum DataError {
    /// The directory does not exist, is something else or may not be read.
    #[error("{}: cannot be opened as a directory: {source}; `cnn-tui data show` lists what there is", shown(.dir))]
    Directory {
        /// The place.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The directory lacks some of the four files, or all.
    #[error("{} lacks {} ({SPELLINGS}); `cnn-tui data fetch` downloads Fashion-MNIST", shown(.dir), .missing.join(", "))]
    Missing {
        /// The place.
        dir: PathBuf,
        /// The standard names of the missing files.
        missing: Vec<&'static str>,
    },
    /// One of the files is not usable.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// Images and labels do not belong together.
    #[error("{} and {}: {source}", shown(.images), shown(.labels))]
    Split {
        /// The file with the images.
        images: PathBuf,
        /// The file with the labels.
        labels: PathBuf,
        /// What does not fit.
        source: SplitError,
    },
}

impl DataError {
    /// Whether nothing of a data set is there, rather than a broken one.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Directory { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Missing { missing, .. } => missing.len() == 4,
            Self::Idx(_) | Self::Split { .. } => false,
        }
    }
}
