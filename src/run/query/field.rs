//! The fields of a run, used by queries, tables and exports.

use std::fmt;
use std::sync::LazyLock;

use crate::metrics::text;
use crate::run::dir::RunManifest;
use crate::run::protocol::{EpochMetric, Unit};
use crate::run::settings::{Setting, SettingValue};
use crate::run::store::ListedRun;

/// A field of a run, such as the best accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field(Declared);

/// Where a field is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Declared {
    /// A row of [`ROWS`], by index.
    Row(usize),
    /// A setting without a row.
    Setting(Setting),
}

/// The value of a field for one run.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// A whole number in the field's [unit](Field::unit).
    Integer(u64),
    /// A number in the field's [unit](Field::unit).
    Number(f64),
    /// One line of text.
    Text(String),
    /// A list of words.
    Words(Vec<String>),
    /// The values of a setting that changed during training, at least two, the original one first.
    Changed(Vec<FieldVersion>),
    /// No value, or none yet.
    None,
}

/// One of the values of a setting that changed during training.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldVersion {
    /// The value.
    pub value: FieldValue,
    /// Epochs done when it took effect; `None` for the original value, and where older versions did not record it.
    pub since: Option<f64>,
}

#[derive(Clone, Copy)]
struct Row {
    /// The unit of a number; `None` for text.
    unit: Option<Unit>,
    name: &'static str,
    /// Other names.
    aliases: &'static [&'static str],
    about: &'static str,
    source: Source,
}

/// Where the values of a field come from.
#[derive(Clone, Copy)]
enum Source {
    Run(fn(&ListedRun) -> FieldValue),
    /// The value of a metric after the last epoch.
    LastEpoch(EpochMetric),
}

#[expect(clippy::unnecessary_wraps, reason = "the rows of metrics are in the same tables")]
const fn row(
    unit: Option<Unit>,
    name: &'static str,
    aliases: &'static [&'static str],
    about: &'static str,
    of: fn(&ListedRun) -> FieldValue,
) -> Option<Row> {
    Some(Row { unit, name, aliases, about, source: Source::Run(of) })
}

/// The field of a metric; `None` if it has none.
const fn last(metric: EpochMetric) -> Option<Row> {
    match metric.field {
        Some(field) => Some(Row {
            unit: Some(metric.unit),
            name: field.name,
            aliases: field.aliases,
            about: field.about,
            source: Source::LastEpoch(metric),
        }),
        None => None,
    }
}

fn words(text: impl Into<String>) -> FieldValue {
    FieldValue::Text(text.into())
}

fn number(number: Option<impl Into<f64>>) -> FieldValue {
    number.map_or(FieldValue::None, |number| FieldValue::Number(number.into()))
}

fn integer(number: Option<u32>) -> FieldValue {
    number.map_or(FieldValue::None, |number| FieldValue::Integer(number.into()))
}

/// The value of a setting, with changes during training.
fn setting(name: &str, run: &ListedRun) -> FieldValue {
    Setting::named(name).map_or(FieldValue::None, |setting| setting_of(setting, &run.manifest))
}

fn setting_of(setting: Setting, manifest: &RunManifest) -> FieldValue {
    let mut versions = manifest.versions(setting);
    match versions.pop() {
        None => FieldValue::None,
        Some((value, _)) if versions.is_empty() => value.into(),
        Some(last) => {
            let version = |(value, since): (SettingValue, _)| FieldVersion { value: value.into(), since };
            FieldValue::Changed(versions.into_iter().chain([last]).map(version).collect())
        }
    }
}

/// The changes during training, such as `lr 0.01→0.02 @29`.
fn changes(run: &ListedRun) -> FieldValue {
    let changed = Field::all().filter_map(|field| match field.of_manifest(&run.manifest)? {
        value @ FieldValue::Changed(_) => Some(format!("{field} {}", field.in_words(value))),
        _ => None,
    });
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() { FieldValue::None } else { words(changed.join(", ")) }
}

impl From<SettingValue> for FieldValue {
    fn from(value: SettingValue) -> Self {
        match value {
            SettingValue::Unset => Self::None,
            SettingValue::Integer(number) => Self::Integer(number),
            SettingValue::Number(number) => Self::Number(number),
            SettingValue::Text(text) => Self::Text(text),
        }
    }
}

/// Identity and results.
#[rustfmt::skip]
const RESULTS: &[Option<Row>] = &[
    row(None,                         "name",       &[],                       "name",                            |run| words(&run.manifest.name)),
    row(None,                         "id",         &[],                       "ID, the name of its directory",                 |run| words(run.dir.id().as_str())),
    row(None,                         "state",      &["status"],               "training, paused, finished, ...",            |run| words(run.state_name().as_str())),
    row(None,                         "preset",     &["net"],                  "network",                               |run| setting("preset", run)),
    row(None,                         "data",       &[],                       "data set",                              |run| run.manifest.provenance.dataset.as_ref().map_or(FieldValue::None, |data| words(data.description.replace(',', "")))),
    row(None,                         "tag",        &["tags"],                 "tags",                           |run| FieldValue::Words(run.manifest.tags.clone())),
    row(None,                         "notes",      &["note"],                 "notes",                                 |run| words(&run.manifest.notes)),
    row(Some(Unit::Accuracy),         "best_acc",   &["best", "max_acc"],      "best test accuracy, 0 to 1",                |run| number(run.manifest.summary.best_test_accuracy)),
    row(Some(Unit::Count),            "best_epoch", &[],                       "epoch with the best test accuracy",          |run| integer(run.manifest.summary.best_epoch)),
    last(EpochMetric::TEST_ACCURACY),
    row(Some(Unit::Accuracy),         "min_acc",    &["worst_acc"],            "lowest test accuracy, 0 to 1",              |run| number(run.manifest.summary.lowest_test_accuracy)),
    last(EpochMetric::TEST_LOSS),
    row(Some(Unit::Loss),             "min_loss",   &["best_loss"],            "lowest test loss",                          |run| number(run.manifest.summary.lowest_test_loss)),
    row(Some(Unit::Loss),             "max_loss",   &["worst_loss"],           "highest test loss",                         |run| number(run.manifest.summary.highest_test_loss)),
];

/// Progress, settings and origin.
#[rustfmt::skip]
const DETAILS: &[Option<Row>] = &[
    row(Some(Unit::Count),            "epoch",      &[],                       "epochs done",                               |run| FieldValue::Integer(run.manifest.summary.epoch.into())),
    row(Some(Unit::Setting),          "epochs",     &[],                       "total epochs",                              |run| setting("epochs", run)),
    row(Some(Unit::Count),            "step",       &["steps"],                "steps done",                                |run| FieldValue::Integer(run.manifest.summary.step)),
    row(Some(Unit::Setting),          "lr",         &["learning_rate"],        "base learning rate, scaled by the schedule",         |run| setting("learning-rate", run)),
    row(None,                         "optimizer",  &["opt"],                  "sgd or adamw",                              |run| setting("optimizer", run)),
    row(Some(Unit::Setting),          "batch",      &["batch_size"],           "images per batch",                         |run| setting("batch-size", run)),
    row(None,                         "schedule",   &[],                       "constant, cosine or step:EPOCHS:FACTOR",    |run| setting("schedule", run)),
    row(Some(Unit::Setting),          "dropout",    &[],                       "dropout probability, if set",         |run| setting("dropout", run)),
    row(Some(Unit::Setting),          "patience",   &[],                       "early stopping patience in epochs",           |run| setting("patience", run)),
    row(None,                         "changes",    &[],                       "settings changed during training",      changes),
    row(Some(Unit::Number),           "seed",       &[],                       "random seed",                               |run| setting("seed", run)),
    row(Some(Unit::Seconds),          "time",       &["active"],               "training time, such as 90s or 2h",          |run| FieldValue::Number(run.manifest.summary.active_seconds)),
    row(Some(Unit::ImagesPerSecond),  "speed",      &["images_per_s"],         "training images per second",                  |run| number(run.manifest.summary.images_per_second)),
    row(Some(Unit::Date),             "created",    &[],                       "creation date, such as 2026-11-24",         |run| FieldValue::Number(run.manifest.created)),
    row(None,                         "parent",     &["fork"],                 "run that it was forked from",                |run| run.manifest.parent.as_ref().map_or(FieldValue::None, |id| words(id.as_str()))),
    row(None,                         "host",       &[],                       "machine",                               |run| words(&run.manifest.provenance.host)),
    row(None,                         "version",    &[],                       "version of cnn-tui",                         |run| words(&run.manifest.provenance.version)),
];

/// Every field, in the order of help and completion. Metrics that are not listed above follow the other results.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows: Vec<Row> = RESULTS.iter().copied().flatten().collect();
    for metric in EpochMetric::all().filter_map(last) {
        if rows.iter().all(|row| row.name != metric.name) {
            rows.push(metric);
        }
    }
    rows.extend(DETAILS.iter().copied().flatten());
    rows
});

impl Field {
    /// Every field, in the order of help and completion.
    pub fn all() -> impl Iterator<Item = Self> {
        let rows = || (0..ROWS.len()).map(|index| Self(Declared::Row(index)));
        let has_row = move |setting: &Setting| rows().any(|row| Setting::named(row.name()) == Some(*setting));
        let settings = Setting::all().filter(move |setting| !has_row(setting));
        rows().chain(settings.map(|setting| Self(Declared::Setting(setting))))
    }

    /// The field with this name or alias.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|field| match field.0 {
            Declared::Row(index) => ROWS[index].name == name || ROWS[index].aliases.contains(&name),
            Declared::Setting(setting) => Setting::named(name) == Some(setting),
        })
    }

    /// The unit of its numbers; `None` if its values are text.
    pub fn unit(self) -> Option<Unit> {
        match self.0 {
            Declared::Row(index) => ROWS[index].unit,
            Declared::Setting(setting) => setting.kind().is_numeric().then_some(Unit::Setting),
        }
    }

    /// Its name in queries and in headings.
    pub fn name(self) -> &'static str {
        match self.0 {
            Declared::Row(index) => ROWS[index].name,
            Declared::Setting(setting) => setting.key(),
        }
    }

    /// A short description.
    pub fn about(self) -> &'static str {
        match self.0 {
            Declared::Row(index) => ROWS[index].about,
            Declared::Setting(setting) => setting.help(),
        }
    }

    /// Formats a value for people; empty if there is none.
    pub fn in_words(self, value: FieldValue) -> String {
        match value {
            FieldValue::None => String::new(),
            FieldValue::Text(text) => text,
            FieldValue::Words(words) => words.join(" "),
            FieldValue::Changed(versions) => self.changed_in_words(versions),
            FieldValue::Integer(number) => self.unit().unwrap_or(Unit::Number).format_integer(number),
            FieldValue::Number(number) => self.unit().unwrap_or(Unit::Number).format(number),
        }
    }

    /// Such as `0.01→0.02→0.005 @29, 33.5`: the values, and the epochs at which they changed.
    fn changed_in_words(self, versions: Vec<FieldVersion>) -> String {
        let since: Vec<_> = versions.iter().filter_map(|version| version.since).map(text::epochs).collect();
        let values: Vec<_> = versions
            .into_iter()
            .map(|version| match version.value {
                FieldValue::None => "unset".to_owned(),
                value => self.in_words(value),
            })
            .collect();
        let at = if since.is_empty() { String::new() } else { format!(" @{}", since.join(", ")) };
        values.join("→") + &at
    }

    /// The setting that it shows; `None` if it shows something else.
    pub fn setting(self) -> Option<Setting> {
        match self.0 {
            Declared::Row(index) => {
                Setting::named(ROWS[index].name).filter(|setting| setting.name() != "data")
            }
            Declared::Setting(setting) => Some(setting),
        }
    }

    /// Its value in a manifest, if it is a setting.
    pub fn of_manifest(self, manifest: &RunManifest) -> Option<FieldValue> {
        self.setting().map(|setting| setting_of(setting, manifest))
    }

    /// Its value for a run.
    pub fn of(self, run: &ListedRun) -> FieldValue {
        match self.0 {
            Declared::Row(index) => match ROWS[index].source {
                Source::Run(of) => of(run),
                Source::LastEpoch(metric) => number(run.manifest.summary.last(&metric)),
            },
            Declared::Setting(of) => setting(of.name(), run),
        }
    }
}

impl FieldValue {
    /// The value in force: the last one of a setting that changed.
    #[must_use]
    pub fn current(self) -> Self {
        match self {
            Self::Changed(versions) => versions.into_iter().next_back().map_or(Self::None, |last| last.value),
            other => other,
        }
    }

    /// The value at the beginning: the first one of a setting that changed.
    #[must_use]
    pub fn original(self) -> Self {
        match self {
            Self::Changed(versions) => versions.into_iter().next().map_or(Self::None, |first| first.value),
            other => other,
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
        assert!(Field::named("test_only").is_some_and(|field| field.unit().is_some()));
        assert_eq!(Field::all().filter(|field| field.name() == "lr").count(), 1);
    }
}
