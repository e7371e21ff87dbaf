//! Values of settings and their storage types.

use std::fmt;
use std::path::PathBuf;

use super::device::DeviceChoice;
use super::error::{ConfigError, malformed, out_of_range};
use super::optimizer::OptimizerSettings;
use super::schedule::Schedule;
use crate::metrics::text::exact;
use crate::run::disk::float::widen;
use crate::run::disk::sanitize;

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingValue {
    /// Unset: the program chooses.
    Unset,
    /// A whole number.
    Integer(u64),
    /// A number.
    Number(f64),
    /// A word, a name or a path.
    Text(String),
}

/// Text that parses as the same value; empty if unset.
impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => Ok(()),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Number(number) => f.write_str(&exact(*number)),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A type that a setting is stored as.
pub(super) trait SettingType: Sized {
    /// Converts the stored form to a value.
    fn to_value(&self) -> SettingValue;

    /// The stored form of a value; `None` if the type cannot hold it.
    fn from_value(value: &SettingValue) -> Option<Self>;

    /// Stores a value; `None` if the type cannot hold it.
    fn assign(&mut self, value: &SettingValue) -> Option<()> {
        *self = Self::from_value(value)?;
        Some(())
    }

    /// Checks beyond the range of the setting.
    fn validate(&self, _setting: &'static str) -> Result<(), ConfigError> {
        Ok(())
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl SettingType for $integer {
            fn to_value(&self) -> SettingValue {
                u64::try_from(*self).map_or(SettingValue::Unset, SettingValue::Integer)
            }

            fn from_value(value: &SettingValue) -> Option<Self> {
                let SettingValue::Integer(number) = value else { return None };
                Self::try_from(*number).ok()
            }
        }
    )*};
}

integers!(u32, u64, usize);

impl SettingType for f64 {
    fn to_value(&self) -> SettingValue {
        SettingValue::Number(*self)
    }

    fn from_value(value: &SettingValue) -> Option<Self> {
        let SettingValue::Number(number) = value else { return None };
        Some(*number)
    }
}

impl SettingType for f32 {
    fn to_value(&self) -> SettingValue {
        SettingValue::Number(widen(*self))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the nearest number is meant")]
    fn from_value(value: &SettingValue) -> Option<Self> {
        f64::from_value(value).map(|number| number as Self)
    }
}

impl SettingType for String {
    fn to_value(&self) -> SettingValue {
        SettingValue::Text(self.clone())
    }

    fn from_value(value: &SettingValue) -> Option<Self> {
        let SettingValue::Text(text) = value else { return None };
        Some(text.clone())
    }
}

impl SettingType for PathBuf {
    fn to_value(&self) -> SettingValue {
        SettingValue::Text(sanitize::display(&self.display()))
    }

    fn from_value(value: &SettingValue) -> Option<Self> {
        String::from_value(value).map(Self::from)
    }

    fn validate(&self, setting: &'static str) -> Result<(), ConfigError> {
        let is_text = self.to_str().is_some();
        is_text.then_some(()).ok_or_else(|| malformed(setting, "a path in UTF-8", &self.to_string_lossy()))
    }
}

impl<T: SettingType> SettingType for Option<T> {
    fn to_value(&self) -> SettingValue {
        self.as_ref().map_or(SettingValue::Unset, T::to_value)
    }

    fn from_value(value: &SettingValue) -> Option<Self> {
        if *value == SettingValue::Unset { Some(None) } else { T::from_value(value).map(Some) }
    }

    fn validate(&self, setting: &'static str) -> Result<(), ConfigError> {
        self.as_ref().map_or(Ok(()), |value| value.validate(setting))
    }
}

impl SettingType for Schedule {
    fn to_value(&self) -> SettingValue {
        SettingValue::Text(self.to_string())
    }

    fn from_value(value: &SettingValue) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }

    fn validate(&self, setting: &'static str) -> Result<(), ConfigError> {
        const ALLOWED: &str =
            "step:EPOCHS:FACTOR with EPOCHS between 1 and 100,000 and FACTOR greater than 0 and finite";
        match self {
            Self::Step { every_epochs, factor }
                if !((1..=100_000).contains(every_epochs) && factor.is_finite() && *factor > 0.0) =>
            {
                Err(out_of_range(setting, ALLOWED, &self.to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl SettingType for DeviceChoice {
    fn to_value(&self) -> SettingValue {
        SettingValue::Text(self.to_string())
    }

    fn from_value(value: &SettingValue) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}

impl SettingType for OptimizerSettings {
    fn to_value(&self) -> SettingValue {
        SettingValue::Text(self.name().to_owned())
    }

    fn from_value(value: &SettingValue) -> Option<Self> {
        let SettingValue::Text(text) = value else { return None };
        Self::ALL.into_iter().find(|optimizer| optimizer.name() == text)
    }

    /// Another optimizer starts with its defaults; the same one keeps its settings.
    fn assign(&mut self, value: &SettingValue) -> Option<()> {
        let new = Self::from_value(value)?;
        if new.name() != self.name() {
            *self = new;
        }
        Some(())
    }
}
