//! How a gradient becomes a step.

use serde::{Deserialize, Serialize};

use super::limits::{ConfigError, below_one, positive, within};

/// How a gradient becomes a step. As in PyTorch; a missing field has PyTorch's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerSettings {
    /// Stochastic gradient descent with momentum.
    Sgd {
        /// The learning rate before the schedule.
        learning_rate: f64,
        /// The share of the last step that the next one keeps.
        #[serde(default)]
        momentum: f64,
    },
    /// Adam with decoupled weight decay.
    #[serde(rename = "adamw")]
    AdamW {
        /// The learning rate before the schedule.
        learning_rate: f64,
        /// The decay of the mean of gradients.
        #[serde(default = "adamw::beta1")]
        beta1: f64,
        /// The decay of the mean of squared gradients.
        #[serde(default = "adamw::beta2")]
        beta2: f64,
        /// Keeps the division from zero.
        #[serde(default = "adamw::epsilon")]
        epsilon: f64,
        /// The share of a weight, times the learning rate, that each step takes away.
        #[serde(default = "adamw::weight_decay")]
        weight_decay: f64,
    },
}

/// PyTorch's defaults for `AdamW`.
mod adamw {
    pub(crate) const LEARNING_RATE: f64 = 1e-3;

    pub(crate) const fn beta1() -> f64 {
        0.9
    }

    pub(crate) const fn beta2() -> f64 {
        0.999
    }

    pub(crate) const fn epsilon() -> f64 {
        1e-8
    }

    pub(crate) const fn weight_decay() -> f64 {
        1e-2
    }
}

impl Default for OptimizerSettings {
    fn default() -> Self {
        Self::SGD
    }
}

impl OptimizerSettings {
    /// SGD as in the lecture.
    pub const SGD: Self = Self::Sgd { learning_rate: 0.01, momentum: 0.5 };

    /// `AdamW` with PyTorch's defaults.
    pub const ADAMW: Self = Self::AdamW {
        learning_rate: adamw::LEARNING_RATE,
        beta1: adamw::beta1(),
        beta2: adamw::beta2(),
        epsilon: adamw::epsilon(),
        weight_decay: adamw::weight_decay(),
    };

    /// The word that stands for the optimizer in flags and on disk.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::AdamW { .. } => "adamw",
        }
    }

    /// The learning rate before the schedule.
    pub const fn learning_rate(&self) -> f64 {
        match self {
            Self::Sgd { learning_rate, .. } | Self::AdamW { learning_rate, .. } => *learning_rate,
        }
    }

    /// Gives it another learning rate.
    pub const fn set_learning_rate(&mut self, rate: f64) {
        match self {
            Self::Sgd { learning_rate, .. } | Self::AdamW { learning_rate, .. } => *learning_rate = rate,
        }
    }

    /// The share of the last step that the next one keeps; only sgd has it.
    pub const fn momentum(&self) -> Option<f64> {
        match self {
            Self::Sgd { momentum, .. } => Some(*momentum),
            Self::AdamW { .. } => None,
        }
    }
}

impl OptimizerSettings {
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        positive("learning-rate", self.learning_rate())?;
        match *self {
            Self::Sgd { momentum, .. } => below_one("momentum", momentum),
            Self::AdamW { beta1, beta2, epsilon, weight_decay, .. } => {
                below_one("beta1", beta1)?;
                below_one("beta2", beta2)?;
                positive("epsilon", epsilon)?;
                within("weight-decay", weight_decay, 0.0..=1.0)
            }
        }
    }
}
