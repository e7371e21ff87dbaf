//! Validation of configs, and comparison with the defaults.

use super::error::ConfigError;
use super::optimizer::OptimizerSettings;
use super::setting::Setting;
use super::table::RunConfig;

impl RunConfig {
    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// The first invalid setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        Setting::all().try_for_each(|setting| setting.validate(self))
    }

    /// The settings that differ from their defaults, with their values. The optimizer's settings are compared with the
    /// defaults of that optimizer.
    pub fn changes(&self) -> Vec<(Setting, String)> {
        let defaults = Self { optimizer: self.optimizer.defaults(), ..Self::default() };
        let changed = |setting: Setting| {
            let value = setting.get(self)?;
            let is_default = match setting.key() {
                "optimizer" => self.optimizer.name() == OptimizerSettings::default().name(),
                _ => setting.get(&defaults)? == value,
            };
            (!is_default).then_some((setting, value))
        };
        Setting::all().filter_map(changed).collect()
    }

    /// The settings that differ from their defaults and pass the filter, as flags for a shell, each preceded by a space.
    pub fn flags(&self, filter: fn(Setting) -> bool) -> String {
        let changes = self.changes().into_iter().filter(|(setting, _)| filter(*setting));
        changes
            .fold(String::new(), |flags, (setting, value)| format!("{flags} --{setting} {}", quoted(&value)))
    }
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::run::disk::Extra;
    use crate::run::settings::{DeviceChoice, Schedule};

    fn read(json: &str) -> RunConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn default_matches_the_lecture() {
        let config = RunConfig::default();
        assert_eq!((config.preset.as_str(), config.batch_size, config.epochs), ("cnn", 64, 40));
        assert_eq!(config.optimizer, OptimizerSettings::Sgd { learning_rate: 0.01, momentum: 0.5 });
        assert_eq!(config.validate(), Ok(()));
        assert!(config.changes().is_empty());
    }

    #[test]
    fn missing_fields_default_and_unknown_fields_are_kept() {
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
    fn changes_list_what_differs_from_the_default() {
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
            test_only: None,
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
    fn validate_checks_every_range() {
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
                "preset must be the name of a network (got nothing)",
            ),
            (RunConfig { batch_size: 0, ..default() }, "batch-size must be between 1 and 65,536 (got 0)"),
            (
                RunConfig { batch_size: 65_537, ..default() },
                "batch-size must be between 1 and 65,536 (got 65537)",
            ),
            (RunConfig { epochs: 100_001, ..default() }, "epochs must be between 1 and 100,000 (got 100001)"),
            (RunConfig { threads: Some(0), ..default() }, "threads must be between 1 and 256 (got 0)"),
            (
                RunConfig { dropout: Some(1.0), ..default() },
                "dropout must be at least 0 and less than 1 (got 1)",
            ),
            (
                RunConfig { dropout: Some(f32::NAN), ..default() },
                "dropout must be at least 0 and less than 1 (got NaN)",
            ),
            (RunConfig { optimizer: sgd(0.0, 0.5), ..default() }, "learning-rate must be greater than 0"),
            (
                RunConfig { optimizer: sgd(f64::INFINITY, 0.5), ..default() },
                "learning-rate must be greater than 0",
            ),
            (RunConfig { optimizer: sgd(0.1, -0.1), ..default() }, "momentum must be at least 0"),
            (RunConfig { optimizer: adamw(1.0, 0.9, 0.1, 0.0), ..default() }, "beta1 must be"),
            (RunConfig { optimizer: adamw(0.9, 1.0, 0.1, 0.0), ..default() }, "beta2 must be"),
            (RunConfig { optimizer: adamw(0.9, 0.9, 0.0, 0.0), ..default() }, "epsilon must be"),
            (
                RunConfig { optimizer: adamw(0.9, 0.9, 0.1, 2.0), ..default() },
                "weight-decay must be between 0 and 1 (got 2)",
            ),
            (RunConfig { schedule: step(0, 0.5), ..default() }, "schedule must be step:EPOCHS:FACTOR"),
            (RunConfig { schedule: step(1, f64::NAN), ..default() }, "schedule must be step:EPOCHS:FACTOR"),
        ] {
            let error = config.validate().unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn validate_refuses_paths_that_are_not_utf8() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let data = Some(PathBuf::from(OsStr::from_bytes(b"/\xff")));
        assert_eq!(RunConfig { data, ..RunConfig::default() }.validate().unwrap_err().setting(), "data");
    }
}
