//! Statuses of a run, and reasons for its pauses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a run. Its trainer writes it to `run.json`; a trainer that is killed writes nothing, and readers call
/// such a run [`Interrupted`](Self::Interrupted), as [`RunState::of`](crate::run::RunState::of) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Created; no trainer has started.
    Queued,
    /// Training.
    Running,
    /// Paused between two steps, with a trainer waiting.
    Paused,
    /// All epochs are done.
    Finished,
    /// Ended early on request; it can be resumed.
    Stopped,
    /// Ended by an error, which is the `reason`; it can be resumed from its last checkpoint.
    Failed,
    /// Its trainer was killed; it can be resumed from its last checkpoint. Never written.
    Interrupted,
}

impl RunStatus {
    /// Every status, in the order in which help lists them.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Paused,
        Self::Finished,
        Self::Stopped,
        Self::Failed,
        Self::Interrupted,
    ];

    /// The status as it is written on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why training paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub enum PauseReason {
    /// On request, with [`Command::Pause`](super::command::Command::Pause).
    Command,
    /// A signal to the process.
    Signal,
    /// The run directory cannot be written: a full disk, a quota, a directory that is gone.
    Disk,
    /// A loss or a weight is no longer finite.
    Diverged,
    /// The trainer was stopped.
    Stop,
    /// The trainer was killed.
    Crash,
    /// The trainer ended with an error.
    Failure,
    /// A reason that this version does not know.
    Other,
}

impl PauseReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Command,
        Self::Signal,
        Self::Disk,
        Self::Diverged,
        Self::Stop,
        Self::Crash,
        Self::Failure,
        Self::Other,
    ];

    /// The reason as it is written on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Signal => "signal",
            Self::Disk => "disk",
            Self::Diverged => "diverged",
            Self::Stop => "stop",
            Self::Crash => "crash",
            Self::Failure => "failure",
            Self::Other => "other",
        }
    }
}

impl From<String> for PauseReason {
    fn from(word: String) -> Self {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word).unwrap_or(Self::Other)
    }
}

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
