//! What can be changed of a run while it trains.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::config::RunConfig;
use super::limits::{ConfigError, refuse};
use super::optimizer::OptimizerSettings;

/// New values for settings of a run, from the step on at which it is made. What is not named stays.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// The learning rate before the schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// The share of the last step that the next one keeps; only with sgd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// Passes over the training set, from the beginning of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
    /// The share that the network's dropout layers drop, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f32>,
    /// Epochs without a better test accuracy after which the run ends; 0: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u32>,
}

impl Change {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This change after an earlier one: what both name has this one's value.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        Self {
            learning_rate: self.learning_rate.or(earlier.learning_rate),
            momentum: self.momentum.or(earlier.momentum),
            epochs: self.epochs.or(earlier.epochs),
            dropout: self.dropout.or(earlier.dropout),
            patience: self.patience.or(earlier.patience),
        }
    }

    /// The settings of a run after this change, if it can have them.
    pub fn apply(&self, config: &RunConfig) -> Result<RunConfig, ConfigError> {
        let mut config = config.clone();
        match &mut config.optimizer {
            OptimizerSettings::Sgd { learning_rate, momentum } => {
                *learning_rate = self.learning_rate.unwrap_or(*learning_rate);
                *momentum = self.momentum.unwrap_or(*momentum);
            }
            OptimizerSettings::AdamW { learning_rate, .. } => {
                if let Some(momentum) = self.momentum {
                    return Err(refuse("momentum", momentum, "left alone: adamw has none".to_owned()));
                }
                *learning_rate = self.learning_rate.unwrap_or(*learning_rate);
            }
        }
        config.epochs = self.epochs.unwrap_or(config.epochs);
        config.dropout = self.dropout.or(config.dropout);
        config.patience = self.patience.unwrap_or(config.patience);
        config.validate()?;
        Ok(config)
    }
}

/// As flags say it: `learning-rate 0.003, epochs 60`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            self.learning_rate.map(|value| format!("learning-rate {value:?}")),
            self.momentum.map(|value| format!("momentum {value}")),
            self.epochs.map(|value| format!("epochs {value}")),
            self.dropout.map(|value| format!("dropout {value}")),
            self.patience.map(|value| format!("patience {value}")),
        ];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_changes_what_it_names() {
        let change = Change { learning_rate: Some(0.003), epochs: Some(60), ..Change::default() };
        let config = change.apply(&RunConfig::default()).unwrap();
        let optimizer = OptimizerSettings::Sgd { learning_rate: 0.003, momentum: 0.5 };
        assert_eq!(config, RunConfig { optimizer, epochs: 60, ..RunConfig::default() });
        assert_eq!(change.to_string(), "learning-rate 0.003, epochs 60");
        assert_eq!(Change::default().apply(&config).unwrap(), config);
    }

    #[test]
    fn a_later_change_goes_before_an_earlier_one() {
        let earlier = Change { learning_rate: Some(0.1), dropout: Some(0.2), ..Change::default() };
        let later = Change { learning_rate: Some(0.01), patience: Some(3), ..Change::default() };
        let both = later.after(earlier);
        assert_eq!(both, Change { dropout: Some(0.2), ..later });
        let config = RunConfig::default();
        assert_eq!(both.apply(&config).unwrap(), later.apply(&earlier.apply(&config).unwrap()).unwrap());
    }

    #[test]
    fn settings_that_a_run_cannot_have_are_refused() {
        let refused = |change: Change, config: &RunConfig| change.apply(config).unwrap_err().to_string();
        let sgd = RunConfig::default();
        let rate = Change { learning_rate: Some(-1.0), ..Change::default() };
        assert_eq!(refused(rate, &sgd), "learning-rate is -1, but must be greater than 0 and finite");
        let dropout = Change { dropout: Some(1.0), ..Change::default() };
        assert_eq!(refused(dropout, &sgd), "dropout is 1, but must be at least 0 and less than 1");
        let adamw = RunConfig { optimizer: OptimizerSettings::ADAMW, ..RunConfig::default() };
        let momentum = Change { momentum: Some(0.9), ..Change::default() };
        assert_eq!(refused(momentum, &adamw), "momentum is 0.9, but must be left alone: adamw has none");
    }

    #[test]
    fn the_form_on_disk_is_fixed() {
        let change = Change { learning_rate: Some(0.003), ..Change::default() };
        assert_eq!(serde_json::to_string(&change).unwrap(), r#"{"learning_rate":0.003}"#);
        assert!(serde_json::from_str::<Change>(r#"{"learning-rate":0.003}"#).is_err(), "a misspelt setting");
    }
}
