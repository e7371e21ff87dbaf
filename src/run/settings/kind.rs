//! What values a setting accepts: parsing and range checks.

use super::device::DeviceChoice;
use super::error::{ConfigError, malformed, out_of_range};
use super::schedule::Schedule;
use super::value::SettingValue;
use crate::metrics::text::count;

/// The kind of values that a setting has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueKind {
    /// A whole number between these two, inclusive.
    Integer(u64, u64),
    /// A number between these two, inclusive.
    Number(f64, f64),
    /// A number of at least 0 and less than 1.
    Fraction,
    /// A finite number greater than 0.
    Positive,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a network; the `nn` layer has the list.
    Preset,
    /// A [`Schedule`].
    Schedule,
    /// A [`DeviceChoice`].
    Device,
    /// The path of a directory, in UTF-8.
    Path,
}

impl ValueKind {
    /// Whether the values are numbers.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Integer(..) | Self::Number(..) | Self::Fraction | Self::Positive)
    }

    /// The kind in words, for errors: `must be ...`.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Integer(..) => "a whole number".to_owned(),
            Self::Number(..) | Self::Fraction | Self::Positive => "a number".to_owned(),
            Self::Word(words) => one_of(words),
            Self::Preset => "the name of a network".to_owned(),
            Self::Schedule => Schedule::FORMS.to_owned(),
            Self::Device => DeviceChoice::FORMS.to_owned(),
            Self::Path => "a path in UTF-8".to_owned(),
        }
    }

    /// The range in words, for errors: `must be ...`.
    fn range(self) -> String {
        match self {
            Self::Integer(min, max) => format!("between {} and {}", count(min), count(max)),
            Self::Number(min, max) => format!("between {min} and {max}"),
            Self::Fraction => "at least 0 and less than 1".to_owned(),
            _ => "greater than 0 and finite".to_owned(),
        }
    }

    /// Parses a value of this kind. The range is not checked, except that whole numbers must fit in 64 bits.
    pub(super) fn parse(self, setting: &'static str, text: &str) -> Result<SettingValue, ConfigError> {
        let value = match self {
            Self::Integer(..) => match text.parse() {
                Ok(number) => Some(SettingValue::Integer(number)),
                Err(_) if text.parse::<i128>().is_ok() => {
                    return Err(out_of_range(setting, self.range(), text));
                }
                Err(_) => None,
            },
            kind if kind.is_numeric() => text.parse().ok().map(SettingValue::Number),
            _ => Some(SettingValue::Text(text.to_owned())),
        };
        let value = value.ok_or_else(|| malformed(setting, self.expected(), text))?;
        if !self.is_numeric() {
            self.check(setting, &value)?;
        }
        Ok(value)
    }

    /// Returns an error if the value is out of range.
    pub(super) fn check(self, setting: &'static str, value: &SettingValue) -> Result<(), ConfigError> {
        let is_in_range = match (self, value) {
            (Self::Integer(min, max), SettingValue::Integer(number)) => (min..=max).contains(number),
            (Self::Number(min, max), SettingValue::Number(number)) => (min..=max).contains(number),
            (Self::Fraction, SettingValue::Number(number)) => (0.0..1.0).contains(number),
            (Self::Positive, SettingValue::Number(number)) => number.is_finite() && *number > 0.0,
            (_, SettingValue::Text(text)) if self.takes(text) => true,
            _ => return Err(malformed(setting, self.expected(), &value.to_string())),
        };
        if is_in_range { Ok(()) } else { Err(out_of_range(setting, self.range(), &value.to_string())) }
    }

    /// Whether a text parses as this kind.
    fn takes(self, text: &str) -> bool {
        match self {
            Self::Word(words) => words.contains(&text),
            Self::Schedule => text.parse::<Schedule>().is_ok(),
            Self::Device => text.parse::<DeviceChoice>().is_ok(),
            Self::Preset | Self::Path => !text.is_empty(),
            _ => false,
        }
    }
}

/// Joins words as `auto, cpu or cuda`.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [words @ .., last] => format!("{} or {last}", words.join(", ")),
    }
}
