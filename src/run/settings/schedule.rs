//! How the learning rate changes over a run.

use std::fmt;
use std::str::FromStr;

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

/// A text that is no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use constant, cosine, or step:EPOCHS:FACTOR such as step:10:0.5")]
pub struct ScheduleError;

/// Reads a schedule as it is shown.
impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let step = |epochs: &str, factor: &str| {
            Some(Self::Step { every_epochs: epochs.parse().ok()?, factor: factor.parse().ok()? })
        };
        let schedule = match text.split(':').collect::<Vec<_>>()[..] {
            ["constant"] => Some(Self::Constant),
            ["cosine"] => Some(Self::Cosine),
            ["step", epochs, factor] => step(epochs, factor),
            _ => None,
        };
        schedule.ok_or(ScheduleError)
    }
}

impl Schedule {
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        match *self {
            Self::Constant | Self::Cosine => Ok(()),
            Self::Step { every_epochs, factor } => {
                within("schedule's epochs", every_epochs, 1..=100_000)?;
                positive("schedule's factor", factor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_they_are_shown() {
        let step = Schedule::Step { every_epochs: 10, factor: 0.5 };
        for schedule in [Schedule::Constant, Schedule::Cosine, step] {
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        for text in ["", "step", "step:10", "step:x:0.5", "step:10:0.5:1", "linear"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
