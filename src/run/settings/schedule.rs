//! Learning rate schedules.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The learning rate schedule: the factor of the learning rate at each epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The learning rate is constant.
    #[default]
    Constant,
    /// Multiplied by `factor` after every `every_epochs` epochs, like PyTorch's `StepLR`.
    Step {
        /// Epochs between two changes.
        every_epochs: u32,
        /// The factor of each change.
        factor: f64,
    },
    /// Falls along half a cosine wave to zero at the end of the run.
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

/// An invalid schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use {}", Schedule::FORMS)]
pub struct ScheduleError;

/// Parses a schedule as displayed.
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
    /// The accepted forms.
    pub const FORMS: &str = "constant, cosine or step:EPOCHS:FACTOR, such as step:10:0.5";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_parse_as_displayed() {
        let step = Schedule::Step { every_epochs: 10, factor: 0.5 };
        for schedule in [Schedule::Constant, Schedule::Cosine, step] {
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        for text in ["", "step", "step:10", "step:x:0.5", "step:10:0.5:1", "linear"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
