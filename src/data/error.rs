//! Errors of reading a data set.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::csv_file::CsvError;
use super::idx::IdxError;
use super::npz::NpzError;
use super::split::SplitError;
use crate::strings::printable_path;

/// Why a data set could not be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum DataError {
    /// The path does not exist, is not a directory, or may not be read.
    #[error("cannot open {}: {source}; run `cnn-tui data show` to list available data sets", printable_path(.dir))]
    Directory { dir: PathBuf, source: io::Error },
    /// A symbolic link whose target does not exist.
    #[error("{}: broken link; its target {} does not exist", printable_path(.link), printable_path(.target))]
    BrokenLink { link: PathBuf, target: PathBuf },
    /// There are no data files.
    #[error(
        "{}: no data set ({found}); expected IDX files such as train-images-idx3-ubyte.gz, a NumPy archive (.npz), or \
         train.csv and test.csv; run `cnn-tui data fetch` to download Fashion-MNIST",
        printable_path(.dir)
    )]
    NoSet { dir: PathBuf, found: String },
    /// The file is not part of a data set.
    #[error(
        "{}: not a data file; give a directory, an IDX file, a NumPy archive (.npz) or a CSV file named like train.csv",
        printable_path(.file)
    )]
    UnknownFile { file: PathBuf },
    /// Some files of a set are missing.
    #[error("{}: missing {}; copy the missing files there, or run `cnn-tui data fetch` to download Fashion-MNIST", printable_path(.dir), .missing.join(", "))]
    Missing {
        dir: PathBuf,
        /// The usual names of the missing files.
        missing: Vec<String>,
    },
    /// There are several sets.
    #[error("{}: several data sets; choose one: {}", printable_path(.dir), options(.choices))]
    Ambiguous {
        dir: PathBuf,
        /// A path for each set.
        choices: Vec<PathBuf>,
    },
    /// One of the files cannot be read as IDX.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// A NumPy archive cannot be read.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// A CSV file cannot be read.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The class names cannot be read.
    #[error("{}: {problem}", printable_path(.file))]
    Classes { file: PathBuf, problem: String },
    /// Images and labels do not match.
    #[error("{}: {source}", both(.images, .labels))]
    Split { images: PathBuf, labels: PathBuf, source: SplitError },
    /// A data set was found in a default location, but cannot be used.
    #[error(
        "the data set in the {location} cannot be used: {source}; to train on the small built-in set instead, use --data built-in"
    )]
    Unusable {
        /// Where it was found, such as `data directory`.
        location: String,
        /// Why it cannot be used.
        source: Box<DataError>,
    },
}

impl DataError {
    /// Whether there is no data set at all, as opposed to a broken one.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Directory { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::NoSet { .. } => true,
            _ => false,
        }
    }
}

/// The choices as options of the command line.
fn options(choices: &[PathBuf]) -> String {
    choices.iter().map(|path| format!("--data {}", printable_path(path))).collect::<Vec<_>>().join(" or ")
}

/// Both files, or one if they are the same.
fn both(images: &Path, labels: &Path) -> String {
    if images == labels {
        return printable_path(images);
    }
    format!("{} and {}", printable_path(images), printable_path(labels))
}
