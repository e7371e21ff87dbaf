//! Sorting of runs.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::field::{Field, FieldValue};
use crate::run::store::Listing;

/// A sort order. As text: the name of a field, with a leading `-` for descending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The field to sort by.
    pub field: Field,
    /// Whether the order is descending.
    pub down: bool,
}

/// The name of a field that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown field '{0}'")]
pub struct UnknownField(pub String);

impl FromStr for Sort {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        let (name, down) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let field = Field::named(name).ok_or_else(|| UnknownField(name.to_owned()))?;
        Ok(Self { field, down })
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.down { "-" } else { "" }, self.field)
    }
}

impl Sort {
    /// Sorts items by their runs, stably. Runs without a value come last in either order, followed by broken ones.
    pub fn sort<'a, T>(&self, things: &mut [T], listed: impl Fn(&T) -> &'a Listing) {
        let answer = |thing: &T| match listed(thing) {
            Listing::Run(run) => match self.field.of(run).current() {
                FieldValue::Integer(number) => Answer::Integer(number),
                FieldValue::Number(number) => Answer::Number(number),
                FieldValue::Text(text) => Answer::Text(text.to_lowercase()),
                FieldValue::Words(words) => Answer::Words(words),
                FieldValue::Changed(_) | FieldValue::None => Answer::None,
            },
            Listing::Broken { .. } => Answer::Broken,
        };
        // Compute each key only once.
        things.sort_by_cached_key(|thing| Key { answer: answer(thing), down: self.down });
    }
}

/// The sort key of a run.
struct Key {
    answer: Answer,
    down: bool,
}

enum Answer {
    Integer(u64),
    Number(f64),
    Text(String),
    Words(Vec<String>),
    None,
    Broken,
}

impl Answer {
    fn rank(&self) -> u8 {
        match self {
            Self::Integer(_) | Self::Number(_) | Self::Text(_) | Self::Words(_) => 0,
            Self::None => 1,
            Self::Broken => 2,
        }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = match (&self.answer, &other.answer) {
            (Answer::Integer(one), Answer::Integer(other)) => one.cmp(other),
            (Answer::Number(one), Answer::Number(other)) => one.total_cmp(other),
            (Answer::Text(one), Answer::Text(other)) => one.cmp(other),
            (Answer::Words(one), Answer::Words(other)) => one.cmp(other),
            (one, other) => return one.rank().cmp(&other.rank()),
        };
        if self.down { order.reverse() } else { order }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::run::{
        ListedRun, Liveness, NewRun, Origin, Provenance, RunConfig, RunState, RunStatus, Store,
    };

    #[test]
    fn runs_without_an_answer_come_last_either_way() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let run = |nonce, best| {
            let new = NewRun::new(Timestamp::UNIX_EPOCH, nonce, RunConfig::default(), Provenance::default());
            let dir = store.create(&new).unwrap();
            let mut manifest = dir.manifest().unwrap();
            manifest.summary.best_test_accuracy = best;
            let state = RunState::of(RunStatus::Finished, Liveness::Free);
            Listing::Run(Arc::new(ListedRun { dir, manifest, state, origin: Origin::Own }))
        };
        let broken = Listing::Broken { name: "odd".to_owned(), reason: String::new() };
        let runs = [broken, run(1, None), run(2, Some(0.5)), run(3, Some(0.9))];
        let sorted = |order: &str| {
            let sort: Sort = order.parse().unwrap();
            assert_eq!(sort.to_string(), order);
            let mut indices: Vec<_> = (0..runs.len()).collect();
            sort.sort(&mut indices, |index| &runs[*index]);
            indices
        };
        assert_eq!(sorted("best_acc"), [2, 3, 1, 0]);
        assert_eq!(sorted("-best_acc"), [3, 2, 1, 0]);
        assert_eq!("size".parse::<Sort>(), Err(UnknownField("size".to_owned())));
    }
}
