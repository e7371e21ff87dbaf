//! What can go wrong between the program and the world.

use std::path::PathBuf;
use std::process::ExitStatus;

use crate::data::DataError;
use crate::run::{CheckpointName, RunError};
use crate::train::TrainError;

/// What can go wrong between the program and the world.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// A run directory.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The data is not what the run was trained on before.
    #[error(
        "the run was trained on {before}, but what is found now is {now}; bring the first back, or start a new run"
    )]
    OtherData {
        /// What it was trained on.
        before: String,
        /// What was found.
        now: String,
    },
    /// A run that has trained nothing yet.
    #[error("{run} has not begun to train, so it predicts nothing")]
    NotBegun {
        /// Its name.
        run: String,
    },
    /// Two runs that were trained on different data.
    #[error("predictions are compared on one test set, but these runs have two: {first}, {second}")]
    TwoSets {
        /// The first run and what it was trained on.
        first: String,
        /// The second run and what it was trained on.
        second: String,
    },
    /// The data of a run is not where it was, nor anywhere else.
    #[error(
        "the test set of {description} (from {from}) is not found; bring it back there, or get Fashion-MNIST with \
         `cnn-tui data fetch`"
    )]
    NoSuchData {
        /// What it is.
        description: String,
        /// Where it was.
        from: String,
    },
    /// A run lacks a checkpoint.
    #[error(
        "{run} has no checkpoint {checkpoint}: `best` is written after an epoch, and epochs' own make room for newer ones"
    )]
    NoCheckpoint {
        /// Its name.
        run: String,
        /// Which.
        checkpoint: CheckpointName,
    },
    /// The system gave no thread, signal or timer.
    #[error("the system refused a thread, a signal or a timer: {0}")]
    Runtime(std::io::Error),
    /// The trainer process could not be started.
    #[error("the trainer could not be started: {0}")]
    Launch(std::io::Error),
    /// The process that works on the queue could not be started.
    #[error("nobody works on the queue: its process could not be started: {0}")]
    Queue(std::io::Error),
    /// The train thread panicked.
    #[error("the trainer failed: {0}; this is a bug, and trainer.log has its last words")]
    Panic(String),
    /// The trainer said that it failed.
    #[error("{0}")]
    Failed(String),
    /// The trainer process ended without a word.
    #[error("the trainer ended ({exit}) without a word; {} may tell why", log.display())]
    Ended {
        /// How.
        exit: ExitStatus,
        /// What it printed.
        log: PathBuf,
    },
    /// The terminal.
    #[error("the terminal could not be used: {0}")]
    Terminal(std::io::Error),
    /// The directory of runs has no name.
    #[error("the directory of runs cannot be found: {0}; name it with --runs DIR")]
    Runs(std::io::Error),
    /// There is no home directory.
    #[error("there is no home directory to keep runs in; set HOME, or say where with --runs DIR")]
    NoHome,
}
