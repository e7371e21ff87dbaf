//! The ranges of settings.

use std::fmt;
use std::ops::RangeInclusive;

use thiserror::Error;

use crate::run::disk::sanitize;

/// A setting with a value that it cannot have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field} is {value}, but must be {allowed}")]
pub struct ConfigError {
    /// The setting, by the name of its flag, such as `batch-size`.
    pub field: &'static str,
    /// The value it was given.
    pub value: String,
    /// What would be right.
    pub allowed: String,
}

/// The error for a value.
pub(crate) fn refuse(field: &'static str, value: impl fmt::Display, allowed: String) -> ConfigError {
    ConfigError { field, value: sanitize::display(&value), allowed }
}

/// Checks that a value is in a range.
pub(crate) fn within<T: PartialOrd + fmt::Display>(
    field: &'static str,
    value: T,
    allowed: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if allowed.contains(&value) {
        Ok(())
    } else {
        Err(refuse(field, value, format!("from {} to {}", allowed.start(), allowed.end())))
    }
}

/// Checks that a value is a share that leaves something over.
pub(crate) fn below_one(field: &'static str, value: f64) -> Result<(), ConfigError> {
    if (0.0..1.0).contains(&value) {
        Ok(())
    } else {
        Err(refuse(field, value, "at least 0 and less than 1".to_owned()))
    }
}

/// Checks that a value is a positive number.
pub(crate) fn positive(field: &'static str, value: f64) -> Result<(), ConfigError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(refuse(field, value, "greater than 0 and finite".to_owned()))
    }
}
