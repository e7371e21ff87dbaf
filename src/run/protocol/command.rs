//! Commands to a trainer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::run::settings::Change;

/// A request to a running trainer, which answers with an [`Event`](super::Event) in the journal.
///
/// On disk, a command is a file `inbox/*.json` that contains only the command, such as `"pause"`. `--json` output uses
/// the same text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Pause before the next step. Answered by `paused`.
    Pause,
    /// Resume after a pause. Answered by `resumed`.
    Resume,
    /// Write a checkpoint and stop. Answered by `checkpoint`, then `ended` with the status `stopped`.
    Stop,
    /// Write a checkpoint now, and continue. Answered by `checkpoint`.
    Checkpoint,
    /// Change settings before the next step, such as `{"set": {"learning_rate": 0.003}}`. Answered by `changed`, or by
    /// `rejected` if they are invalid.
    Set(Change),
    /// Rewind to the last checkpoint with finite weights, before the loss became NaN, and continue from there with these
    /// changes. Answered by `rewound`, `changed` and `resumed`.
    #[serde(rename = "go_back")]
    Rewind(Change),
}

impl Command {
    /// The command in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Checkpoint => "checkpoint",
            Self::Set(_) => "set",
            Self::Rewind(_) => "rewind",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
