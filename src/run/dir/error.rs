//! Errors of runs on disk.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::checkpoint::{CheckpointError, CheckpointName};
use super::holder::Holder;
use super::id::IdError;
use super::labels::LabelError;
use super::lock::LockError;
use super::schema::SCHEMA;
use crate::run::disk::{FileError, display};
use crate::run::settings::ConfigError;

/// An error of a run on disk. Every message is one line that names the file and the cause and is safe to show.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum RunError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// No run can be created in this directory.
    #[error("cannot store runs in {}: {source}; choose another directory with --runs", shown(.root))]
    Root { root: PathBuf, source: io::Error },
    /// An invalid `run.json`.
    #[error("{}: invalid run.json: {}; restore it from a copy, or remove the run's directory", shown(.path), display(.source))]
    Damaged {
        path: PathBuf,
        /// Where and why it cannot be parsed.
        source: serde_json::Error,
    },
    /// An invalid `.queue.json`.
    #[error("{}: invalid queue: {}; remove the file to start with an empty queue", shown(.path), display(.source))]
    DamagedQueue {
        path: PathBuf,
        /// Where and why it cannot be parsed.
        source: serde_json::Error,
    },
    /// A `run.json` with a newer schema version.
    #[error(
        "{}: written by a newer cnn-tui (schema {found}; this version reads up to {SCHEMA}); update cnn-tui",
        shown(.path)
    )]
    Newer { path: PathBuf, found: u32 },
    /// An invalid checkpoint, or one that cannot be written.
    #[error("{}: {source}; use another checkpoint of the run", shown(.path))]
    Checkpoint {
        path: PathBuf,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// The run has no checkpoint of this name.
    #[error("no checkpoint {}; the run has {}", shown(.path), listed(.available))]
    NoCheckpoint {
        /// The file that is missing.
        path: PathBuf,
        /// The checkpoints that the run has.
        available: Vec<CheckpointName>,
    },
    /// A fork would have no epoch left to train.
    #[error("checkpoint {from} is already at epoch {done}; use --epochs {} or more", .done.saturating_add(1))]
    NothingToTrain {
        /// The checkpoint that the fork starts from.
        from: CheckpointName,
        /// Epochs done there.
        done: u32,
    },
    /// Another process trains the run.
    #[error("{} is training ({}); stop it first", display(.name), process(.holder.as_ref()))]
    Locked {
        name: String,
        /// The process that trains it. `None` if the lock does not name one.
        holder: Option<Holder>,
    },
    /// A process on another machine holds the lock.
    #[error(
        "{}: held by process {} on {}; if that process has ended, remove this file",
        shown(.path), .holder.pid, .holder.host
    )]
    Elsewhere {
        path: PathBuf,
        /// The process that the lock names.
        holder: Holder,
    },
    /// The directory is not a run.
    #[error("{}: not a run (no run.json)", shown(.path))]
    NotARun { path: PathBuf },
    /// No run has this id or name.
    #[error("no run named '{}' in {}; use --runs to search another directory", display(.query), shown(.root))]
    Unknown {
        /// The name that was searched for.
        query: String,
        /// The directory that was searched.
        root: PathBuf,
    },
    /// Several runs have this name or prefix.
    #[error("'{}' matches {} runs; use one of these ids: {}", display(.query), .candidates.len(), .candidates.join(", "))]
    Ambiguous {
        /// The name that was searched for.
        query: String,
        /// The ids of the runs that match.
        candidates: Vec<String>,
    },
    /// An invalid run id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A reference run, which cannot be changed.
    #[error("cannot change {}: it is a reference run; use `cnn-tui fork` to make your own run from it", shown(.path))]
    ReadOnlyReference { path: PathBuf },
    /// The run's directory disappeared.
    #[error("{} no longer exists; if the run is training, its trainer waits until the directory is back", shown(.path))]
    Gone { path: PathBuf },
    /// A deleted run cannot be restored because another one has its place.
    #[error("cannot restore {}: another run is already there; rename that one, then try again", shown(.path))]
    CannotRestore { path: PathBuf },
    /// An invalid setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An invalid name, note or tag.
    #[error(transparent)]
    Label(#[from] LabelError),
}

impl RunError {
    /// Whether the operating system reported the error, for example a full disk. Such an error may be temporary.
    pub fn is_os_error(&self) -> bool {
        matches!(self, Self::File(error) if error.is_os_error())
    }

    /// Whether a file or directory does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::File(error) if error.is_not_found())
    }

    /// For `map_err`: the lock at `path`, of the run `name`, could not be acquired.
    pub(crate) fn lock(path: &Path, name: impl FnOnce() -> String) -> impl FnOnce(LockError) -> Self {
        move |error| match error {
            LockError::Held(holder) => Self::Locked { name: name(), holder },
            LockError::Elsewhere(holder) => Self::Elsewhere { path: path.to_owned(), holder },
            LockError::File(error) => error.into(),
        }
    }
}

/// A path as text that is safe to show.
fn shown(path: &Path) -> String {
    display(&path.display())
}

/// Checkpoints as a list for a sentence.
fn listed(checkpoints: &[CheckpointName]) -> String {
    let names: Vec<_> = checkpoints.iter().map(ToString::to_string).collect();
    if names.is_empty() { "no checkpoints".to_owned() } else { names.join(", ") }
}

/// `pid 4711`
fn process(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "in another process".to_owned(), |Holder { pid, .. }| format!("pid {pid}"))
}
