//! The names of checkpoints.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::run::disk::display;

/// The name of a checkpoint. As text it is the file's name without `.safetensors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckpointName {
    /// `last`: the newest one. A run resumes from it.
    Last,
    /// `best`: after the epoch with the best test accuracy.
    Best,
    /// `epoch-007`: after this epoch.
    Epoch(u32),
}

/// An invalid checkpoint name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{}' is not a checkpoint; use last, best or epoch-N, such as epoch-007", display(text))]
pub struct CheckpointNameError {
    /// The invalid name.
    pub text: String,
}

impl fmt::Display for CheckpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.pad("last"),
            Self::Best => f.pad("best"),
            Self::Epoch(epoch) => f.pad(&format!("epoch-{epoch:03}")),
        }
    }
}

impl FromStr for CheckpointName {
    type Err = CheckpointNameError;

    fn from_str(text: &str) -> Result<Self, CheckpointNameError> {
        match (text, text.strip_prefix("epoch-").and_then(|number| number.parse().ok())) {
            ("last", _) => Ok(Self::Last),
            ("best", _) => Ok(Self::Best),
            (_, Some(epoch)) => Ok(Self::Epoch(epoch)),
            _ => Err(CheckpointNameError { text: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_as_they_are_shown() {
        for (name, text) in [
            (CheckpointName::Last, "last"),
            (CheckpointName::Best, "best"),
            (CheckpointName::Epoch(7), "epoch-007"),
            (CheckpointName::Epoch(12_345), "epoch-12345"),
        ] {
            assert_eq!(name.to_string(), text);
            assert_eq!(text.parse(), Ok(name));
        }
        assert_eq!("epoch-7".parse(), Ok(CheckpointName::Epoch(7)));
    }

    #[test]
    fn no_name_leaves_the_directory() {
        for text in ["", "../last", "epoch-", "epoch--1", "epoch-1/..", "Last", "epoch-99999999999"] {
            assert_eq!(text.parse::<CheckpointName>().unwrap_err().text, text);
        }
    }
}
