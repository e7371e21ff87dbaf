//! Changes of settings during training.

use std::fmt;

use super::error::ConfigError;
use super::setting::Setting;
use super::table::{Change, RunConfig};
use super::value::SettingValue;

impl Change {
    /// The changed settings with their new values.
    pub fn values(&self) -> impl Iterator<Item = (Setting, SettingValue)> {
        Setting::all().filter_map(|setting| Some((setting, setting.changed(self)?)))
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Combines this change with an earlier one; this one takes precedence.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        let mut both = self;
        Setting::all().for_each(|setting| setting.fill(&mut both, &earlier));
        both
    }

    /// The config of a run after this change.
    ///
    /// # Errors
    ///
    /// A setting is invalid or does not apply to the run.
    pub fn apply(&self, config: &RunConfig) -> Result<RunConfig, ConfigError> {
        let mut config = config.clone();
        for (setting, value) in self.values() {
            setting.set(&mut config, &value)?;
        }
        config.validate()?;
        Ok(config)
    }
}

/// Such as `learning-rate 0.003, epochs 60`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.values().map(|(setting, value)| format!("{setting} {value}")).collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::settings::OptimizerSettings;

    #[test]
    fn apply_sets_only_named_settings() {
        let change = Change { learning_rate: Some(0.003), epochs: Some(60), ..Change::default() };
        let config = change.apply(&RunConfig::default()).unwrap();
        let optimizer = OptimizerSettings::Sgd { learning_rate: 0.003, momentum: 0.5 };
        assert_eq!(config, RunConfig { optimizer, epochs: 60, ..RunConfig::default() });
        assert_eq!(change.to_string(), "learning-rate 0.003, epochs 60");
        assert_eq!(Change::default().apply(&config).unwrap(), config);
    }

    #[test]
    fn later_change_overrides_earlier_one() {
        let earlier = Change { learning_rate: Some(0.1), dropout: Some(0.2), ..Change::default() };
        let later = Change { learning_rate: Some(0.01), patience: Some(3), ..Change::default() };
        let both = later.after(earlier);
        assert_eq!(both, Change { dropout: Some(0.2), ..later });
        let config = RunConfig::default();
        assert_eq!(both.apply(&config).unwrap(), later.apply(&earlier.apply(&config).unwrap()).unwrap());
    }

    #[test]
    fn apply_refuses_invalid_settings() {
        let rejected = |change: Change, config: &RunConfig| change.apply(config).unwrap_err().to_string();
        let sgd = RunConfig::default();
        let rate = Change { learning_rate: Some(-1.0), ..Change::default() };
        assert_eq!(rejected(rate, &sgd), "learning-rate must be greater than 0 and finite (got -1)");
        let dropout = Change { dropout: Some(1.0), ..Change::default() };
        assert_eq!(rejected(dropout, &sgd), "dropout must be at least 0 and less than 1 (got 1)");
        let adamw = RunConfig { optimizer: OptimizerSettings::ADAMW, ..RunConfig::default() };
        let momentum = Change { momentum: Some(0.9), ..Change::default() };
        assert_eq!(rejected(momentum, &adamw), "momentum cannot be set: AdamW has no momentum");
    }

    #[test]
    fn json_has_fixed_keys() {
        let change = Change { learning_rate: Some(0.003), ..Change::default() };
        assert_eq!(serde_json::to_string(&change).unwrap(), r#"{"learning_rate":0.003}"#);
        let every = r#"{"learning_rate":0.1,"momentum":0.2,"epochs":3,"dropout":0.2,"patience":4}"#;
        let change: Change = serde_json::from_str(every).unwrap();
        assert_eq!(change.dropout, Some(0.2));
        assert_eq!(serde_json::to_string(&change).unwrap(), every);
        for unknown in [r#"{"learning-rate":0.003}"#, r#"{"seed":1}"#] {
            assert!(serde_json::from_str::<Change>(unknown).is_err(), "{unknown}");
        }
    }
}
