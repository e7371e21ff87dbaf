//! Settings as options of commands, and as keys of `[train]` in the settings file.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::CliError;
use crate::nn::PRESETS;
use crate::run::{Change, ConfigError, RunConfig, Setting, SettingValue, ValueKind};
use crate::shell;

/// Settings given as command-line options or in the settings file.
///
/// `C` is the command, which determines the available settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettingOptions<C> {
    values: BTreeMap<Setting, SettingValue>,
    command: PhantomData<C>,
}

/// Which settings are options of a command.
pub trait CommandSettings {
    /// The default shown in the help, if it is not that of the setting.
    const DEFAULT: Option<&'static str> = None;

    /// Whether the command has an option for the setting.
    fn accepts(setting: Setting) -> bool;
}

/// Commands that create runs: every setting.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Train;

/// `fork`: the settings that may differ from the parent's.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fork;

/// `lr-find`: the settings that a range test depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LrFind;

impl CommandSettings for Train {
    fn accepts(_: Setting) -> bool {
        true
    }
}

impl CommandSettings for Fork {
    const DEFAULT: Option<&'static str> = Some("the parent's");

    fn accepts(setting: Setting) -> bool {
        setting.is_changeable()
    }
}

impl CommandSettings for LrFind {
    fn accepts(setting: Setting) -> bool {
        setting.is_in_range_test()
    }
}

/// The settings of new runs.
pub type TrainOptions = SettingOptions<Train>;

impl<C: CommandSettings> Args for SettingOptions<C> {
    fn augment_args(command: Command) -> Command {
        command.args(Setting::all().filter(|setting| C::accepts(*setting)).map(argument::<C>))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<C: CommandSettings> FromArgMatches for SettingOptions<C> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self { values: BTreeMap::new(), command: PhantomData };
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in Setting::all().filter(|setting| C::accepts(*setting)) {
            if let Some(value) = matches.get_one::<SettingValue>(setting.name()) {
                self.values.insert(setting, value.clone());
            }
        }
        Ok(())
    }
}

/// The option for a setting. It has no clap default, which would override the settings file.
fn argument<C: CommandSettings>(setting: Setting) -> Arg {
    let default = C::DEFAULT.map_or_else(|| setting.default_in_words(), str::to_owned);
    let known = match setting.kind() {
        ValueKind::Preset => format!(" [possible values: {}]", preset_names()),
        _ => String::new(),
    };
    let argument = Arg::new(setting.name())
        .long(setting.name())
        .visible_aliases(setting.aliases().iter().copied())
        .value_name(setting.value_name())
        .help(format!("{} [default: {default}]{known}", setting.help()));
    match setting.kind() {
        ValueKind::Word(words) => {
            argument.value_parser(PossibleValuesParser::new(words).map(SettingValue::Text))
        }
        kind => argument
            .allow_negative_numbers(kind.is_numeric())
            .value_parser(move |text: &str| setting.parse(text).map_err(without_name)),
    }
}

/// The error for an invalid value; clap adds the option and the value.
fn without_name(error: ConfigError) -> String {
    match error {
        ConfigError::Malformed { expected, .. } => format!("not {expected}"),
        ConfigError::OutOfRange { allowed, .. } => format!("must be {allowed}"),
        error => error.to_string(),
    }
}

impl<C> SettingOptions<C> {
    /// These options; unset ones are taken from the settings file.
    #[must_use]
    pub fn or(self, file: TrainOptions) -> TrainOptions {
        let mut values = file.values;
        values.extend(self.values);
        TrainOptions { values, command: PhantomData }
    }
}

impl TrainOptions {
    /// The config of a run with these options.
    ///
    /// # Errors
    ///
    /// The settings are invalid or contradict each other.
    pub fn into_config(self) -> Result<RunConfig, CliError> {
        let mut config = RunConfig::default();
        for (setting, value) in &self.values {
            setting.set(&mut config, value).map_err(|error| setting_error(*setting, &error))?;
        }
        let config = shell::with_absolute_data(config)?;
        check_preset(&config)?;
        config.validate().map_err(|error| CliError::Usage(error.to_string()))?;
        Ok(config)
    }
}

impl SettingOptions<Fork> {
    /// The change of the parent's settings.
    pub(super) fn into_change(self) -> Result<Change, CliError> {
        let mut change = Change::default();
        for (setting, value) in &self.values {
            setting.change(&mut change, value).map_err(|error| setting_error(*setting, &error))?;
        }
        Ok(change)
    }
}

fn setting_error(setting: Setting, error: &ConfigError) -> CliError {
    let hint = match (error, setting.optimizer()) {
        (ConfigError::NotApplicable { .. }, Some(optimizer)) => format!("; use --optimizer {optimizer}"),
        _ => String::new(),
    };
    CliError::Usage(format!("{error}{hint}"))
}

/// Returns an error if the network does not exist.
pub(super) fn check_preset(config: &RunConfig) -> Result<(), CliError> {
    if PRESETS.iter().any(|preset| preset.name == config.preset) {
        return Ok(());
    }
    Err(CliError::Usage(format!("unknown preset '{}'; the presets are {}", config.preset, preset_names())))
}

fn preset_names() -> String {
    PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
}

impl<'de> Deserialize<'de> for TrainOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TrainTable)
    }
}

/// Deserializes `[train]` of the settings file.
struct TrainTable;

impl<'de> Visitor<'de> for TrainTable {
    type Value = TrainOptions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<TrainOptions, A::Error> {
        let mut options = TrainOptions::default();
        while let Some(setting) = table.next_key_seed(Key)? {
            options.values.insert(setting, table.next_value_seed(ValueOf(setting))?);
        }
        Ok(options)
    }
}

/// Deserializes the key of a setting. As a seed, its errors carry the position of the key in the file.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Setting;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Setting, D::Error> {
        let key = String::deserialize(deserializer)?;
        Setting::all().find(|setting| setting.key() == key).ok_or_else(|| {
            let keys: Vec<_> = Setting::all().map(Setting::key).collect();
            D::Error::custom(format!("unknown setting '{key}'; the settings are {}", keys.join(", ")))
        })
    }
}

/// Deserializes the value of this setting.
struct ValueOf(Setting);

impl<'de> DeserializeSeed<'de> for ValueOf {
    type Value = SettingValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<SettingValue, D::Error> {
        let Self(setting) = self;
        let value = toml::Value::deserialize(deserializer)?;
        let parsed = match value {
            toml::Value::Integer(number) if setting.kind().is_numeric() => setting.parse(&number.to_string()),
            toml::Value::Float(number) if setting.kind().is_numeric() => setting.parse(&number.to_string()),
            toml::Value::String(text) if !setting.kind().is_numeric() => setting.parse(&text),
            other => Err(setting.malformed(&other.to_string())),
        };
        let value = parsed.map_err(D::Error::custom)?;
        setting.check(&value).map_err(D::Error::custom)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::run::{OptimizerSettings, Schedule};

    #[derive(Debug, Parser)]
    struct Cli<C: CommandSettings> {
        #[command(flatten)]
        options: SettingOptions<C>,
    }

    fn parse<C: CommandSettings>(flags: &[&str]) -> Result<SettingOptions<C>, String> {
        let all = ["cnn-tui"].iter().chain(flags);
        Cli::try_parse_from(all).map(|cli| cli.options).map_err(|error| error.to_string())
    }

    fn config(flags: &[&str]) -> Result<RunConfig, String> {
        parse::<Train>(flags)?.into_config().map_err(|error| error.to_string())
    }

    fn help<C: CommandSettings>() -> String {
        parse::<C>(&["--help"]).err().unwrap_or_default()
    }

    #[test]
    fn no_options_mean_the_defaults() {
        assert_eq!(config(&[]), Ok(RunConfig::default()));
    }

    #[test]
    fn every_setting_has_a_flag_with_its_name() {
        for setting in Setting::all() {
            let optimizer = setting.optimizer().unwrap();
            let optimizer =
                OptimizerSettings::ALL.into_iter().find(|known| known.name() == optimizer).unwrap();
            let default = RunConfig { optimizer, ..RunConfig::default() };
            let value = setting.get(&default).unwrap();
            let flag = format!("--{}={value}", setting.name());
            let flags = match setting.name() {
                "optimizer" => vec![flag.as_str()],
                _ => vec![&flag, "--optimizer", default.optimizer.name()],
            };
            assert_eq!(config(&flags).as_ref(), Ok(&default));
        }
    }

    #[test]
    fn aliases_mean_the_same() {
        let optimizer = OptimizerSettings::Sgd { learning_rate: 0.1, momentum: 0.5 };
        let want = RunConfig { optimizer, ..RunConfig::default() };
        for flag in ["--lr", "--learning-rate"] {
            assert_eq!(config(&[flag, "0.1"]).as_ref(), Ok(&want));
        }
    }

    #[test]
    fn flags_override_the_settings_file() {
        let file: TrainOptions = toml::from_str("epochs = 3\nseed = 7\nschedule = 'cosine'").unwrap();
        let config = parse::<Train>(&["--epochs", "5"]).unwrap().or(file).into_config().unwrap();
        assert_eq!((config.epochs, config.seed, config.schedule), (5, 7, Schedule::Cosine));
    }

    #[test]
    fn settings_file_takes_every_kind_of_value() {
        let file: TrainOptions = toml::from_str(
            "optimizer = 'adamw'\nlearning_rate = 1\nweight_decay = 0.5\nbeta1 = 0.8\ndropout = 0.2\ndevice = 'cpu'\n\
             data = 'built-in'\ntest_only = 3",
        )
        .unwrap();
        let config = file.into_config().unwrap();
        let mut optimizer = OptimizerSettings::ADAMW;
        if let OptimizerSettings::AdamW { learning_rate, beta1, weight_decay, .. } = &mut optimizer {
            (*learning_rate, *beta1, *weight_decay) = (1.0, 0.8, 0.5);
        }
        assert_eq!(config.optimizer, optimizer);
        assert_eq!(
            (config.dropout, config.data, config.test_only),
            (Some(0.2), Some("built-in".into()), Some(3))
        );
    }

    #[test]
    fn settings_file_errors_name_the_setting() {
        for (text, want) in [
            ("epoch = 3", "unknown setting 'epoch'; the settings are preset, data, "),
            ("lr = 0.1", "unknown setting 'lr'"),
            ("epochs = 0", "epochs must be between 1 and 100,000 (got 0)"),
            ("epochs = '3'", "epochs must be a whole number (got \"3\")"),
            ("preset = 3", "preset must be the name of a network (got 3)"),
            ("schedule = 'linear'", "schedule must be constant, cosine or step:EPOCHS:FACTOR"),
        ] {
            let error = toml::from_str::<TrainOptions>(text).unwrap_err();
            assert!(error.message().starts_with(want), "{}", error.message());
            assert!(error.span().is_some(), "{text}");
        }
    }

    #[test]
    fn setting_of_another_optimizer_is_rejected_with_a_hint() {
        let error = parse::<Train>(&["--weight-decay", "0.1"]).unwrap().into_config().unwrap_err();
        assert_eq!(
            error.to_string(),
            "weight-decay cannot be set: SGD has no weight-decay; use --optimizer adamw"
        );
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn values_out_of_range_are_rejected() {
        assert_eq!(
            config(&["--batch-size", "0"]),
            Err("batch-size must be between 1 and 65,536 (got 0)".to_owned())
        );
        for (flags, want) in [
            (&["--lr", "fast"][..], "invalid value 'fast' for '--learning-rate <RATE>': not a number"),
            (&["--epochs", "-1"], "must be between 1 and 100,000"),
            (&["--device", "tpu"], "not auto, cpu, cuda or cuda:N"),
        ] {
            let error = config(flags).unwrap_err();
            assert!(error.contains(want), "{error}");
        }
    }

    #[test]
    fn help_has_defaults_and_possible_values() {
        let help = help::<Train>();
        for part in [
            "[default: 0.01, with adamw 0.001]",
            "[default: sgd]",
            "[possible values: sgd, adamw]",
            "--test-only <N>",
        ] {
            let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(part), "{part} in {help}");
        }
    }

    #[test]
    fn commands_have_only_options_with_an_effect() {
        for flag in ["--learning-rate", "--schedule", "--epochs", "--patience", "--checkpoint-space"] {
            let error = parse::<LrFind>(&[flag, "1"]).unwrap_err();
            assert!(error.contains("unexpected argument"), "{error}");
            assert!(!help::<LrFind>().contains(flag));
        }
        assert!(parse::<LrFind>(&["--momentum", "0.9", "--threads", "1"]).is_ok());
        assert!(parse::<Fork>(&["--seed", "1"]).is_err());
    }

    #[test]
    fn forks_change_every_changeable_setting() {
        let flags = ["--lr", "0.1", "--epochs", "60", "--dropout", "0.2", "--test-only", "2"];
        let change = parse::<Fork>(&flags).unwrap().into_change().unwrap();
        let want = Change {
            learning_rate: Some(0.1),
            epochs: Some(60),
            dropout: Some(0.2),
            test_only: Some(2),
            ..Change::default()
        };
        assert_eq!(change, want);
        assert!(parse::<Fork>(&["--dropout", ""]).unwrap().into_change().is_err());
    }
}
