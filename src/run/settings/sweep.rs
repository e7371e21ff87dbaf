//! Sweeps: every combination of several values of several settings.

use std::str::FromStr;

use super::error::ConfigError;
use super::kind::ValueKind;
use super::setting::Setting;
use super::table::RunConfig;
use super::value::SettingValue;

/// Maximum number of runs of a sweep.
const MOST: usize = 1000;

/// A setting of a sweep with its values.
///
/// ```text
/// axis   = SETTING "=" values
/// values = part { "," part }
/// part   = VALUE
///        | FROM ".." TO                  whole numbers, both included
///        | FROM ".." TO "step" NUMBER    in steps of NUMBER
///        | FROM ".." TO "times" FACTOR   each FACTOR times the one before
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The setting that varies.
    pub setting: Setting,
    /// Its values, at least one.
    pub values: Vec<SettingValue>,
}

/// An invalid sweep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// `=` is missing.
    #[error("'{0}' is not of the form SETTING=VALUES; use, for example, `lr=0.003,0.01,0.03` or `seed=1..3`")]
    NoAxis(String),
    /// No setting has this name.
    #[error("unknown setting '{0}'; `cnn-tui sweep --help` lists them")]
    Unknown(String),
    /// A setting has two axes.
    #[error("{0} is given twice; list all its values in one place, separated by commas")]
    Twice(Setting),
    /// A range that is malformed or has no values.
    #[error("'{0}' is not a range; use, for example, `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`")]
    Range(String),
    /// A value between commas is missing.
    #[error("'{0}' has an empty value; separate values with single commas")]
    Empty(String),
    /// There are too many combinations.
    #[error("a sweep has at most {MOST} runs; use fewer values, or several sweeps")]
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
    /// Parses the values of a setting.
    ///
    /// # Errors
    ///
    /// The text is not a list of values and ranges, or a value is of the wrong kind.
    pub fn new(setting: Setting, text: &str) -> Result<Self, SweepError> {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        if parts.len() > 1 && parts.contains(&"") {
            return Err(SweepError::Empty(text.trim().to_owned()));
        }
        let mut values = Vec::new();
        for part in parts {
            match part.split_once("..") {
                // A path may contain two dots.
                Some((from, to)) if setting.kind() != ValueKind::Path => {
                    let is_whole = matches!(setting.kind(), ValueKind::Integer(..));
                    let numbers = is_whole.then(|| whole_range(from, to)).flatten();
                    for text in numbers
                        .or_else(|| range(from, to))
                        .ok_or_else(|| SweepError::Range(part.to_owned()))??
                    {
                        values.push(setting.parse(&text)?);
                    }
                }
                _ => values.push(setting.parse(part)?),
            }
            if values.len() > MOST {
                return Err(SweepError::TooMany);
            }
        }
        // A value that is given twice is meant once.
        let mut distinct: Vec<SettingValue> = Vec::with_capacity(values.len());
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        Ok(Self { setting, values: distinct })
    }
}

/// The progression of a range.
enum Advance<T> {
    /// In steps of one, which are not written.
    One,
    Step(T),
    Times(T),
}

/// The bounds of a range and its progression; `None` if it is malformed.
fn bounds<T: FromStr>(from: &str, to: &str) -> Option<(T, T, Advance<T>)> {
    let words: Vec<_> = to.split_whitespace().collect();
    let (to, advance) = match words[..] {
        [to] => (to, Advance::One),
        [to, "step", step] => (to, Advance::Step(step.parse().ok()?)),
        [to, "times", factor] => (to, Advance::Times(factor.parse().ok()?)),
        _ => return None,
    };
    Some((from.trim().parse().ok()?, to.parse().ok()?, advance))
}

/// The numbers of a range of whole numbers, exactly; `None` if it has others, is malformed or empty.
fn whole_range(from: &str, to: &str) -> Option<Result<Vec<String>, SweepError>> {
    let (from, to, advance) = bounds::<u64>(from, to)?;
    let (step, factor) = match advance {
        Advance::One => (1, 1),
        Advance::Step(step) => (step, 1),
        Advance::Times(factor) => (0, factor),
    };
    let advances = step > 0 || (factor > 1 && from > 0);
    if !advances || from > to {
        return None;
    }
    let next = |value: &u64| value.checked_mul(factor)?.checked_add(step).filter(|next| *next <= to);
    let values: Vec<_> = std::iter::successors(Some(from), next).take(MOST + 1).collect();
    let is_too_many = values.len() > MOST;
    Some(if is_too_many { Err(SweepError::TooMany) } else { Ok(values.iter().map(u64::to_string).collect()) })
}

/// The numbers of a range; `None` if it is malformed or empty.
fn range(from: &str, to: &str) -> Option<Result<Vec<String>, SweepError>> {
    let (from, to, advance) = bounds::<f64>(from, to)?;
    let are_whole = !matches!(advance, Advance::One) || (from.fract() == 0.0 && to.fract() == 0.0);
    let (step, factor) = match advance {
        Advance::One => (1.0, 1.0),
        Advance::Step(step) => (step, 1.0),
        Advance::Times(factor) => (0.0, factor),
    };
    let advances = if step == 0.0 { factor > 1.0 && from > 0.0 } else { step > 0.0 };
    let are_finite = [from, to, step, factor].into_iter().all(f64::is_finite);
    if !(are_finite && are_whole && advances && from <= to) {
        return None;
    }
    let mut values = Vec::new();
    for index in 0.. {
        let value = (from + step * f64::from(index)) * factor.powi(index);
        // A rounding error may put the last value slightly above the end.
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

/// Rounds to twelve significant digits, which removes rounding errors.
fn plain(value: f64) -> String {
    format!("{value:.11e}").parse::<f64>().unwrap_or(value).to_string()
}

/// Every combination of the axes' values, with the other settings as in `config`. The last settings of [`Setting::all`]
/// vary fastest.
///
/// # Errors
///
/// Too many combinations, two axes for one setting, or invalid settings.
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
        text.parse::<Axis>().map(|axis| axis.values.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn axes_parse_lists_and_ranges() {
        for (text, want) in [
            ("lr = 0.003, 0.01, 0.03", "0.003 0.01 0.03"),
            ("seed=1..3", "1 2 3"),
            ("seed = 1..3, 7, 2", "1 2 3 7"),
            ("lr = 0.1, 0.10, 1e-1", "0.1"),
            ("dropout = 0.1..0.5 step 0.1", "0.1 0.2 0.3 0.4 0.5"),
            ("lr = 1e-4..1e-1 times 10", "0.0001 0.001 0.01 0.1"),
            ("seed = 5..5", "5"),
            ("seed = 5000000000..5000000002", "5000000000 5000000001 5000000002"),
            (
                "seed = 18446744073709551614..18446744073709551615",
                "18446744073709551614 18446744073709551615",
            ),
            ("epochs = 1..20 times 3", "1 3 9"),
            ("epochs = 10..30 step 10", "10 20 30"),
            ("preset = cnn, dnn", "cnn dnn"),
            ("schedule = constant, step:10:0.5", "constant step:10:0.5"),
            ("data = ../mnist", "../mnist"),
        ] {
            assert_eq!(values(text).unwrap().join(" "), want, "{text}");
        }
    }

    #[test]
    fn malformed_axes_are_rejected() {
        for (text, want) in [
            (
                "lr",
                "'lr' is not of the form SETTING=VALUES; use, for example, `lr=0.003,0.01,0.03` or `seed=1..3`",
            ),
            ("rate = 1", "unknown setting 'rate'; `cnn-tui sweep --help` lists them"),
            ("lr = 0.1,,0.2", "'0.1,,0.2' has an empty value; separate values with single commas"),
            (
                "seed = 3..1",
                "'3..1' is not a range; use, for example, `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`",
            ),
            (
                "lr = 0.1..0.5",
                "'0.1..0.5' is not a range; use, for example, `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`",
            ),
            (
                "lr = 0..1 times 10",
                "'0..1 times 10' is not a range; use, for example, `1..5`, `0.1..0.5 step 0.1` or `1e-4..1e-1 times 10`",
            ),
            ("seed = 1..1e9", "a sweep has at most 1000 runs; use fewer values, or several sweeps"),
        ] {
            assert_eq!(values(text).unwrap_err().to_string(), want);
        }
    }

    #[test]
    fn sweep_has_every_combination_with_seeds_fastest() {
        let axes = ["seed = 1..3", "lr = 0.01, 0.03"].map(|text| text.parse().unwrap());
        let runs = sweep(&RunConfig::default(), &axes).unwrap();
        let swept: Vec<_> = runs.iter().map(|run| (run.optimizer.learning_rate(), run.seed)).collect();
        assert_eq!(swept, [(0.01, 1), (0.01, 2), (0.01, 3), (0.03, 1), (0.03, 2), (0.03, 3)]);
    }

    #[test]
    fn sweep_refuses_invalid_runs() {
        let tried = |axes: &[&str]| {
            let axes: Result<Vec<Axis>, _> = axes.iter().map(|text| text.parse()).collect();
            axes.and_then(|axes| sweep(&RunConfig::default(), &axes))
        };
        assert_eq!(
            tried(&["lr = 0.1, 0"]).unwrap_err().to_string(),
            "learning-rate must be greater than 0 and finite (got 0)"
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
        fn parsing_never_panics(text in ".{0,40}", numbers in "seed = [0-9.e,stepims -]{0,30}") {
            let _ = text.parse::<Axis>();
            let _ = numbers.parse::<Axis>();
        }
    }
}
