//! What can go wrong with runs on disk.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::checkpoint::CheckpointError;
use super::checkpoint_name::CheckpointName;
use super::id::IdError;
use super::labels::LabelError;
use super::lock::Holder;
use super::manifest::SCHEMA;
use crate::run::disk::display;
use crate::run::settings::ConfigError;

/// What can go wrong with runs on disk. Every message is whole, on one line, and safe to show: it names the file and
/// holds its cause.
#[derive(Debug, Error)]
pub enum RunError {
    /// The operating system refuses.
    #[error("{}: cannot be {action}: {source}", shown(.path))]
    Io {
        /// What was to be done, such as `read`.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A directory where no run can be created.
    #[error("{}: cannot keep runs: {source}; --runs keeps them in another directory", shown(.root))]
    Root {
        /// The directory.
        root: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Where a file is expected there is a symbolic link, a pipe or the like, which is never followed.
    #[error("{}: is not a regular file; remove it", shown(.path))]
    NotAFile {
        /// The thing.
        path: PathBuf,
    },
    /// A file is far larger than such a file can be.
    #[error("{}: is larger than {limit} bytes, so it cannot be what its name says; remove it", shown(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes it may have.
        limit: u64,
    },
    /// A `run.json` that cannot be understood.
    #[error("{}: is not a valid run.json: {}; restore it from a copy, or remove the run's directory", shown(.path), display(.source))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A `run.json` with a greater schema.
    #[error(
        "{}: was written by a newer cnn-tui (schema {found}, and this version reads up to {SCHEMA}); update cnn-tui",
        shown(.path)
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
    },
    /// A checkpoint that cannot be understood or written.
    #[error("{}: {source}; use another checkpoint of the run", shown(.path))]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: CheckpointError,
    },
    /// A checkpoint that the run does not have.
    #[error("{}: is not there; the run has {}", shown(.path), names(.there))]
    NoCheckpoint {
        /// Its file.
        path: PathBuf,
        /// Those that there are.
        there: Vec<CheckpointName>,
    },
    /// Another process trains the run.
    #[error("{}: is held by {}; stop or wait for that process", shown(.path), held_by(.holder.as_ref()))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, where that can be read.
        holder: Option<Holder>,
    },
    /// A directory that is no run.
    #[error("{}: is not a run: it has no run.json", shown(.path))]
    NotARun {
        /// The directory.
        path: PathBuf,
    },
    /// No run has this id or name.
    #[error("no run is called {query:?} in {}; --runs looks in another directory", shown(.root))]
    Unknown {
        /// What was asked for.
        query: String,
        /// Where it was looked for.
        root: PathBuf,
    },
    /// Several runs have this name or beginning.
    #[error("{query:?} could be {}; give one of these ids", .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        query: String,
        /// The ids that fit.
        candidates: Vec<String>,
    },
    /// A text that is no id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Another machine has the run, as its lock says.
    #[error(
        "{}: the run is trained by {}, as its lock says; if that has ended without giving it back, remove this file",
        shown(.path), held_by(Some(.holder))
    )]
    Elsewhere {
        /// The lock.
        path: PathBuf,
        /// Who took it.
        holder: Holder,
    },
    /// A run of another directory, such as a reference run.
    #[error("{}: is not one of your own runs, and stays", shown(.path))]
    NotOwn {
        /// Its directory.
        path: PathBuf,
    },
    /// A run's directory that was there.
    #[error("{}: is gone, moved or removed; its trainer, if it has one, waits until it is there again", shown(.path))]
    Gone {
        /// The directory.
        path: PathBuf,
    },
    /// There is something where a run is to be brought back to, or a file to be written.
    #[error("{}: is in the way; move it away first", shown(.path))]
    InTheWay {
        /// The thing.
        path: PathBuf,
    },
    /// A setting that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A name, a note or a tag that cannot be.
    #[error(transparent)]
    Label(#[from] LabelError),
}

impl RunError {
    /// Whether the system refused, as it does where a disk is full or a directory gone: it may not refuse for ever.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    /// For `map_err`: the operating system refused `action` (a participle, such as `read`) on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Whether a file or directory is simply not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// A path as text that is safe to show.
fn shown(path: &Path) -> String {
    display(&path.display())
}

/// Checkpoints in words.
fn names(checkpoints: &[CheckpointName]) -> String {
    let names: Vec<_> = checkpoints.iter().map(ToString::to_string).collect();
    if names.is_empty() { "no checkpoints".to_owned() } else { names.join(", ") }
}

/// A holder in words.
fn held_by(holder: Option<&Holder>) -> String {
    holder.map_or_else(
        || "another process".to_owned(),
        |Holder { pid, host, .. }| format!("process {pid} on {host}"),
    )
}
