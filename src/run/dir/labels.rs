//! A run's name, notes and tags.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::run::disk::{FileError, file, sanitize};

/// Maximum size of the file in bytes.
pub(crate) const LABELS_LIMIT: u64 = 1 << 16;
/// Maximum length in bytes of a name or tag, and of the notes.
const SHORT: usize = 100;
const LONG: usize = 4000;

/// `labels.json`: a run's name, notes and tags if they have been changed since its creation.
///
/// It is separate from `run.json`, which the trainer keeps replacing; its labels take precedence. A damaged file is
/// ignored, so that the run stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunLabels {
    /// The run's name.
    #[serde(deserialize_with = "sanitize::option", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free text on one line.
    #[serde(deserialize_with = "sanitize::option", skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Tags, one word each.
    #[serde(deserialize_with = "sanitize::option_list", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

/// An invalid label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// It has no visible character, or has control characters.
    #[error("invalid {0}; use at least one visible character and no control characters")]
    Invisible(&'static str),
    /// It is too long.
    #[error("the {what} is too long; use at most {limit} bytes")]
    TooLong {
        /// The kind of label: `name`, `note` or `tag`.
        what: &'static str,
        /// Maximum length in bytes.
        limit: usize,
    },
    /// A tag with a space or a comma, which would read as two tags.
    #[error("a tag is one word; use several tags instead of spaces or commas")]
    SeveralWords,
}

impl RunLabels {
    /// Returns the first invalid label as an error.
    pub fn validate(&self) -> Result<(), LabelError> {
        let check = |what, text: &str, limit| {
            if text.trim().is_empty() || sanitize(text) != text {
                return Err(LabelError::Invisible(what));
            }
            if text.len() > limit { Err(LabelError::TooLong { what, limit }) } else { Ok(()) }
        };
        if let Some(name) = &self.name {
            check("name", name, SHORT)?;
        }
        if let Some(notes) = self.notes.as_ref().filter(|notes| !notes.is_empty()) {
            check("note", notes, LONG)?;
        }
        for tag in self.tags.iter().flatten() {
            check("tag", tag, SHORT)?;
            if tag.contains(|c: char| c.is_whitespace() || c == ',') {
                return Err(LabelError::SeveralWords);
            }
        }
        Ok(())
    }

    /// These labels; missing ones are taken from `others`.
    #[must_use]
    pub fn over(self, others: Self) -> Self {
        Self {
            name: self.name.or(others.name),
            notes: self.notes.or(others.notes),
            tags: self.tags.or(others.tags),
        }
    }

    /// The labels in the file at `path`; none if it is missing or damaged.
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = file::read(path, LABELS_LIMIT).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), FileError> {
        let text = serde_json::to_vec_pretty(self);
        let mut bytes = text.map_err(|error| FileError::io("write", path)(error.into()))?;
        bytes.push(b'\n');
        file::write_atomic(path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::run::{NewRun, Provenance, RunConfig, Store};

    fn named(name: &str) -> RunLabels {
        RunLabels { name: Some(name.to_owned()), ..RunLabels::default() }
    }

    fn tagged(tags: &[&str]) -> RunLabels {
        RunLabels { tags: Some(tags.iter().map(|&tag| tag.to_owned()).collect()), ..RunLabels::default() }
    }

    #[test]
    fn labels_hold_over_what_a_trainer_writes() {
        let root = tempfile::tempdir().unwrap();
        let new = NewRun::new(Timestamp::UNIX_EPOCH, 1, RunConfig::default(), Provenance::default());
        let dir = Store::open(root.path()).create(&new).unwrap();
        let trainers = dir.manifest().unwrap();
        dir.label(named("baseline")).unwrap();
        dir.label(tagged(&["good", "slow"])).unwrap();
        dir.write_manifest(&trainers).unwrap();
        let manifest = dir.manifest().unwrap();
        assert_eq!((manifest.name.as_str(), manifest.tags.len()), ("baseline", 2));
        dir.label(tagged(&[])).unwrap();
        assert!(dir.manifest().unwrap().tags.is_empty());
        assert_eq!(dir.manifest().unwrap().name, "baseline");
    }

    #[test]
    fn labels_are_validated() {
        assert_eq!(named("\u{1b}[2J").validate(), Err(LabelError::Invisible("name")));
        assert_eq!(named("  ").validate(), Err(LabelError::Invisible("name")));
        assert_eq!(tagged(&["two words"]).validate(), Err(LabelError::SeveralWords));
        assert_eq!(named(&"n".repeat(101)).validate(), Err(LabelError::TooLong { what: "name", limit: 100 }));
        let empty = RunLabels { notes: Some(String::new()), ..RunLabels::default() };
        assert_eq!(empty.validate(), Ok(()));
    }

    proptest! {
        #[test]
        fn no_file_keeps_a_run_from_being_read(bytes in any::<Vec<u8>>()) {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join("labels.json");
            std::fs::write(&path, bytes).unwrap();
            let _ = RunLabels::read(&path);
        }
    }
}
