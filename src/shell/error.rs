//! Errors of training, processes and the terminal.

use std::path::PathBuf;
use std::process::ExitStatus;

use crate::data::DataError;
use crate::run::{CheckpointName, RunError};
use crate::shell::trainer::CudaProblem;
use crate::train::TrainError;

/// Why training, another process or the terminal failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum ShellError {
    /// A run could not be read or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A data set could not be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The data differs from what the run was trained on before.
    #[error(
        "the run was trained on {before}, but the data found now is {now}; restore the data or start a new run"
    )]
    OtherData {
        /// The data it was trained on.
        before: String,
        now: String,
    },
    /// The checkpoint that the run resumes from cannot be used.
    #[error("{error}{}", from_another(.name, *.usable))]
    LastCheckpoint {
        /// Why.
        error: Box<RunError>,
        /// Name of the run.
        name: String,
        /// The newest checkpoint that can be used.
        usable: Option<CheckpointName>,
    },
    /// The checkpoint that the run resumes from was written by another run.
    #[error("{}: belongs to another run; put the run's own file back, or start a new run", .path.display())]
    OtherCheckpoint { path: PathBuf },
    /// Progress could not be printed.
    #[error("cannot write output: {source}; {what}")]
    Output {
        source: std::io::Error,
        /// The state of the run, as a clause for the message.
        what: String,
    },
    /// The run has not started training.
    #[error(
        "{run} has not started training, so it has no predictions; use `cnn-tui resume {run}` to train it"
    )]
    NotStarted {
        /// Name of the run.
        run: String,
    },
    /// Two runs were trained on different data.
    #[error(
        "cannot compare predictions on different test sets: {first}, {second}; choose two runs with the same data"
    )]
    DifferentData {
        /// The first run and its data.
        first: String,
        /// The second run and its data.
        second: String,
    },
    /// The data of a run is in none of the known locations.
    #[error(
        "cannot find the test set of {description} (was in {from}); restore it there, or run `cnn-tui data fetch` if it \
         is Fashion-MNIST"
    )]
    DataNotFound {
        /// Name and size of the data set.
        description: String,
        from: String,
    },
    /// The run does not have a checkpoint.
    #[error("{run} has no {checkpoint} checkpoint: {}", why_missing(*.checkpoint))]
    NoCheckpoint {
        /// Name of the run.
        run: String,
        checkpoint: CheckpointName,
    },
    /// The path of the data could not be made absolute.
    #[error("cannot resolve the data path: {0}; use an absolute path")]
    DataPath(std::io::Error),
    /// A thread, signal handler or timer could not be created.
    #[error(
        "cannot create a thread, signal handler or timer: {0}; end other processes, or raise `ulimit -u` and `ulimit -n`"
    )]
    Runtime(std::io::Error),
    /// The GPU that the settings name cannot be used.
    #[error(transparent)]
    Cuda(#[from] CudaProblem),
    /// The trainer process could not be started.
    #[error(
        "cannot start the trainer process: {0}; check that the cnn-tui executable still exists and can be run"
    )]
    Launch(std::io::Error),
    /// The queue worker process could not be started.
    #[error(
        "cannot start the queue worker process: {0}; check that the cnn-tui executable still exists and can be run"
    )]
    Queue(std::io::Error),
    /// The training thread panicked; holds the panic message.
    #[error("the trainer panicked: {0}; this is a bug, see trainer.log")]
    Panic(String),
    /// The training thread did not stop when a signal asked it to.
    #[error(
        "training did not stop after a signal, so a second one ended it; resume the run from its last checkpoint"
    )]
    Stuck,
    /// The trainer reported this failure.
    #[error("{0}")]
    Failed(String),
    /// The trainer process exited without reporting why.
    #[error("the trainer exited unexpectedly ({exit}); see {}", log.display())]
    Exited {
        /// Exit code or signal.
        exit: ExitStatus,
        /// File with its output.
        log: PathBuf,
    },
    /// The terminal could not be read or set up.
    #[error("cannot use the terminal: {0}; use `cnn-tui train --headless` where there is none")]
    Terminal(std::io::Error),
    /// The path of the runs directory could not be resolved.
    #[error("cannot resolve the runs directory: {0}; choose one with --runs DIR")]
    Runs(std::io::Error),
    /// The user has no home directory.
    #[error("no home directory to store runs in; set HOME or choose a directory with --runs DIR")]
    NoHome,
}

/// How to continue from another checkpoint.
fn from_another(name: &str, usable: Option<CheckpointName>) -> String {
    usable.map_or_else(String::new, |usable| {
        format!("; run `cnn-tui resume {name} --from {usable}` to continue from there")
    })
}

/// Why a run may lack this checkpoint.
fn why_missing(checkpoint: CheckpointName) -> &'static str {
    match checkpoint {
        CheckpointName::Best => "no epoch finished",
        CheckpointName::Last => "none has been saved yet",
        CheckpointName::Epoch(_) => "the epoch was not reached, or its checkpoint was deleted for newer ones",
    }
}
