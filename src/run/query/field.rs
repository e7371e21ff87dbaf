//! What can be asked of a run: the columns of tables, and the words of queries.

use std::fmt;

use jiff::Timestamp;

use crate::metrics;
use crate::run::settings::{Setting, SettingValue, ValueKind};
use crate::run::store::RunEntry;

/// Something that can be asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field(Source);

/// Where a field is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Source {
    /// A row of [`ROWS`], by its place.
    Row(usize),
    /// A setting that has no row there.
    Setting(Setting),
}

/// The answer for one run.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number, in the unit that [`Field::about`] names; accuracies from 0 to 1, times in seconds.
    Number(f64),
    /// A word or a line.
    Text(String),
    /// Any number of words.
    Words(Vec<String>),
    /// There is no answer, or not yet.
    None,
}

/// What a field's answers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Number,
    Text,
}

struct Row {
    kind: FieldKind,
    name: &'static str,
    /// Shorter or other names.
    aliases: &'static [&'static str],
    about: &'static str,
    of: fn(&RunEntry) -> Value,
}

const fn row(
    kind: FieldKind,
    name: &'static str,
    aliases: &'static [&'static str],
    about: &'static str,
    of: fn(&RunEntry) -> Value,
) -> Row {
    Row { kind, name, aliases, about, of }
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn number(number: Option<impl Into<f64>>) -> Value {
    number.map_or(Value::None, |number| Value::Number(number.into()))
}

/// Counts are far below what a float cannot hold.
fn count(count: u64) -> Value {
    Value::Number(count as f64)
}

/// The value of a setting, as changed while the run trained.
fn setting(name: &str, run: &RunEntry) -> Value {
    let value = Setting::named(name).and_then(|setting| {
        if setting.is_changeable() {
            setting.value(&run.record.settings())
        } else {
            setting.value(&run.record.config)
        }
    });
    value.map_or(Value::None, Value::from)
}

impl From<SettingValue> for Value {
    fn from(value: SettingValue) -> Self {
        match value {
            SettingValue::Unset => Self::None,
            SettingValue::Integer(number) => count(number),
            SettingValue::Number(number) => Self::Number(number),
            SettingValue::Text(text) => Self::Text(text),
        }
    }
}

use FieldKind::{Number as N, Text as T};

/// The fields that are not settings, and the settings that are called otherwise or stand among them. Help and completion
/// follow this order, with the other settings last.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(T, "name",       &[],                 "what it is called",                      |run| text(&run.record.name)),
    row(T, "id",         &[],                 "its directory",                          |run| text(run.dir.id().as_str())),
    row(T, "state",      &["status"],         "running, paused, finished, ...",         |run| text(run.state.status.as_str())),
    row(T, "preset",     &["net"],            "the network",                            |run| setting("preset", run)),
    row(T, "data",       &[],                 "the data set",                           |run| run.record.provenance.dataset.as_ref().map_or(Value::None, |data| text(&data.description))),
    row(T, "tag",        &["tags"],           "one of its tags",                        |run| Value::Words(run.record.tags.clone())),
    row(T, "notes",      &["note"],           "its note",                               |run| text(&run.record.notes)),
    row(N, "best_acc",   &["best", "max_acc"], "best test accuracy, 0 to 1",             |run| number(run.record.summary.best_test_accuracy)),
    row(N, "best_epoch", &[],                 "the epoch that reached it",              |run| number(run.record.summary.best_epoch)),
    row(N, "acc",        &["test_acc"],       "last test accuracy, 0 to 1",             |run| number(run.record.summary.last_test_accuracy)),
    row(N, "min_acc",    &["worst_acc"],      "lowest test accuracy, 0 to 1",           |run| number(run.record.summary.lowest_test_accuracy)),
    row(N, "loss",       &["test_loss"],      "last test loss",                         |run| number(run.record.summary.last_test_loss)),
    row(N, "min_loss",   &["best_loss"],      "lowest test loss",                       |run| number(run.record.summary.lowest_test_loss)),
    row(N, "max_loss",   &["worst_loss"],     "highest test loss",                      |run| number(run.record.summary.highest_test_loss)),
    row(N, "train_loss", &[],                 "last mean training loss",                |run| number(run.record.summary.last_train_loss)),
    row(N, "epoch",      &[],                 "epochs done",                            |run| count(run.record.summary.epoch.into())),
    row(N, "epochs",     &[],                 "epochs to do",                           |run| setting("epochs", run)),
    row(N, "step",       &["steps"],          "steps done",                             |run| count(run.record.summary.step)),
    row(N, "lr",         &["learning_rate"],  "learning rate before the schedule",      |run| setting("learning-rate", run)),
    row(T, "optimizer",  &["opt"],            "sgd or adamw",                           |run| setting("optimizer", run)),
    row(N, "batch",      &["batch_size"],     "images in a batch",                      |run| setting("batch-size", run)),
    row(T, "schedule",   &[],                 "constant, cosine or step:EPOCHS:FACTOR", |run| setting("schedule", run)),
    row(N, "dropout",    &[],                 "dropout rate, if not the network's own", |run| setting("dropout", run)),
    row(N, "patience",   &[],                 "epochs it waits for a better one",       |run| setting("patience", run)),
    row(N, "seed",       &[],                 "what decides everything random",         |run| setting("seed", run)),
    row(N, "time",       &["active"],         "training time, such as 90s or 2h",       |run| Value::Number(run.record.summary.active_seconds)),
    row(N, "speed",      &["images_per_s"],   "training images a second",               |run| number(run.record.summary.images_per_second)),
    row(N, "created",    &[],                 "when it was made: 2026-11-24",           |run| Value::Number(run.record.created)),
    row(T, "parent",     &["fork"],           "the run it was forked from",             |run| run.record.parent.as_ref().map_or(Value::None, |id| text(id.as_str()))),
    row(T, "host",       &[],                 "the machine",                            |run| text(&run.record.provenance.host)),
    row(T, "version",    &[],                 "of the program",                         |run| text(&run.record.provenance.version)),
];

impl Field {
    /// Every field.
    pub fn all() -> impl Iterator<Item = Self> {
        let has_row = |setting: &Setting| {
            let is = |name: &str| Setting::named(name) == Some(*setting);
            ROWS.iter().any(|row| is(row.name) || row.aliases.iter().any(|alias| is(alias)))
        };
        let settings = Setting::all().filter(move |setting| !has_row(setting)).map(Source::Setting);
        (0..ROWS.len()).map(Source::Row).chain(settings).map(Self)
    }

    /// The field of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|field| match field.0 {
            Source::Row(place) => ROWS[place].name == name || ROWS[place].aliases.contains(&name),
            Source::Setting(setting) => Setting::named(name) == Some(setting),
        })
    }

    pub(super) fn kind(self) -> FieldKind {
        match self.0 {
            Source::Row(place) => ROWS[place].kind,
            Source::Setting(setting) if setting.kind().is_numeric() => FieldKind::Number,
            Source::Setting(_) => FieldKind::Text,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Source::Row(place) => ROWS[place].name,
            Source::Setting(setting) => setting.key(),
        }
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        match self.0 {
            Source::Row(place) => ROWS[place].about,
            Source::Setting(setting) => setting.help(),
        }
    }

    /// An answer in the form that people read; nothing for none.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is left are counts")]
    pub fn in_words(self, value: Value) -> String {
        match (self.name(), value) {
            (_, Value::None) => String::new(),
            (_, Value::Text(text)) => text,
            (_, Value::Words(words)) => words.join(" "),
            ("best_acc" | "acc" | "min_acc", Value::Number(fraction)) => metrics::text::percent(fraction),
            ("loss" | "min_loss" | "max_loss" | "train_loss", Value::Number(loss)) => {
                metrics::text::loss(loss)
            }
            ("time", Value::Number(seconds)) => metrics::text::duration(seconds),
            ("speed", Value::Number(rate)) => metrics::text::rate(rate),
            ("lr" | "dropout", Value::Number(number)) => metrics::text::setting(number),
            ("seed", Value::Number(number)) => number.to_string(),
            (_, Value::Number(number)) if self.is_fraction() => metrics::text::setting(number),
            ("created", Value::Number(seconds)) => Timestamp::from_second(seconds as i64)
                .map_or_else(|_| seconds.to_string(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()),
            (_, Value::Number(number)) => metrics::text::count(number as u64),
        }
    }

    /// Whether it is a setting that need not be a whole number.
    fn is_fraction(self) -> bool {
        let Source::Setting(setting) = self.0 else { return false };
        !matches!(setting.kind(), ValueKind::Integer(..))
    }

    /// The answer for a run.
    pub fn of(self, run: &RunEntry) -> Value {
        match self.0 {
            Source::Row(place) => (ROWS[place].of)(run),
            Source::Setting(of) => setting(of.name(), run),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_one_field() {
        let mut names: Vec<_> =
            ROWS.iter().flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied())).collect();
        for field in Field::all() {
            assert_eq!(Field::named(field.name()), Some(field));
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(Field::named("learning_rate"), Field::named("lr"));
        assert_eq!(Field::named("nonsense"), None);
    }

    #[test]
    fn every_setting_is_a_field() {
        for setting in Setting::all() {
            assert!(Field::named(setting.key()).is_some(), "{setting}");
        }
        assert_eq!(Field::named("test_only").map(Field::kind), Some(FieldKind::Number));
        assert_eq!(Field::all().filter(|field| field.name() == "lr").count(), 1);
    }
}
