//! Errors of settings.

use thiserror::Error;

use crate::run::disk::sanitize;

/// Why a setting cannot have a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The value is of the wrong kind, such as a word instead of a number.
    #[error("{setting} must be {expected} (got {got})")]
    Malformed {
        /// The setting, by the name of its flag, such as `batch-size`.
        setting: &'static str,
        /// The kind, such as `a number`.
        expected: String,
        /// The value that was rejected.
        got: String,
    },
    /// The value is of the right kind, but out of range.
    #[error("{setting} must be {allowed} (got {got})")]
    OutOfRange {
        /// The setting, by the name of its flag.
        setting: &'static str,
        /// The range, such as `between 1 and 256`.
        allowed: String,
        /// The value that was rejected.
        got: String,
    },
    /// Another optimizer has this setting.
    #[error("{setting} cannot be set: {optimizer} has no {setting}")]
    NotApplicable {
        /// The setting, by the name of its flag.
        setting: &'static str,
        /// The optimizer of the run, as people write it.
        optimizer: &'static str,
    },
    /// The setting cannot change during training.
    #[error("{setting} cannot change during a run or in a fork; start a new run with it")]
    Fixed {
        /// The setting, by the name of its flag.
        setting: &'static str,
    },
}

impl ConfigError {
    /// The setting that was rejected, by the name of its flag.
    pub const fn setting(&self) -> &'static str {
        let (Self::Malformed { setting, .. }
        | Self::OutOfRange { setting, .. }
        | Self::NotApplicable { setting, .. }
        | Self::Fixed { setting }) = self;
        setting
    }
}

/// The error for a value of another kind.
pub(super) fn malformed(setting: &'static str, expected: impl Into<String>, got: &str) -> ConfigError {
    ConfigError::Malformed { setting, expected: expected.into(), got: shown(got) }
}

/// The error for a value out of range.
pub(super) fn out_of_range(setting: &'static str, allowed: impl Into<String>, got: &str) -> ConfigError {
    ConfigError::OutOfRange { setting, allowed: allowed.into(), got: shown(got) }
}

/// A rejected value, safe to print.
fn shown(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { sanitize::display(&value) }
}
