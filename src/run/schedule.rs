//! How the learning rate changes over a run.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::{ConfigError, positive, within};

/// How the learning rate changes over the run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It stays.
    #[default]
    Constant,
    /// It is multiplied by `factor` after every `every_epochs` epochs.
    Step {
        /// Epochs between two changes.
        every_epochs: u32,
        /// What it is multiplied by.
        factor: f64,
    },
    /// It falls along half a cosine wave to zero at the end of the run.
    Cosine,
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Step { every_epochs, factor } => write!(f, "step:{every_epochs}:{factor}"),
            Self::Cosine => f.write_str("cosine"),
        }
    }
}

impl Schedule {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match *self {
            Self::Constant | Self::Cosine => Ok(()),
            Self::Step { every_epochs, factor } => {
                within("schedule's epochs", every_epochs, 1..=100_000)?;
                positive("schedule's factor", factor)
            }
        }
    }
}
