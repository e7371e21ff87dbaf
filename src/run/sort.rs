//! Orders of runs.

use std::{cmp::Ordering, fmt, str::FromStr};

use super::{
    field::{Field, Value},
    store::Listed,
};

/// An order of runs. As text it is the field's name, with a `-` before it if it goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub field: Field,
    /// Whether the greatest comes first.
    pub down: bool,
}

/// A word that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no field `{0}`")]
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
    /// Which of two comes first. Runs without an answer come last, either way; broken ones after them.
    pub fn order(&self, one: &Listed, other: &Listed) -> Ordering {
        let value = |listed: &Listed| match listed {
            Listed::Run(run) => Some(self.field.of(run)),
            Listed::Broken { .. } => None,
        };
        let turned = |order: Ordering| if self.down { order.reverse() } else { order };
        match (value(one), value(other)) {
            (Some(Value::Number(one)), Some(Value::Number(other))) => turned(one.total_cmp(&other)),
            (Some(Value::Text(one)), Some(Value::Text(other))) => {
                turned(one.to_lowercase().cmp(&other.to_lowercase()))
            }
            (Some(Value::Words(one)), Some(Value::Words(other))) => turned(one.cmp(&other)),
            (one, other) => rank(one.as_ref()).cmp(&rank(other.as_ref())),
        }
    }
}

fn rank(value: Option<&Value>) -> u8 {
    match value {
        Some(Value::None) => 1,
        Some(_) => 0,
        None => 2,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::run::{Liveness, NewRun, Origin, Provenance, RunConfig, RunSummary, State, Status, Store};

    #[test]
    fn runs_without_an_answer_come_last_either_way() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let run = |nonce, best| {
            let new = NewRun::new(Timestamp::UNIX_EPOCH, nonce, RunConfig::default(), Provenance::default());
            let dir = store.create(&new).unwrap();
            let mut record = dir.record().unwrap();
            record.summary.best_test_accuracy = best;
            let state = State::of(Status::Finished, Liveness::Free);
            Listed::Run(Arc::new(RunSummary { dir, record, state, origin: Origin::Own }))
        };
        let broken = Listed::Broken { name: "odd".to_owned(), reason: String::new() };
        let runs = [broken, run(1, None), run(2, Some(0.5)), run(3, Some(0.9))];
        let sorted = |order: &str| {
            let sort: Sort = order.parse().unwrap();
            assert_eq!(sort.to_string(), order);
            let mut places: Vec<_> = (0..runs.len()).collect();
            places.sort_by(|one, other| sort.order(&runs[*one], &runs[*other]));
            places
        };
        assert_eq!(sorted("best_acc"), [2, 3, 1, 0]);
        assert_eq!(sorted("-best_acc"), [3, 2, 1, 0]);
        assert_eq!("size".parse::<Sort>(), Err(UnknownField("size".to_owned())));
    }
}
