//! How a run is to train: as flags, and in the settings file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::CliError;
use crate::nn::PRESETS;
use crate::run::{DeviceChoice, OptimizerSettings, RunConfig, Schedule, ScheduleError};

/// How a run is to train. What is not said is as in the lecture.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainOptions {
    /// The network: `cnn` or `dnn` [default: cnn].
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// A directory with a data set in IDX form, or `built-in` [default: the best that is found].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Images in a batch [default: 64].
    #[arg(long, value_name = "N")]
    pub batch_size: Option<usize>,
    /// Passes over the training set [default: 40].
    #[arg(long, value_name = "N")]
    pub epochs: Option<u32>,
    /// How a gradient becomes a step [default: sgd].
    #[arg(long, value_name = "NAME")]
    pub optimizer: Option<OptimizerName>,
    /// The learning rate before the schedule [default: 0.01, with adamw 0.001].
    #[arg(long, visible_alias = "lr", value_name = "RATE", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// The share of the last step that the next one keeps; sgd only [default: 0.5].
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub momentum: Option<f64>,
    /// The decay of weights; adamw only [default: 0.01].
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,
    /// How the learning rate changes: constant, cosine, or `step:EPOCHS:FACTOR` [default: constant].
    #[arg(long, value_name = "SCHEDULE")]
    #[serde(deserialize_with = "schedule_from_text")]
    pub schedule: Option<Schedule>,
    /// The share that dropout layers drop [default: the network's own].
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub dropout: Option<f32>,
    /// Decides everything random [default: 0].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Where to train [default: auto].
    #[arg(long, value_name = "NAME")]
    pub device: Option<DeviceName>,
    /// Threads to train with; the result does not depend on it [default: one for each core].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// End after so many epochs without a better test accuracy; 0: never [default: 0].
    #[arg(long, value_name = "EPOCHS")]
    pub patience: Option<u32>,
    /// Disk space for the checkpoints of single epochs, of which the oldest make room [default: 200].
    #[arg(long, value_name = "MB")]
    pub checkpoint_space: Option<u64>,
}

/// Refuses a network that does not exist.
pub(super) fn check_preset(config: &RunConfig) -> Result<(), CliError> {
    if PRESETS.iter().any(|preset| preset.name == config.preset) {
        return Ok(());
    }
    let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    Err(CliError::Usage(format!("there is no preset `{}`; there are: {}", config.preset, names.join(", "))))
}

/// The optimizers by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerName {
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// Adam with decoupled weight decay.
    #[value(name = "adamw")]
    AdamW,
}

/// The devices by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceName {
    /// A GPU if there is one.
    Auto,
    /// The processor.
    Cpu,
    /// The NVIDIA GPU.
    Cuda,
}

impl TrainOptions {
    /// These options, and where they say nothing, `others`.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            preset: self.preset.or(others.preset),
            data: self.data.or(others.data),
            batch_size: self.batch_size.or(others.batch_size),
            epochs: self.epochs.or(others.epochs),
            optimizer: self.optimizer.or(others.optimizer),
            learning_rate: self.learning_rate.or(others.learning_rate),
            momentum: self.momentum.or(others.momentum),
            weight_decay: self.weight_decay.or(others.weight_decay),
            schedule: self.schedule.or(others.schedule),
            dropout: self.dropout.or(others.dropout),
            seed: self.seed.or(others.seed),
            device: self.device.or(others.device),
            threads: self.threads.or(others.threads),
            patience: self.patience.or(others.patience),
            checkpoint_space: self.checkpoint_space.or(others.checkpoint_space),
        }
    }

    /// The config of a run with these options.
    pub fn into_config(self) -> Result<RunConfig, CliError> {
        let optimizer = self.optimizer()?;
        let defaults = RunConfig::default();
        // The trainer runs in another directory.
        let place = |data: PathBuf| {
            if data.as_os_str() == "built-in" { Ok(data) } else { std::path::absolute(data) }
        };
        let data = self.data.map(place);
        let config = RunConfig {
            preset: self.preset.unwrap_or(defaults.preset),
            data: data.transpose()?,
            batch_size: self.batch_size.unwrap_or(defaults.batch_size),
            epochs: self.epochs.unwrap_or(defaults.epochs),
            optimizer,
            schedule: self.schedule.unwrap_or(defaults.schedule),
            dropout: self.dropout,
            seed: self.seed.unwrap_or(defaults.seed),
            device: self.device.map_or(defaults.device, Into::into),
            threads: self.threads,
            patience: self.patience.unwrap_or(defaults.patience),
            checkpoint_space: self.checkpoint_space.unwrap_or(defaults.checkpoint_space),
            extra: defaults.extra,
        };
        check_preset(&config)?;
        config.validate().map_err(|error| CliError::Usage(error.to_string()))?;
        Ok(config)
    }

    fn optimizer(&self) -> Result<OptimizerSettings, CliError> {
        let only = |flag, optimizer| {
            CliError::Usage(format!("--{flag} is a setting of {optimizer}; add --optimizer {optimizer}"))
        };
        match self.optimizer.unwrap_or(OptimizerName::Sgd) {
            OptimizerName::Sgd => {
                if self.weight_decay.is_some() {
                    return Err(only("weight-decay", "adamw"));
                }
                let OptimizerSettings::Sgd { learning_rate, momentum } = OptimizerSettings::SGD else {
                    return Ok(OptimizerSettings::SGD);
                };
                Ok(OptimizerSettings::Sgd {
                    learning_rate: self.learning_rate.unwrap_or(learning_rate),
                    momentum: self.momentum.unwrap_or(momentum),
                })
            }
            OptimizerName::AdamW => {
                if self.momentum.is_some() {
                    return Err(only("momentum", "sgd"));
                }
                let mut optimizer = OptimizerSettings::ADAMW;
                if let OptimizerSettings::AdamW { learning_rate, weight_decay, .. } = &mut optimizer {
                    *learning_rate = self.learning_rate.unwrap_or(*learning_rate);
                    *weight_decay = self.weight_decay.unwrap_or(*weight_decay);
                }
                Ok(optimizer)
            }
        }
    }
}

impl From<DeviceName> for DeviceChoice {
    fn from(name: DeviceName) -> Self {
        match name {
            DeviceName::Auto => Self::Auto,
            DeviceName::Cpu => Self::Cpu,
            DeviceName::Cuda => Self::Cuda,
        }
    }
}

fn schedule_from_text<'de, D: serde::Deserializer<'de>>(text: D) -> Result<Option<Schedule>, D::Error> {
    let text = String::deserialize(text)?;
    text.parse()
        .map(Some)
        .map_err(|hint: ScheduleError| serde::de::Error::custom(format!("{text:?}: {hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_options_are_the_lectures_settings() {
        assert_eq!(TrainOptions::default().into_config().unwrap(), RunConfig::default());
    }

    #[test]
    fn flags_go_before_the_settings_file() {
        let file: TrainOptions = toml::from_str("epochs = 3\nseed = 7\nschedule = 'cosine'").unwrap();
        let flags = TrainOptions { epochs: Some(5), ..TrainOptions::default() };
        let config = flags.or(file).into_config().unwrap();
        assert_eq!((config.epochs, config.seed, config.schedule), (5, 7, Schedule::Cosine));
    }

    #[test]
    fn a_setting_of_the_other_optimizer_is_an_error_that_names_it() {
        let options = TrainOptions { weight_decay: Some(0.1), ..TrainOptions::default() };
        let error = options.into_config().unwrap_err();
        assert_eq!(error.to_string(), "--weight-decay is a setting of adamw; add --optimizer adamw");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn a_value_out_of_range_is_an_error_that_names_it() {
        let options = TrainOptions { batch_size: Some(0), ..TrainOptions::default() };
        let error = options.into_config().unwrap_err();
        assert!(error.to_string().starts_with("batch-size is 0"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
}
