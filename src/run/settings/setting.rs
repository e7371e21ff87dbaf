//! The settings of a run by name, as text: what forms, sweeps and tables of differences go by.

use std::fmt;
use std::str::FromStr;

use super::config::{DeviceChoice, RunConfig};
use super::limits::{ConfigError, refuse};
use super::optimizer::OptimizerSettings;
use crate::run::disk::sanitize;

/// A setting of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Setting(usize);

struct Row {
    /// As flags have it.
    name: &'static str,
    /// Shorter or other names.
    aliases: &'static [&'static str],
    about: &'static str,
    /// The value as text, empty where it is left open; `None` where the optimizer has no such setting.
    get: fn(&RunConfig) -> Option<String>,
    set: fn(&mut RunConfig, &str) -> Result<(), ConfigError>,
}

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    about: &'static str,
    get: fn(&RunConfig) -> Option<String>,
    set: fn(&mut RunConfig, &str) -> Result<(), ConfigError>,
) -> Row {
    Row { name, aliases, about, get, set }
}

/// The text of a value that may be left open.
fn or_open(value: Option<impl fmt::Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn parse<T: FromStr>(name: &'static str, text: &str, allowed: &str) -> Result<T, ConfigError> {
    let shown = if text.is_empty() { "empty" } else { text };
    text.parse().map_err(|_error| refuse(name, shown, allowed.to_owned()))
}

fn number<T: FromStr>(name: &'static str, text: &str) -> Result<T, ConfigError> {
    parse(name, text, "a number")
}

fn whole<T: FromStr>(name: &'static str, text: &str) -> Result<T, ConfigError> {
    parse(name, text, "a whole number")
}

/// A value that may be left open by an empty text.
fn open<T: FromStr>(name: &'static str, text: &str) -> Result<Option<T>, ConfigError> {
    (!text.is_empty()).then(|| number(name, text)).transpose()
}

fn of_sgd(config: &mut RunConfig) -> Option<&mut f64> {
    match &mut config.optimizer {
        OptimizerSettings::Sgd { momentum, .. } => Some(momentum),
        OptimizerSettings::AdamW { .. } => None,
    }
}

/// A field of adamw, by its place among beta1, beta2, epsilon and weight decay.
fn of_adamw(optimizer: &mut OptimizerSettings) -> Option<[&mut f64; 4]> {
    match optimizer {
        OptimizerSettings::AdamW { beta1, beta2, epsilon, weight_decay, .. } => {
            Some([beta1, beta2, epsilon, weight_decay])
        }
        OptimizerSettings::Sgd { .. } => None,
    }
}

fn get_adamw<const FIELD: usize>(config: &RunConfig) -> Option<String> {
    Some(of_adamw(&mut config.optimizer.clone())?[FIELD].to_string())
}

fn set_adamw<const FIELD: usize>(config: &mut RunConfig, text: &str) -> Result<(), ConfigError> {
    const NAMES: [&str; 4] = ["beta1", "beta2", "epsilon", "weight-decay"];
    let name = NAMES[FIELD];
    let fields = of_adamw(&mut config.optimizer);
    let fields = fields.ok_or_else(|| refuse(name, text, "left alone: only adamw has it".to_owned()))?;
    *fields[FIELD] = number(name, text)?;
    Ok(())
}

/// Every setting. The optimizer stands before its own settings, since another one begins with its own values; the seed
/// stands last of what a sweep goes through, so that runs that differ by it alone are made one after another.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("preset", &["net"], "the network",
        |config| Some(config.preset.clone()),
        |config, text| { text.clone_into(&mut config.preset); Ok(()) }),
    row("data", &[], "a directory; empty: the best that is found",
        |config| Some(or_open(config.data.as_ref().map(|data| sanitize::display(&data.display())))),
        |config, text| { config.data = (!text.is_empty()).then(|| text.into()); Ok(()) }),
    row("optimizer", &["opt"], "sgd or adamw",
        |config| Some(config.optimizer.name().to_string()),
        |config, text| {
            let new = [OptimizerSettings::SGD, OptimizerSettings::ADAMW].into_iter().find(|new| new.name() == text);
            let new = new.ok_or_else(|| refuse("optimizer", text, "sgd or adamw".to_owned()))?;
            if new.name() != config.optimizer.name() { config.optimizer = new; }
            Ok(())
        }),
    row("learning-rate", &["lr", "learning_rate"], "before the schedule",
        |config| Some(written(config.optimizer.learning_rate())),
        |config, text| {
            config.optimizer.set_learning_rate(number("learning-rate", text)?);
            Ok(())
        }),
    row("momentum", &[], "what the next step keeps of the last",
        |config| Some(of_sgd(&mut config.clone())?.to_string()),
        |config, text| {
            let momentum = of_sgd(config).ok_or_else(|| refuse("momentum", text, "left alone: only sgd has it".to_owned()))?;
            *momentum = number("momentum", text)?;
            Ok(())
        }),
    row("beta1", &[], "decay of the gradient's mean", get_adamw::<0>, set_adamw::<0>),
    row("beta2", &[], "decay of its square's mean", get_adamw::<1>, set_adamw::<1>),
    row("epsilon", &[], "added to the square's root", get_adamw::<2>, set_adamw::<2>),
    row("weight-decay", &["weight_decay"], "decay of the weights", get_adamw::<3>, set_adamw::<3>),
    row("schedule", &[], "constant, cosine or step:EPOCHS:FACTOR",
        |config| Some(config.schedule.to_string()),
        |config, text| { config.schedule = parse("schedule", text, "constant, cosine or step:EPOCHS:FACTOR")?; Ok(()) }),
    row("batch-size", &["batch", "batch_size"], "images in a batch",
        |config| Some(config.batch_size.to_string()),
        |config, text| { config.batch_size = whole("batch-size", text)?; Ok(()) }),
    row("epochs", &[], "passes over the training set",
        |config| Some(config.epochs.to_string()),
        |config, text| { config.epochs = whole("epochs", text)?; Ok(()) }),
    row("dropout", &[], "empty: the network's own",
        |config| Some(or_open(config.dropout)),
        |config, text| { config.dropout = open("dropout", text)?; Ok(()) }),
    row("patience", &[], "epochs; 0: never end early",
        |config| Some(config.patience.to_string()),
        |config, text| { config.patience = whole("patience", text)?; Ok(()) }),
    row("device", &[], "auto, cpu or cuda",
        |config| Some(config.device.to_string()),
        |config, text| {
            let device = [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda].into_iter().find(|device| device.as_str() == text);
            config.device = device.ok_or_else(|| refuse("device", text, "auto, cpu or cuda".to_owned()))?;
            Ok(())
        }),
    row("threads", &[], "empty: one for each core",
        |config| Some(or_open(config.threads)),
        |config, text| { config.threads = open("threads", text)?; Ok(()) }),
    row("checkpoint-space", &["checkpoint_space"], "MB for epochs' checkpoints",
        |config| Some(config.checkpoint_space.to_string()),
        |config, text| { config.checkpoint_space = whole("checkpoint-space", text)?; Ok(()) }),
    row("seed", &[], "decides everything random",
        |config| Some(config.seed.to_string()),
        |config, text| { config.seed = whole("seed", text)?; Ok(()) }),
];

/// A number, exactly; as a power of ten where it would have more digits than anybody counts.
fn written(number: f64) -> String {
    let plain = number.to_string();
    if plain.len() > 10 { format!("{number:e}") } else { plain }
}

impl Setting {
    /// Every setting.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ROWS.len()).map(Self)
    }

    /// The setting of this name.
    pub fn named(name: &str) -> Option<Self> {
        let is = |row: &Row| row.name == name || row.aliases.contains(&name);
        ROWS.iter().position(is).map(Self)
    }

    /// Its name, as flags have it.
    pub fn name(self) -> &'static str {
        ROWS[self.0].name
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        ROWS[self.0].about
    }

    /// Its value as text; empty where it is left open. `None`: the optimizer has no such setting.
    pub fn get(self, config: &RunConfig) -> Option<String> {
        (ROWS[self.0].get)(config)
    }

    /// Gives it the value in a text. Whether a run can have it, [`RunConfig::validate`] tells.
    pub fn set(self, config: &mut RunConfig, text: &str) -> Result<(), ConfigError> {
        (ROWS[self.0].set)(config, text.trim())
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

impl RunConfig {
    /// The default with the same optimizer.
    fn defaults(&self) -> Self {
        let optimizer = match self.optimizer {
            OptimizerSettings::Sgd { .. } => OptimizerSettings::SGD,
            OptimizerSettings::AdamW { .. } => OptimizerSettings::ADAMW,
        };
        Self { optimizer, ..Self::default() }
    }

    /// The settings that differ from the default, each with its value, for a table of runs.
    pub fn changes(&self) -> Vec<(Setting, String)> {
        let (same, first) = (self.defaults(), Self::default());
        let changed = |setting: Setting| {
            let value = setting.get(self)?;
            let default = if setting.name() == "optimizer" { &first } else { &same };
            (setting.get(default)? != value).then_some((setting, value))
        };
        Setting::all().filter_map(changed).collect()
    }

    /// The settings that differ from the default as flags for a shell, each with a space before it, but for these.
    pub fn flags_but(&self, without: &[&str]) -> String {
        let named = self.changes().into_iter().filter(|(setting, _)| !without.contains(&setting.name()));
        named.fold(String::new(), |flags, (setting, value)| format!("{flags} --{setting} {}", quoted(&value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_one_setting() {
        let mut names: Vec<_> =
            ROWS.iter().flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied())).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(Setting::named("lr"), Setting::named("learning-rate"));
        assert_eq!(Setting::named("nonsense"), None);
    }

    #[test]
    fn what_is_shown_can_be_set() {
        let odd = RunConfig { dropout: Some(0.25), threads: Some(2), seed: u64::MAX, ..RunConfig::default() };
        let adamw = RunConfig { optimizer: OptimizerSettings::ADAMW, ..RunConfig::default() };
        for config in [RunConfig::default(), odd, adamw] {
            let mut copy = RunConfig::default();
            for setting in Setting::all() {
                if let Some(text) = setting.get(&config) {
                    setting.set(&mut copy, &text).unwrap();
                }
            }
            assert_eq!(copy, config);
        }
    }

    #[test]
    fn another_optimizer_begins_with_its_own_values() {
        let mut config = RunConfig::default();
        Setting::named("optimizer").unwrap().set(&mut config, "adamw").unwrap();
        assert_eq!(config.optimizer, OptimizerSettings::ADAMW);
        let error = Setting::named("momentum").unwrap().set(&mut config, "0.9").unwrap_err();
        assert_eq!(error.to_string(), "momentum is 0.9, but must be left alone: only sgd has it");
    }

    #[test]
    fn what_is_no_value_is_told() {
        for (name, text, want) in [
            ("lr", "fast", "learning-rate is fast, but must be a number"),
            ("epochs", "", "epochs is empty, but must be a whole number"),
            ("schedule", "linear", "schedule is linear, but must be constant, cosine or step:EPOCHS:FACTOR"),
            ("device", "tpu", "device is tpu, but must be auto, cpu or cuda"),
        ] {
            let error = Setting::named(name).unwrap().set(&mut RunConfig::default(), text).unwrap_err();
            assert_eq!(error.to_string(), want);
        }
    }
}
