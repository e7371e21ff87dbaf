//! Learning rate schedules.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the learning rate changes during a run.
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
    /// The learning rate of a step (from 0), given the configured rate `base`.
    ///
    /// Cosine annealing changes it every step and reaches 0 after the last (Loshchilov and Hutter, 2017,
    /// <https://arxiv.org/abs/1608.03983>, without restarts); a step schedule changes it between epochs.
    pub fn learning_rate(&self, base: f64, step: u64, steps_per_epoch: u64, total_steps: u64) -> f64 {
        match *self {
            Self::Constant => base,
            Self::Step { every_epochs, factor } => {
                let decays = step / steps_per_epoch.max(1) / u64::from(every_epochs.max(1));
                base * factor.powf(decays as f64)
            }
            Self::Cosine => {
                let done = step as f64 / total_steps.max(1) as f64;
                base * (1.0 + (PI * done).cos()) / 2.0
            }
        }
    }

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

    fn rates(schedule: &Schedule) -> Vec<f64> {
        (0..8).map(|step| schedule.learning_rate(0.1, step, 2, 8)).collect()
    }

    fn assert_close(got: &[f64], want: &[f64]) {
        assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-4), "{got:?}");
    }

    #[test]
    fn constant_does_not_change() {
        assert_close(&rates(&Schedule::Constant), &[0.1; 8]);
    }

    #[test]
    fn step_decays_between_epochs() {
        let schedule = Schedule::Step { every_epochs: 2, factor: 0.1 };
        assert_close(&rates(&schedule), &[0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01]);
    }

    #[test]
    fn cosine_decays_towards_zero() {
        let want = [0.1, 0.09619, 0.08536, 0.06913, 0.05, 0.03087, 0.01464, 0.00381];
        assert_close(&rates(&Schedule::Cosine), &want);
    }
}
