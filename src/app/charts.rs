//! How curves are drawn, on every screen that has any.

use serde::{Deserialize, Serialize};

/// How curves are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Charts {
    /// What the curves of a comparison go along.
    pub along: Along,
    /// Whether losses are drawn on a logarithmic scale.
    pub log_loss: bool,
}

/// What charts go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// Epochs: runs with other batch sizes are side by side.
    #[default]
    Epochs,
    /// Steps.
    Steps,
    /// Training time in seconds, without pauses.
    Time,
}

impl Along {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Epochs => Self::Steps,
            Self::Steps => Self::Time,
            Self::Time => Self::Epochs,
        }
    }

    /// What it is called on an axis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "step",
            Self::Epochs => "epoch",
            Self::Time => "second",
        }
    }
}
