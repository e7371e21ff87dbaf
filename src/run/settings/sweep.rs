//! Sweeps: every combination of several values of several settings.

use std::str::FromStr;

use super::config::RunConfig;
use super::limits::ConfigError;
use super::setting::Setting;

/// The most runs of one sweep.
const MOST: usize = 1000;

/// The values that a sweep gives a setting.
///
/// ```text
/// axis   = SETTING "=" values
/// values = part { "," part }
/// part   = VALUE
///        | FROM ".." TO                  whole numbers, both included
///        | FROM ".." TO "step" NUMBER    evenly apart
///        | FROM ".." TO "times" FACTOR   each so many times the one before
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Which setting.
    pub setting: Setting,
    /// Its values as text, at least one.
    pub values: Vec<String>,
}

/// Why something is no sweep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// There is no `=`.
    #[error("`{0}` is no setting with values; write such as `lr = 0.003, 0.01, 0.03` or `seed = 1..3`")]
    NoAxis(String),
    /// No setting has this name.
    #[error("there is no setting `{0}`")]
    Unknown(String),
    /// A setting has two axes.
    #[error("{0} is named twice")]
    Twice(Setting),
    /// A range that goes nowhere.
    #[error("`{0}` is no range; write such as `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`")]
    Range(String),
    /// A value between commas is missing.
    #[error("`{0}` has a comma too many")]
    Empty(String),
    /// There are too many combinations.
    #[error("these are more than {MOST} runs")]
    TooMany,
    /// A value that the setting cannot have.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl FromStr for Axis {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Self, SweepError> {
        let (name, values) =
            text.split_once('=').ok_or_else(|| SweepError::NoAxis(text.trim().to_owned()))?;
        let name = name.trim();
        let setting = Setting::named(name).ok_or_else(|| SweepError::Unknown(name.to_owned()))?;
        Self::new(setting, values)
    }
}

impl Axis {
    /// The values in a text, for this setting.
    pub fn new(setting: Setting, text: &str) -> Result<Self, SweepError> {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        if parts.len() > 1 && parts.contains(&"") {
            return Err(SweepError::Empty(text.trim().to_owned()));
        }
        let mut values = Vec::new();
        for part in parts {
            match part.split_once("..") {
                // A path may have two dots.
                Some((from, to)) if setting.name() != "data" => {
                    values.extend(range(from, to).ok_or_else(|| SweepError::Range(part.to_owned()))??);
                }
                _ => values.push(part.to_owned()),
            }
            if values.len() > MOST {
                return Err(SweepError::TooMany);
            }
        }
        Ok(Self { setting, values })
    }
}

/// The numbers of a range; `None` if it is none.
fn range(from: &str, to: &str) -> Option<Result<Vec<String>, SweepError>> {
    let from: f64 = from.trim().parse().ok()?;
    let words: Vec<_> = to.split_whitespace().collect();
    let (to, step, factor): (f64, f64, f64) = match words[..] {
        [to] => (to.parse().ok()?, 1.0, 1.0),
        [to, "step", step] => (to.parse().ok()?, step.parse().ok()?, 1.0),
        [to, "times", factor] => (to.parse().ok()?, 0.0, factor.parse().ok()?),
        _ => return None,
    };
    let are_whole = words.len() > 1 || (from.fract() == 0.0 && to.fract() == 0.0);
    let advances = if step == 0.0 { factor > 1.0 && from > 0.0 } else { step > 0.0 };
    let are_finite = [from, to, step, factor].into_iter().all(f64::is_finite);
    if !(are_finite && are_whole && advances && from <= to) {
        return None;
    }
    let mut values = Vec::new();
    for place in 0.. {
        let value = (from + step * f64::from(place)) * factor.powi(place);
        // What rounding adds to the last value does not take it away.
        if value > to * (1.0 + 1e-9) {
            break;
        }
        values.push(plain(value));
        if values.len() > MOST {
            return Some(Err(SweepError::TooMany));
        }
    }
    Some(Ok(values))
}

/// The number without the dust of its computation: twelve digits are more than anybody means.
fn plain(value: f64) -> String {
    format!("{value:.11e}").parse::<f64>().unwrap_or(value).to_string()
}

/// Every combination of the axes' values, over the settings that they do not name: the last settings of
/// [`Setting::all`] change the fastest.
pub fn sweep(config: &RunConfig, axes: &[Axis]) -> Result<Vec<RunConfig>, SweepError> {
    let mut axes: Vec<&Axis> = axes.iter().collect();
    axes.sort_by_key(|axis| axis.setting);
    if let Some(pair) = axes.windows(2).find(|pair| pair[0].setting == pair[1].setting) {
        return Err(SweepError::Twice(pair[0].setting));
    }
    let mut configs = vec![config.clone()];
    for axis in axes {
        if configs.len().saturating_mul(axis.values.len()) > MOST {
            return Err(SweepError::TooMany);
        }
        let mut more = Vec::with_capacity(configs.len() * axis.values.len());
        for config in configs {
            for value in &axis.values {
                let mut config = config.clone();
                axis.setting.set(&mut config, value)?;
                more.push(config);
            }
        }
        configs = more;
    }
    for config in &configs {
        config.validate()?;
    }
    Ok(configs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str) -> Result<Vec<String>, SweepError> {
        text.parse::<Axis>().map(|axis| axis.values)
    }

    #[test]
    fn lists_and_ranges_are_values() {
        for (text, want) in [
            ("lr = 0.003, 0.01, 0.03", "0.003 0.01 0.03"),
            ("seed=1..3", "1 2 3"),
            ("seed = 1..3, 7", "1 2 3 7"),
            ("dropout = 0.1..0.5 step 0.1", "0.1 0.2 0.3 0.4 0.5"),
            ("lr = 1e-4..1e-1 times 10", "0.0001 0.001 0.01 0.1"),
            ("seed = 5..5", "5"),
            ("preset = cnn, dnn", "cnn dnn"),
            ("schedule = constant, step:10:0.5", "constant step:10:0.5"),
            ("data = ../mnist", "../mnist"),
        ] {
            assert_eq!(values(text).unwrap().join(" "), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_sweep_is_told() {
        for (text, want) in [
            ("lr", "`lr` is no setting with values; write such as `lr = 0.003, 0.01, 0.03` or `seed = 1..3`"),
            ("rate = 1", "there is no setting `rate`"),
            ("lr = 0.1,,0.2", "`0.1,,0.2` has a comma too many"),
            (
                "seed = 3..1",
                "`3..1` is no range; write such as `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`",
            ),
            (
                "lr = 0.1..0.5",
                "`0.1..0.5` is no range; write such as `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`",
            ),
            (
                "lr = 0..1 times 10",
                "`0..1 times 10` is no range; write such as `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`",
            ),
            ("seed = 1..1e9", "these are more than 1000 runs"),
        ] {
            assert_eq!(values(text).unwrap_err().to_string(), want);
        }
    }

    #[test]
    fn every_combination_is_a_run_and_seeds_follow_each_other() {
        let axes = ["seed = 1..3", "lr = 0.01, 0.03"].map(|text| text.parse().unwrap());
        let runs = sweep(&RunConfig::default(), &axes).unwrap();
        let told: Vec<_> = runs.iter().map(|run| (run.optimizer.learning_rate(), run.seed)).collect();
        assert_eq!(told, [(0.01, 1), (0.01, 2), (0.01, 3), (0.03, 1), (0.03, 2), (0.03, 3)]);
    }

    #[test]
    fn a_sweep_has_only_runs_that_can_be() {
        let tried = |axes: &[&str]| {
            let axes: Result<Vec<Axis>, _> = axes.iter().map(|text| text.parse()).collect();
            axes.and_then(|axes| sweep(&RunConfig::default(), &axes))
        };
        assert_eq!(
            tried(&["lr = 0.1, 0"]).unwrap_err().to_string(),
            "learning-rate is 0, but must be greater than 0 and finite"
        );
        assert_eq!(
            tried(&["lr = 0.1", "learning-rate = 0.2"]).unwrap_err(),
            SweepError::Twice(Setting::named("lr").unwrap())
        );
        assert_eq!(
            tried(&["seed = 1..100", "lr = 0.001..0.011 step 0.001"]).unwrap_err(),
            SweepError::TooMany
        );
        assert_eq!(tried(&["optimizer = sgd, adamw", "lr = 0.1"]).unwrap().len(), 2);
        assert_eq!(tried(&[]).unwrap(), [RunConfig::default()]);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}", numbers in "seed = [0-9.e,stepims -]{0,30}") {
            let _ = text.parse::<Axis>();
            let _ = numbers.parse::<Axis>();
        }
    }
}
