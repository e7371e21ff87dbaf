//! Everything that decides how a run trains.

use std::{fmt, ops::RangeInclusive, path::PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{record::Extra, sanitize};

/// Everything that decides how a run trains. With the data and the version it decides the result, bit by bit.
///
/// On disk it is `config` in `run.json`. A missing field has the value of [`RunConfig::default`], which is the setting
/// of the lecture that the program follows; unknown fields are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunConfig {
    /// The network, by the name of its preset.
    #[serde(deserialize_with = "sanitize::string")]
    pub preset: String,
    /// The directory of the data set; none: the best one that is found.
    pub data: Option<PathBuf>,
    /// Images in a batch.
    pub batch_size: usize,
    /// Passes over the training set.
    pub epochs: u32,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// How the learning rate changes over the run.
    pub schedule: Schedule,
    /// The share of values (or channels) that the network's dropout layers drop; none: the preset's own.
    pub dropout: Option<f32>,
    /// Decides everything random.
    pub seed: u64,
    /// Where to train.
    pub device: Device,
    /// Threads to train with; none: one for each core. The result does not depend on it.
    pub threads: Option<usize>,
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            preset: "cnn".to_owned(),
            data: None,
            batch_size: 64,
            epochs: 40,
            optimizer: Optimizer::default(),
            schedule: Schedule::Constant,
            dropout: None,
            seed: 0,
            device: Device::Auto,
            threads: None,
            extra: Extra::new(),
        }
    }
}

/// How a gradient becomes a step. As in PyTorch; a missing field has PyTorch's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
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
    pub(super) const LEARNING_RATE: f64 = 1e-3;

    pub(super) const fn beta1() -> f64 {
        0.9
    }

    pub(super) const fn beta2() -> f64 {
        0.999
    }

    pub(super) const fn epsilon() -> f64 {
        1e-8
    }

    pub(super) const fn weight_decay() -> f64 {
        1e-2
    }
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::SGD
    }
}

impl Optimizer {
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
}

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

/// Where to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The GPU where there is one and the program can use it, otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The NVIDIA GPU; an error where there is none.
    Cuda,
}

impl Device {
    /// The word that stands for the device in flags and on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A setting with a value that it cannot have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field} is {value}, but must be {allowed}")]
pub struct ConfigError {
    /// The setting, by the name of its flag, such as `batch-size`.
    pub field: &'static str,
    /// The value it was given.
    pub value: String,
    /// What would be right.
    pub allowed: String,
}

impl RunConfig {
    /// Finds the first setting with a value that it cannot have.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.preset.is_empty() {
            return Err(refuse("preset", "empty", "the name of a preset".to_owned()));
        }
        if let Some(data) = self.data.as_ref().filter(|data| data.to_str().is_none()) {
            return Err(refuse("data", data.display(), "a path in UTF-8".to_owned()));
        }
        whole("batch-size", self.batch_size, 1..=65_536)?;
        whole("epochs", self.epochs, 1..=100_000)?;
        whole("threads", self.threads.unwrap_or(1), 1..=256)?;
        below_one("dropout", self.dropout.unwrap_or(0.0).into())?;
        self.optimizer.validate()?;
        self.schedule.validate()
    }

    /// The settings that differ from the default, as names of flags and values, for a table of runs.
    pub fn changes(&self) -> Vec<(&'static str, String)> {
        let default = Self::default();
        let mut changes = Changes::default();
        changes.note("preset", &self.preset, &default.preset);
        if let Some(data) = &self.data {
            changes.push("data", sanitize::sanitized(data.to_string_lossy().into_owned()));
        }
        changes.note("batch-size", &self.batch_size, &default.batch_size);
        changes.note("epochs", &self.epochs, &default.epochs);
        self.optimizer.note_changes(&mut changes);
        changes.note("schedule", &self.schedule, &default.schedule);
        if let Some(dropout) = self.dropout {
            changes.push("dropout", dropout);
        }
        changes.note("seed", &self.seed, &default.seed);
        changes.note("device", &self.device, &default.device);
        if let Some(threads) = self.threads {
            changes.push("threads", threads);
        }
        changes.0
    }
}

impl Optimizer {
    fn validate(&self) -> Result<(), ConfigError> {
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

    /// The settings as names of flags and values.
    fn settings(&self) -> Vec<(&'static str, f64)> {
        match *self {
            Self::Sgd { learning_rate, momentum } => {
                vec![("learning-rate", learning_rate), ("momentum", momentum)]
            }
            Self::AdamW { learning_rate, beta1, beta2, epsilon, weight_decay } => vec![
                ("learning-rate", learning_rate),
                ("beta1", beta1),
                ("beta2", beta2),
                ("epsilon", epsilon),
                ("weight-decay", weight_decay),
            ],
        }
    }

    /// Notes the kind where it is not the default one, and the settings that differ from that kind's default.
    fn note_changes(&self, changes: &mut Changes) {
        changes.note("optimizer", &self.name(), &Self::default().name());
        let default = match self {
            Self::Sgd { .. } => Self::SGD,
            Self::AdamW { .. } => Self::ADAMW,
        };
        for ((name, value), (_, default)) in self.settings().into_iter().zip(default.settings()) {
            changes.note(name, &value, &default);
        }
    }
}

impl Schedule {
    fn validate(&self) -> Result<(), ConfigError> {
        match *self {
            Self::Constant | Self::Cosine => Ok(()),
            Self::Step { every_epochs, factor } => {
                whole("schedule's epochs", every_epochs, 1..=100_000)?;
                positive("schedule's factor", factor)
            }
        }
    }
}

/// Names and values of settings that differ.
#[derive(Default)]
struct Changes(Vec<(&'static str, String)>);

impl Changes {
    fn push(&mut self, name: &'static str, value: impl fmt::Display) {
        self.0.push((name, value.to_string()));
    }

    fn note<T: fmt::Display + PartialEq>(&mut self, name: &'static str, value: &T, default: &T) {
        if value != default {
            self.push(name, value);
        }
    }
}

fn refuse(field: &'static str, value: impl fmt::Display, allowed: String) -> ConfigError {
    ConfigError { field, value: value.to_string(), allowed }
}

fn whole<T: PartialOrd + fmt::Display>(
    field: &'static str,
    value: T,
    allowed: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if allowed.contains(&value) {
        Ok(())
    } else {
        Err(refuse(field, value, format!("from {} to {}", allowed.start(), allowed.end())))
    }
}

fn within(field: &'static str, value: f64, allowed: RangeInclusive<f64>) -> Result<(), ConfigError> {
    whole(field, value, allowed)
}

fn below_one(field: &'static str, value: f64) -> Result<(), ConfigError> {
    if (0.0..1.0).contains(&value) {
        Ok(())
    } else {
        Err(refuse(field, value, "at least 0 and less than 1".to_owned()))
    }
}

fn positive(field: &'static str, value: f64) -> Result<(), ConfigError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(refuse(field, value, "greater than 0 and finite".to_owned()))
    }
}
