//! `run.json`: what a run is, and its result in short.

use serde::{Deserialize, Serialize};

use super::{
    config::RunConfig,
    event::{DataInfo, Status},
    id::RunId,
    sanitize,
};

/// The version of the run directory's formats that this program writes.
pub const SCHEMA: u32 = 1;

/// Fields of an object that this version does not know. They are written back as they were read.
pub type Extra = serde_json::Map<String, serde_json::Value>;

/// `run.json`: what a run is, and its result in short, so that a table of runs reads nothing else.
///
/// A JSON object, replaced as a whole and written only by who holds the run's lock. Fields that are missing have the
/// value that a new run has, except `schema`, `id`, `status` and `created`, which must be there; fields that this
/// version does not know are kept. A file with a greater `schema` is not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of the run directory's formats: [`SCHEMA`].
    pub schema: u32,
    /// The run's id, which is the name of its directory.
    pub id: RunId,
    /// What people call it; at first the words of the id.
    #[serde(default, deserialize_with = "sanitize::string")]
    pub name: String,
    /// Anything people want to remember, on one line.
    #[serde(default, deserialize_with = "sanitize::string")]
    pub notes: String,
    /// Words to find it by.
    #[serde(default, deserialize_with = "sanitize::list")]
    pub tags: Vec<String>,
    /// The run that this one was forked from.
    #[serde(default)]
    pub parent: Option<RunId>,
    /// How it stands, as last written.
    pub status: Status,
    /// Why it stands so: what failed, or who stopped it.
    #[serde(default, deserialize_with = "sanitize::option")]
    pub reason: Option<String>,
    /// When it was created, in seconds since 1970 UTC.
    pub created: f64,
    /// How it trains.
    #[serde(default)]
    pub config: RunConfig,
    /// Where it comes from.
    #[serde(default)]
    pub provenance: Provenance,
    /// How far it is and how well it does.
    #[serde(default)]
    pub summary: Summary,
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What one would need to know to get the same result again. Text that is not known is empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The program's version.
    #[serde(deserialize_with = "sanitize::string")]
    pub version: String,
    /// The commit that the program was built from, with `-dirty` where the sources had changes.
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
    /// The GPU's name, where one was used.
    #[serde(deserialize_with = "sanitize::option")]
    pub gpu: Option<String>,
    /// The data set, once it is loaded.
    pub dataset: Option<DataInfo>,
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How far a run is and how well it does. Accuracies are fractions from 0 to 1. A value that is not there yet, or that
/// is not finite, is `null`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Epochs done.
    pub epoch: u32,
    /// Steps done.
    pub step: u64,
    /// Steps in the whole run; 0 until the data set is loaded.
    pub total_steps: u64,
    /// The best accuracy on the test set after any epoch.
    pub best_test_accuracy: Option<f64>,
    /// The epoch that reached it first.
    pub best_epoch: Option<u32>,
    /// Accuracy on the test set after the last epoch.
    pub last_test_accuracy: Option<f64>,
    /// Mean loss on the test set after the last epoch.
    pub last_test_loss: Option<f64>,
    /// Mean training loss of the last epoch.
    pub last_train_loss: Option<f64>,
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
