//! The manifest, `run.json`: settings, origin, status and results of a run.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checkpoint::CheckpointName;
use super::error::RunError;
use super::id::RunId;
use super::labels::RunLabels;
use super::schema::SCHEMA;
use crate::run::disk::{Extra, sanitize};
use crate::run::protocol::{DataInfo, EpochMetric, EpochReport, PauseReason, Position, RunStatus};
use crate::run::settings::{Change, RunConfig, Setting, SettingValue};

/// `run.json`: settings, origin, status and results of a run; all that a table of runs needs.
///
/// A JSON object, replaced atomically and only by the holder of the run's lock. `schema`, `id`, `status` and `created`
/// are required; other missing fields have the value of a new run. Unknown fields are kept. A file with a greater
/// `schema` is rejected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunManifest {
    /// The version of the run directory's formats: [`SCHEMA`].
    pub schema: u32,
    /// The run's id, which is the name of its directory.
    pub id: RunId,
    /// The run's name; at first the words of its id.
    #[serde(default, deserialize_with = "sanitize::string")]
    pub name: String,
    /// Free text on one line.
    #[serde(default, deserialize_with = "sanitize::string")]
    pub notes: String,
    /// Tags, one word each.
    #[serde(default, deserialize_with = "sanitize::list")]
    pub tags: Vec<String>,
    /// The run that this one was forked from.
    #[serde(default)]
    pub parent: Option<RunId>,
    /// The parent's checkpoint that it was forked from. Missing in forks by older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<ForkPoint>,
    /// The status as last written; [`RunState`](crate::run::RunState) has the actual one.
    pub status: RunStatus,
    /// The reason for the status: what failed, or why the run ended early.
    #[serde(default, deserialize_with = "sanitize::option")]
    pub reason: Option<String>,
    /// When it was created, in seconds since 1970 UTC.
    pub created: f64,
    /// The settings that it was created with.
    #[serde(default)]
    pub config: RunConfig,
    /// The settings changed during training.
    #[serde(default)]
    pub changed: Change,
    /// The changes one by one, in order. Missing in runs of older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<SettingChange>,
    /// Program, machine, command and data.
    #[serde(default)]
    pub provenance: Provenance,
    /// Progress and results.
    #[serde(default)]
    pub summary: Results,
    /// Its pauses since it started.
    #[serde(default)]
    pub pauses: Vec<Pause>,
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The checkpoint that a run was forked from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkPoint {
    /// Its name, such as `epoch-007`.
    #[serde(deserialize_with = "sanitize::string")]
    pub checkpoint: String,
    /// Steps done in it.
    pub step: u64,
}

/// A change of settings during training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SettingChange {
    /// Steps done before it.
    pub step: u64,
    /// Epochs done before it; a fraction within an epoch.
    pub epoch: f64,
    /// The settings that changed, with their new values.
    pub change: Change,
}

/// A period in which a run that had started did not train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// Why it did not train.
    pub reason: PauseReason,
    /// When it began, in seconds since 1970 UTC; after a crash, the time of the trainer's last event.
    pub from: f64,
    /// When it ended; `None` while it lasts.
    pub to: Option<f64>,
    /// Steps done when it began.
    pub step: u64,
    /// The position when it began; `None` after a crash.
    pub before: Option<Position>,
    /// Steps done where the run resumed: fewer after a crash, since unsaved steps are repeated.
    pub resumed_step: Option<u64>,
    /// The position where the run resumed.
    pub after: Option<Position>,
}

impl RunManifest {
    /// Whether it went no further because the loss or a weight is no longer finite.
    pub fn has_diverged(&self) -> bool {
        let diverged = |pause: &Pause| pause.to.is_none() && pause.reason == PauseReason::Diverged;
        self.pauses.last().is_some_and(diverged)
    }

    /// The settings in force, after all changes.
    pub fn settings(&self) -> RunConfig {
        self.changed.apply(&self.config).unwrap_or_else(|_| self.config.clone())
    }

    /// Steps of an epoch; 0 until the data set is loaded.
    pub fn steps_per_epoch(&self) -> u64 {
        self.summary.total_steps / u64::from(self.settings().epochs.max(1))
    }

    /// A function from a step, from 1, to its learning rate, by the schedule and the settings in force then. It returns `None`
    /// before the data set is loaded, and if an older version changed settings without recording when.
    pub fn learning_rates(&self) -> impl Fn(u64) -> Option<f32> {
        let steps_per_epoch = self.steps_per_epoch();
        let is_known = steps_per_epoch > 0 && (self.changed == Change::default() || !self.changes.is_empty());
        // The settings, each with the steps done before they came into force.
        let mut settings = vec![(0, self.config.clone())];
        for SettingChange { step, change, .. } in &self.changes {
            let current = &settings[settings.len() - 1].1;
            let changed = change.apply(current).unwrap_or_else(|_| current.clone());
            settings.push((*step, changed));
        }
        move |step| {
            let before = step.checked_sub(1).filter(|_| is_known)?;
            let (_, config) = settings.iter().rfind(|(since, _)| *since <= before)?;
            let total_steps = steps_per_epoch * u64::from(config.epochs);
            let base = config.optimizer.learning_rate();
            let rate = config.schedule.learning_rate(base, before, steps_per_epoch, total_steps);
            #[expect(clippy::cast_possible_truncation, reason = "the journal has learning rates as f32")]
            Some(rate as f32)
        }
    }

    /// Steps done in a checkpoint.
    pub fn step_of(&self, checkpoint: CheckpointName) -> u64 {
        let epoch = match checkpoint {
            CheckpointName::Last => return self.summary.step,
            CheckpointName::Best => self.summary.best_epoch.unwrap_or_default(),
            CheckpointName::Epoch(epoch) => epoch,
        };
        self.steps_per_epoch().saturating_mul(u64::from(epoch))
    }

    /// The settings that differ from their defaults or changed during training.
    pub fn notable_settings(&self) -> Vec<Setting> {
        let differing: Vec<_> = self.config.changes().into_iter().map(|(setting, _)| setting).collect();
        let is_notable = |setting: &Setting| differing.contains(setting) || self.versions(*setting).len() > 1;
        Setting::all().filter(is_notable).collect()
    }

    /// The values of a setting in order: the original one, and each that it changed to, with the epochs done before. Empty
    /// if the optimizer has no such setting.
    pub fn versions(&self, setting: Setting) -> Vec<(SettingValue, Option<f64>)> {
        let Some(original) = setting.value(&self.config) else { return Vec::new() };
        let listed = self.changes.iter().map(|change| (&change.change, Some(change.epoch)));
        // Older versions recorded the changes only together.
        let together = self.changes.is_empty().then_some((&self.changed, None));
        let mut versions = vec![(original, None)];
        for (change, since) in listed.chain(together) {
            if let Some(value) = setting.changed(change)
                && versions.last().is_none_or(|(last, _)| *last != value)
            {
                versions.push((value, since));
            }
        }
        versions
    }

    /// The manifest with these labels.
    pub(crate) fn labelled(self, labels: RunLabels) -> Self {
        Self {
            name: labels.name.unwrap_or(self.name),
            notes: labels.notes.unwrap_or(self.notes),
            tags: labels.tags.unwrap_or(self.tags),
            ..self
        }
    }

    /// Parses the untrusted content of the `run.json` at `path`.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, RunError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let damaged = |source| RunError::Damaged { path: path.to_owned(), source };
        let Version { schema } = serde_json::from_slice(bytes).map_err(damaged)?;
        if schema > SCHEMA {
            return Err(RunError::Newer { path: path.to_owned(), found: schema });
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// The content of its `run.json`.
    pub(crate) fn to_bytes(&self, path: &Path) -> Result<Vec<u8>, RunError> {
        let damaged = |source| RunError::Damaged { path: path.to_owned(), source };
        let mut bytes = serde_json::to_vec_pretty(self).map_err(damaged)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// What is needed to reproduce a run. Unknown text is empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The program's version.
    #[serde(deserialize_with = "sanitize::string")]
    pub version: String,
    /// The commit that the program was built from, if known.
    #[serde(deserialize_with = "sanitize::option")]
    pub git_commit: Option<String>,
    /// The command that created the run.
    #[serde(deserialize_with = "sanitize::string")]
    pub command_line: String,
    /// The machine's name.
    #[serde(deserialize_with = "sanitize::string")]
    pub host: String,
    /// The processor's name.
    #[serde(deserialize_with = "sanitize::string")]
    pub cpu: String,
    /// The GPU's name, if one was used.
    #[serde(deserialize_with = "sanitize::option")]
    pub gpu: Option<String>,
    /// The instruction set of the CPU kernels, such as `avx2`; empty until it trains, and on a GPU. The last digits of
    /// losses depend on it.
    #[serde(rename = "kernels", deserialize_with = "sanitize::string")]
    pub instruction_set: String,
    /// Threads that train; 0 until it trains.
    pub threads: usize,
    /// The data set, once it is loaded.
    pub dataset: Option<DataInfo>,
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Progress and results of a run. Accuracies are fractions from 0 to 1. Unknown and non-finite values are `null`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Results {
    /// Epochs done.
    pub epoch: u32,
    /// Steps done.
    pub step: u64,
    /// Total steps of the run; 0 until the data set is loaded.
    pub total_steps: u64,
    /// Best test accuracy of all epochs.
    pub best_test_accuracy: Option<f64>,
    /// The epoch that reached it first.
    pub best_epoch: Option<u32>,
    /// Test accuracy after the last epoch.
    pub last_test_accuracy: Option<f64>,
    /// Mean test loss after the last epoch.
    pub last_test_loss: Option<f64>,
    /// Mean training loss of the last epoch.
    pub last_train_loss: Option<f64>,
    /// Lowest test accuracy of all epochs. Missing in runs of older versions.
    pub lowest_test_accuracy: Option<f64>,
    /// Lowest mean test loss of all epochs. Missing in runs of older versions.
    pub lowest_test_loss: Option<f64>,
    /// Highest mean test loss of all epochs. Missing in runs of older versions.
    pub highest_test_loss: Option<f64>,
    /// Test accuracy by epoch: at most 64 points, thinned in longer runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<(u32, f64)>,
    /// Metrics after the last epoch, by key, that have no field of their own here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub last_metrics: BTreeMap<String, f64>,
    /// Training time, without pauses, in seconds.
    pub active_seconds: f64,
    /// Training images per second of active time.
    pub images_per_second: Option<f64>,
    /// [`Checkpoint::weights_hash`](super::Checkpoint::weights_hash) of the last checkpoint.
    #[serde(deserialize_with = "sanitize::option")]
    pub weights_hash: Option<String>,
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Results {
    /// The value of a metric after the last epoch, if it is finite.
    pub fn last(&self, metric: &EpochMetric) -> Option<f64> {
        match metric.key {
            "train_loss" => self.last_train_loss,
            "test_loss" => self.last_test_loss,
            "test_accuracy" => self.last_test_accuracy,
            key => self.last_metrics.get(key).copied(),
        }
    }

    /// Stores the metrics of the last epoch that are fields of a run.
    pub(super) fn set_last(&mut self, report: &EpochReport) {
        for metric in EpochMetric::all().filter(|metric| metric.field.is_some()) {
            let value = Some(metric.of(report)).filter(|value| value.is_finite());
            match metric.key {
                "train_loss" => self.last_train_loss = value,
                "test_loss" => self.last_test_loss = value,
                "test_accuracy" => self.last_test_accuracy = value,
                key => match value {
                    Some(value) => drop(self.last_metrics.insert(key.to_owned(), value)),
                    None => drop(self.last_metrics.remove(key)),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn parse(json: &Value) -> Result<RunManifest, RunError> {
        RunManifest::parse(Path::new("run.json"), json.to_string().as_bytes())
    }

    fn minimal() -> Value {
        json!({"schema": 1, "id": "20261124-063012-swift-otter", "status": "running", "created": 1.5})
    }

    fn full(text: &str) -> Value {
        json!({
            "schema": 1,
            "id": "20261124-063012-swift-otter",
            "name": text,
            "notes": text,
            "tags": [text, text],
            "parent": "20261123-063012-calm-hare",
            "status": "failed",
            "reason": text,
            "created": 1_795_501_812.25,
            "config": {
                "preset": text,
                "data": "/data",
                "batch_size": 64,
                "epochs": 40,
                "optimizer": {"sgd": {"learning_rate": 0.01, "momentum": 0.5}},
                "schedule": {"step": {"every_epochs": 3, "factor": 0.1}},
                "dropout": 0.25,
                "seed": u64::MAX,
                "device": "cpu",
                "threads": 2,
                "patience": 5,
                "checkpoint_space": 100
            },
            "changed": {"epochs": 60},
            "pauses": [{
                "reason": "crash",
                "from": 1.5,
                "to": 2.5,
                "step": 7,
                "before": null,
                "resumed_step": 5,
                "after": {"epoch": 0, "batch": 5, "weights_hash": text}
            }],
            "provenance": {
                "version": text,
                "git_commit": text,
                "command_line": text,
                "host": text,
                "cpu": text,
                "gpu": text,
                "kernels": text,
                "threads": 2,
                "dataset": {"description": text, "train": 6000, "test": 1000, "checksum": text, "source": text}
            },
            "summary": {
                "epoch": 3,
                "step": 282,
                "total_steps": 3760,
                "best_test_accuracy": 0.75,
                "best_epoch": 2,
                "last_test_accuracy": 0.5,
                "last_test_loss": 1.25,
                "last_train_loss": 1.5,
                "lowest_test_accuracy": 0.25,
                "lowest_test_loss": 1.125,
                "highest_test_loss": 2.5,
                "curve": [[1, 0.5], [3, 0.75]],
                "active_seconds": 7.5,
                "images_per_second": 2500.0,
                "weights_hash": text
            }
        })
    }

    #[test]
    fn every_field_is_read_as_it_was_written() {
        let manifest = parse(&full("plain")).unwrap();
        assert_eq!(serde_json::to_value(&manifest).unwrap(), full("plain"));
        assert!(
            manifest.extra.is_empty()
                && manifest.config.extra.is_empty()
                && manifest.summary.extra.is_empty()
        );
    }

    #[test]
    fn missing_fields_have_the_values_of_a_new_run() {
        let manifest = parse(&minimal()).unwrap();
        assert_eq!((manifest.config, manifest.summary), (RunConfig::default(), Results::default()));
        for field in ["schema", "id", "status", "created"] {
            let mut json = minimal();
            json[field] = Value::Null;
            assert!(parse(&json).is_err(), "{field}");
        }
    }

    #[test]
    fn fields_of_newer_versions_are_kept() {
        let mut json = full("plain");
        json["stars"] = json!(5);
        json["config"]["comets"] = json!({"epochs": 3});
        json["provenance"]["kernel"] = json!("6.1");
        json["summary"]["ledger"] = json!([{"step": 3, "reason": "\u{1b}"}]);
        let path = Path::new("run.json");
        let bytes = parse(&json).unwrap().to_bytes(path).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), json);
    }

    #[test]
    fn no_text_of_a_record_controls_the_terminal() {
        let manifest = parse(&full("\u{1b}[2J\u{9b}x")).unwrap();
        assert_eq!(serde_json::to_value(manifest).unwrap(), full("[2Jx"));
    }

    #[test]
    fn results_that_are_not_finite_are_null() {
        let mut manifest = parse(&minimal()).unwrap();
        manifest.summary.last_train_loss = Some(f64::NAN);
        let path = Path::new("run.json");
        let read = RunManifest::parse(path, &manifest.to_bytes(path).unwrap()).unwrap();
        assert_eq!(read.summary.last_train_loss, None);
    }

    #[test]
    fn truncated_files_are_rejected() {
        let path = Path::new("run.json");
        let bytes = parse(&full("plain")).unwrap().to_bytes(path).unwrap();
        for len in 0..bytes.len() - 1 {
            assert!(RunManifest::parse(path, &bytes[..len]).is_err(), "the first {len} bytes");
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let message = |json: Value| parse(&json).unwrap_err().to_string();
        assert_eq!(
            message(json!({"schema": 2})),
            "run.json: written by a newer cnn-tui (schema 2; this version reads up to 1); update cnn-tui"
        );
        let mut json = minimal();
        json["id"] = json!("../../etc");
        assert!(message(json).contains("'../../etc' is not a run id"));
        let mut json = minimal();
        json["status"] = json!("\u{1b}[2Jlost");
        assert!(message(json).contains("unknown variant `[2Jlost`"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            prop_assert!(RunManifest::parse(Path::new("run.json"), &bytes).is_err());
        }

        #[test]
        fn no_damage_panics(position in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = full("plain").to_string().into_bytes();
            let at = position.index(bytes.len());
            bytes[at] = byte;
            let _ = RunManifest::parse(Path::new("run.json"), &bytes);
        }

        #[test]
        fn numbers_are_read_bit_for_bit(seed in any::<u64>(), rate in 1e-12_f64..10.0, created in 0.0_f64..1e10) {
            let mut manifest = parse(&minimal()).unwrap();
            manifest.config.seed = seed;
            manifest.config.optimizer = crate::run::OptimizerSettings::Sgd { learning_rate: rate, momentum: 0.1 + 0.2 };
            manifest.created = created;
            let path = Path::new("run.json");
            prop_assert_eq!(RunManifest::parse(path, &manifest.to_bytes(path).unwrap()).unwrap(), manifest);
        }
    }
}
