//! Everything that decides how a run trains.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::limits::{ConfigError, below_one, refuse, within};
use super::optimizer::OptimizerSettings;
use super::schedule::Schedule;
use crate::run::disk::{Extra, sanitize};

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
    pub optimizer: OptimizerSettings,
    /// How the learning rate changes over the run.
    pub schedule: Schedule,
    /// The share of values (or channels) that the network's dropout layers drop; none: the preset's own.
    pub dropout: Option<f32>,
    /// Decides everything random.
    pub seed: u64,
    /// Where to train.
    pub device: DeviceChoice,
    /// Threads to train with; none: one for each core. The result does not depend on it.
    pub threads: Option<usize>,
    /// Epochs without a better test accuracy after which the run ends; 0: never.
    pub patience: u32,
    /// The most that the checkpoints of single epochs may take on disk, in MB; the oldest make room.
    pub checkpoint_space: u64,
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
            optimizer: OptimizerSettings::default(),
            schedule: Schedule::Constant,
            dropout: None,
            seed: 0,
            device: DeviceChoice::Auto,
            threads: None,
            patience: 0,
            checkpoint_space: 200,
            extra: Extra::new(),
        }
    }
}

/// Where to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// The GPU where there is one and the program can use it, otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The NVIDIA GPU; an error where there is none.
    Cuda,
}

impl DeviceChoice {
    /// The word that stands for the device in flags and on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
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
        within("batch-size", self.batch_size, 1..=65_536)?;
        within("epochs", self.epochs, 1..=100_000)?;
        within("threads", self.threads.unwrap_or(1), 1..=256)?;
        below_one("dropout", self.dropout.unwrap_or(0.0).into())?;
        self.optimizer.validate()?;
        self.schedule.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Setting;

    fn read(json: &str) -> RunConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_default_is_the_lecture() {
        let config = RunConfig::default();
        assert_eq!((config.preset.as_str(), config.batch_size, config.epochs), ("cnn", 64, 40));
        assert_eq!(config.optimizer, OptimizerSettings::Sgd { learning_rate: 0.01, momentum: 0.5 });
        assert_eq!(config.validate(), Ok(()));
        assert!(config.changes().is_empty());
    }

    #[test]
    fn missing_fields_have_their_default_and_unknown_ones_are_kept() {
        assert_eq!(read("{}"), RunConfig::default());
        assert_eq!(
            read("{\"optimizer\":{\"adamw\":{\"learning_rate\":0.001}}}").optimizer,
            OptimizerSettings::ADAMW
        );
        let config = read("{\"epochs\":3,\"stars\":{\"few\":5}}");
        assert_eq!(config.epochs, 3);
        assert!(serde_json::to_string(&config).unwrap().contains("\"stars\":{\"few\":5}"));
    }

    #[test]
    fn changes_are_what_was_set() {
        let config = RunConfig {
            preset: "dnn".to_owned(),
            data: Some("/data/\u{1b}mnist".into()),
            batch_size: 32,
            epochs: 2,
            optimizer: OptimizerSettings::Sgd { learning_rate: 0.1, momentum: 0.5 },
            schedule: Schedule::Step { every_epochs: 10, factor: 0.5 },
            dropout: Some(0.0),
            seed: 7,
            device: DeviceChoice::Cpu,
            threads: Some(2),
            patience: 5,
            checkpoint_space: 0,
            extra: Extra::new(),
        };
        let changes: Vec<String> =
            config.changes().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            changes.join(" "),
            "preset=dnn data=/data/mnist learning-rate=0.1 schedule=step:10:0.5 batch-size=32 epochs=2 dropout=0 \
             patience=5 device=cpu threads=2 checkpoint-space=0 seed=7"
        );
        let config = RunConfig { optimizer: OptimizerSettings::ADAMW, ..RunConfig::default() };
        assert_eq!(config.changes(), [(Setting::named("optimizer").unwrap(), "adamw".to_owned())]);
    }

    #[test]
    fn each_setting_has_its_range() {
        let sgd = |learning_rate, momentum| OptimizerSettings::Sgd { learning_rate, momentum };
        let adamw = |beta1, beta2, epsilon, weight_decay| OptimizerSettings::AdamW {
            learning_rate: 0.1,
            beta1,
            beta2,
            epsilon,
            weight_decay,
        };
        let default = RunConfig::default;
        let step = |every_epochs, factor| Schedule::Step { every_epochs, factor };
        for (config, message) in [
            (
                RunConfig { preset: String::new(), ..default() },
                "preset is empty, but must be the name of a preset",
            ),
            (RunConfig { batch_size: 0, ..default() }, "batch-size is 0, but must be from 1 to 65536"),
            (RunConfig { batch_size: 65_537, ..default() }, "batch-size is 65537, but"),
            (RunConfig { epochs: 100_001, ..default() }, "epochs is 100001, but must be from 1 to 100000"),
            (RunConfig { threads: Some(0), ..default() }, "threads is 0, but must be from 1 to 256"),
            (
                RunConfig { dropout: Some(1.0), ..default() },
                "dropout is 1, but must be at least 0 and less than 1",
            ),
            (RunConfig { dropout: Some(f32::NAN), ..default() }, "dropout is NaN, but"),
            (
                RunConfig { optimizer: sgd(0.0, 0.5), ..default() },
                "learning-rate is 0, but must be greater than 0",
            ),
            (RunConfig { optimizer: sgd(f64::INFINITY, 0.5), ..default() }, "learning-rate is inf, but"),
            (
                RunConfig { optimizer: sgd(0.1, -0.1), ..default() },
                "momentum is -0.1, but must be at least 0",
            ),
            (RunConfig { optimizer: adamw(1.0, 0.9, 0.1, 0.0), ..default() }, "beta1 is 1, but"),
            (RunConfig { optimizer: adamw(0.9, 1.0, 0.1, 0.0), ..default() }, "beta2 is 1, but"),
            (RunConfig { optimizer: adamw(0.9, 0.9, 0.0, 0.0), ..default() }, "epsilon is 0, but"),
            (
                RunConfig { optimizer: adamw(0.9, 0.9, 0.1, 2.0), ..default() },
                "weight-decay is 2, but must be from 0 to 1",
            ),
            (RunConfig { schedule: step(0, 0.5), ..default() }, "schedule's epochs is 0, but"),
            (RunConfig { schedule: step(1, f64::NAN), ..default() }, "schedule's factor is NaN, but"),
        ] {
            let error = config.validate().unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_written_down_is_refused() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let data = Some(PathBuf::from(OsStr::from_bytes(b"/\xff")));
        assert_eq!(RunConfig { data, ..RunConfig::default() }.validate().unwrap_err().field, "data");
    }
}
