//! The settings of a run by name, used by options, forms, sweeps and tables.

use std::fmt;

use super::error::{ConfigError, malformed};
use super::kind::{ValueKind, one_of};
use super::optimizer::OptimizerSettings;
use super::table::{Change, NotStored, ROWS, RunConfig, SettingRow};
use super::value::SettingValue;

/// A setting of a run. The order is that of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Setting(usize);

impl Setting {
    /// Every setting.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ROWS.len()).map(Self)
    }

    /// The setting with this name or alias, with `-` or `_` between its words.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|setting| {
            let SettingRow { name: dashed, key, aliases, .. } = setting.row();
            name == *dashed || name == *key || aliases.contains(&name)
        })
    }

    fn row(self) -> &'static SettingRow {
        &ROWS[self.0]
    }

    /// The name of its flag, such as `batch-size`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its key in files: the name with `_` for `-`.
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// Other names, such as `lr`.
    pub fn aliases(self) -> &'static [&'static str] {
        self.row().aliases
    }

    /// A short description, such as `Random seed`.
    pub fn help(self) -> &'static str {
        self.row().help.trim()
    }

    /// What to enter, for a form.
    pub fn hint(self) -> String {
        match (self.row().unset, self.kind()) {
            (Some(unset), _) => format!("empty: {unset}"),
            (None, ValueKind::Word(words)) => one_of(words),
            (None, ValueKind::Schedule | ValueKind::Device) => {
                self.help().rsplit(": ").next().unwrap_or_default().to_owned()
            }
            (None, _) => self.help().to_owned(),
        }
    }

    /// Placeholder for the value in help, such as `RATE`.
    pub fn value_name(self) -> &'static str {
        self.row().value_name
    }

    /// The kind of its values.
    pub fn kind(self) -> ValueKind {
        self.row().kind
    }

    /// Whether it can change during training and differ in a fork.
    pub fn is_changeable(self) -> bool {
        self.row().change.is_some()
    }

    /// Whether a learning-rate range test depends on it.
    pub fn is_in_range_test(self) -> bool {
        self.row().in_range_test
    }

    /// Whether runs that differ in it are no repetitions of each other: it can change the result, and is not the seed.
    pub fn is_in_recipe(self) -> bool {
        self.row().in_recipe
    }

    /// The defaults of the optimizers that have the setting, each with the name of the optimizer.
    fn defaults(self) -> impl Iterator<Item = (&'static str, SettingValue)> {
        OptimizerSettings::ALL.into_iter().filter_map(move |optimizer| {
            let name = optimizer.name();
            Some((name, self.value(&RunConfig { optimizer, ..RunConfig::default() })?))
        })
    }

    /// The name of an optimizer that has the setting.
    pub fn optimizer(self) -> Option<&'static str> {
        self.defaults().next().map(|(name, _)| name)
    }

    /// Its default in words, such as `0.01, with adamw 0.001`.
    pub fn default_in_words(self) -> String {
        let mut defaults = self.defaults();
        let Some((_, first)) = defaults.next() else { return String::new() };
        match self.row().unset {
            Some(unset) if first == SettingValue::Unset => return unset.to_owned(),
            _ if self.kind() == ValueKind::Word(OptimizerSettings::NAMES) => return first.to_string(),
            _ => {}
        }
        let others = defaults.filter(|(_, value)| *value != first);
        others.fold(first.to_string(), |words, (name, value)| format!("{words}, with {name} {value}"))
    }

    /// Its value; `None` if the optimizer has no such setting.
    pub fn value(self, config: &RunConfig) -> Option<SettingValue> {
        (self.row().storage.get)(config)
    }

    /// Its value as text, empty if unset; `None` if the optimizer has no such setting.
    pub fn get(self, config: &RunConfig) -> Option<String> {
        self.value(config).map(|value| value.to_string())
    }

    /// Parses a value of this setting.
    ///
    /// # Errors
    ///
    /// The text is not of the setting's [kind](Self::kind). The range is not checked.
    pub fn parse(self, text: &str) -> Result<SettingValue, ConfigError> {
        let text = text.trim();
        if text.is_empty() && self.row().unset.is_some() {
            return Ok(SettingValue::Unset);
        }
        self.kind().parse(self.name(), text)
    }

    /// Sets the value.
    ///
    /// # Errors
    ///
    /// The value is invalid, or the optimizer of the config has no such setting.
    pub fn set(self, config: &mut RunConfig, value: &SettingValue) -> Result<(), ConfigError> {
        self.check(value)?;
        (self.row().storage.set)(config, value).map_err(|error| match error {
            NotStored::Mismatch => self.malformed(&value.to_string()),
            NotStored::NotApplicable => {
                ConfigError::NotApplicable { setting: self.name(), optimizer: config.optimizer.title() }
            }
        })
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// The value is of the wrong kind or out of range.
    pub fn check(self, value: &SettingValue) -> Result<(), ConfigError> {
        if *value == SettingValue::Unset && self.row().unset.is_some() {
            return Ok(());
        }
        self.kind().check(self.name(), value)
    }

    /// Checks its value in a config.
    pub(super) fn validate(self, config: &RunConfig) -> Result<(), ConfigError> {
        self.value(config).map_or(Ok(()), |value| self.check(&value))?;
        (self.row().storage.validate)(config, self.name())
    }

    /// Its new value in a change.
    pub(crate) fn changed(self, change: &Change) -> Option<SettingValue> {
        (self.row().change.as_ref()?.get)(change)
    }

    /// Sets its new value in a change.
    ///
    /// # Errors
    ///
    /// The setting cannot change during training, or the value is invalid.
    pub fn change(self, change: &mut Change, value: &SettingValue) -> Result<(), ConfigError> {
        let Some(storage) = &self.row().change else {
            return Err(ConfigError::Fixed { setting: self.name() });
        };
        (storage.set)(change, value).ok_or_else(|| self.malformed(&value.to_string()))
    }

    /// Copies its value from an earlier change unless this one has a value.
    pub(super) fn fill(self, change: &mut Change, earlier: &Change) {
        if let Some(storage) = &self.row().change {
            (storage.fill)(change, earlier);
        }
    }

    /// The error for a value of the wrong kind.
    pub fn malformed(self, got: &str) -> ConfigError {
        malformed(self.name(), self.kind().expected(), got)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::settings::{Axis, DeviceChoice, Schedule, sweep};

    fn named(name: &str) -> Setting {
        Setting::named(name).unwrap()
    }

    fn set(config: &mut RunConfig, name: &str, text: &str) -> Result<(), ConfigError> {
        let setting = named(name);
        setting.set(config, &setting.parse(text)?)
    }

    #[test]
    fn names_and_aliases_are_unique() {
        let mut names: Vec<_> = Setting::all()
            .flat_map(|setting| [setting.name()].into_iter().chain(setting.aliases().iter().copied()))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(named("lr"), named("learning-rate"));
        assert_eq!(named("lr"), named("learning_rate"));
        assert_eq!(Setting::named("nonsense"), None);
    }

    #[test]
    fn keys_are_names_with_underscores() {
        for setting in Setting::all() {
            assert_eq!(setting.key(), setting.name().replace('-', "_"));
        }
    }

    #[test]
    fn parsing_a_displayed_value_restores_it() {
        let odd = RunConfig {
            dropout: Some(0.2),
            threads: Some(2),
            seed: u64::MAX,
            schedule: Schedule::Step { every_epochs: 10, factor: 0.1 + 0.2 },
            device: DeviceChoice::Cpu,
            data: Some("/data".into()),
            ..RunConfig::default()
        };
        let tiny = OptimizerSettings::Sgd { learning_rate: 1.0 / 3e9, momentum: 0.1 + 0.2 };
        let tiny = RunConfig { optimizer: tiny, ..RunConfig::default() };
        let adamw = RunConfig { optimizer: OptimizerSettings::ADAMW, ..RunConfig::default() };
        for config in [RunConfig::default(), odd, tiny, adamw] {
            let mut copy = RunConfig::default();
            for setting in Setting::all() {
                if let Some(text) = setting.get(&config) {
                    set(&mut copy, setting.name(), &text).unwrap();
                }
            }
            assert_eq!(copy, config);
        }
    }

    #[test]
    fn values_have_types() {
        let config = RunConfig { dropout: Some(0.2), seed: u64::MAX, ..RunConfig::default() };
        for (name, value) in [
            ("seed", SettingValue::Integer(u64::MAX)),
            ("dropout", SettingValue::Number(0.2)),
            ("lr", SettingValue::Number(0.01)),
            ("schedule", SettingValue::Text("constant".to_owned())),
            ("threads", SettingValue::Unset),
        ] {
            assert_eq!(named(name).value(&config), Some(value));
        }
        assert_eq!(named("beta1").value(&config), None);
    }

    #[test]
    fn another_optimizer_starts_with_its_own_defaults() {
        let mut config = RunConfig::default();
        set(&mut config, "lr", "0.5").unwrap();
        set(&mut config, "optimizer", "sgd").unwrap();
        assert_eq!(config.optimizer, OptimizerSettings::Sgd { learning_rate: 0.5, momentum: 0.5 });
        set(&mut config, "optimizer", "adamw").unwrap();
        assert_eq!(config.optimizer, OptimizerSettings::ADAMW);
        let error = set(&mut config, "momentum", "0.9").unwrap_err();
        assert_eq!(error.to_string(), "momentum cannot be set: AdamW has no momentum");
    }

    #[test]
    fn malformed_values_are_rejected() {
        for (name, text, want) in [
            ("lr", "fast", "learning-rate must be a number (got fast)"),
            ("epochs", "", "epochs must be a whole number (got nothing)"),
            ("epochs", "1.5", "epochs must be a whole number (got 1.5)"),
            ("epochs", "-1", "epochs must be between 1 and 100,000 (got -1)"),
            (
                "schedule",
                "linear",
                "schedule must be constant, cosine or step:EPOCHS:FACTOR, such as step:10:0.5 (got linear)",
            ),
            ("device", "tpu", "device must be auto, cpu, cuda or cuda:N, such as cuda:1 (got tpu)"),
        ] {
            assert_eq!(named(name).parse(text).unwrap_err().to_string(), want);
        }
    }

    #[test]
    fn defaults_are_worded_for_every_optimizer() {
        for (name, want) in [
            ("lr", "0.01, with adamw 0.001"),
            ("momentum", "0.5"),
            ("weight-decay", "0.01"),
            ("optimizer", "sgd"),
            ("dropout", "the network's own"),
            ("batch-size", "64"),
        ] {
            assert_eq!(named(name).default_in_words(), want);
        }
    }

    /// `test-only` is a row of the table and is named nowhere else.
    #[test]
    fn a_row_is_all_that_a_setting_needs() {
        let setting = named("test-only");
        let axis = Axis::new(setting, "2, 3").unwrap();
        let configs = sweep(&RunConfig::default(), &[axis]).unwrap();
        assert_eq!(configs[1].changes(), [(setting, "3".to_owned())]);
        assert_eq!(configs[1].flags(|_| true), " --test-only 3");
        let json = serde_json::to_string(&configs[1]).unwrap();
        assert!(json.contains(r#""test_only":3"#), "{json}");
        assert_eq!(serde_json::from_str::<RunConfig>(&json).unwrap(), configs[1]);

        let mut change = Change::default();
        setting.change(&mut change, &SettingValue::Integer(4)).unwrap();
        assert_eq!(change.to_string(), "test-only 4");
        assert_eq!(serde_json::to_string(&change).unwrap(), r#"{"test_only":4}"#);
        let changed = change.apply(&configs[1]).unwrap();
        assert_eq!(setting.value(&changed), Some(SettingValue::Integer(4)));
        setting.change(&mut change, &SettingValue::Integer(10)).unwrap();
        let error = change.apply(&configs[1]).unwrap_err();
        assert_eq!(error.to_string(), "test-only must be between 1 and 9 (got 10)");
    }
}
