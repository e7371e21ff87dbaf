//! Optimizers and their settings.

use serde::{Deserialize, Serialize};

/// The optimizer with its settings, defined as in PyTorch; a missing field has PyTorch's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerSettings {
    /// Stochastic gradient descent with momentum.
    Sgd {
        /// The base learning rate, which the schedule scales.
        learning_rate: f64,
        /// Momentum factor.
        #[serde(default)]
        momentum: f64,
    },
    /// Adam with decoupled weight decay.
    #[serde(rename = "adamw")]
    AdamW {
        /// The base learning rate, which the schedule scales.
        learning_rate: f64,
        /// Decay rate of the first moment, the moving average of the gradient.
        #[serde(default = "adamw::beta1")]
        beta1: f64,
        /// Decay rate of the second moment, the moving average of the squared gradient.
        #[serde(default = "adamw::beta2")]
        beta2: f64,
        /// Added to the denominator for numerical stability.
        #[serde(default = "adamw::epsilon")]
        epsilon: f64,
        /// Weight decay: each step subtracts this times the learning rate times the weight.
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

    /// Every optimizer, with its defaults.
    pub const ALL: [Self; 2] = [Self::SGD, Self::ADAMW];

    /// The names of all optimizers.
    pub(super) const NAMES: &[&str] = &[Self::SGD.name(), Self::ADAMW.name()];

    /// Its name in options and on disk.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::AdamW { .. } => "adamw",
        }
    }

    /// Its name in prose.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "SGD",
            Self::AdamW { .. } => "AdamW",
        }
    }

    /// The same optimizer with its defaults.
    #[must_use]
    pub const fn defaults(&self) -> Self {
        match self {
            Self::Sgd { .. } => Self::SGD,
            Self::AdamW { .. } => Self::ADAMW,
        }
    }

    /// The base learning rate, which the schedule scales.
    pub const fn learning_rate(&self) -> f64 {
        match self {
            Self::Sgd { learning_rate, .. } | Self::AdamW { learning_rate, .. } => *learning_rate,
        }
    }

    /// Replaces the learning rate.
    pub const fn set_learning_rate(&mut self, rate: f64) {
        match self {
            Self::Sgd { learning_rate, .. } | Self::AdamW { learning_rate, .. } => *learning_rate = rate,
        }
    }

    /// The momentum factor; `None` for optimizers without one.
    pub const fn momentum(&self) -> Option<f64> {
        match self {
            Self::Sgd { momentum, .. } => Some(*momentum),
            Self::AdamW { .. } => None,
        }
    }
}
