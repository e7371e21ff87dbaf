//! Why a command failed.

use std::io;

use crate::data::{DataError, FetchError};
use crate::metrics::text;
use crate::run::RunError;
use crate::shell::ShellError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Invalid arguments.
    #[error("{0}")]
    Usage(String),
    /// Training, the terminal, or another process failed.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// The run that was trained diverged.
    #[error("{0}")]
    Diverged(String),
    /// `doctor` found this many problems.
    #[error("found {}; see the lines that begin with \"problem\"", text::number_of(*.0 as u64, "problem"))]
    Problems(usize),
    /// A run could not be read or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A data set could not be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A download failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Standard output could not be written.
    #[error("cannot write output: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    /// Whether standard output was closed by its reader, such as `head`.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Exit code: 2 for invalid arguments, 3 for a run that diverged, 1 for all other errors.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Run(RunError::Config(_) | RunError::NothingToTrain { .. }) => 2,
            Self::Diverged(_) => 3,
            Self::Problems(_)
            | Self::Shell(_)
            | Self::Run(_)
            | Self::Data(_)
            | Self::Fetch(_)
            | Self::Output(_) => 1,
        }
    }
}
