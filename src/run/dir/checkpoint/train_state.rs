//! The position of a run at a checkpoint.

use serde::{Deserialize, Serialize};

use crate::run::disk::{float, sanitize};
use crate::run::settings::Change;

/// The position of a run at a checkpoint: with the config, enough to continue with the very next step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainState {
    /// When its run was created, as in `run.json`, which tells checkpoints of different runs apart. Missing in those of older
    /// versions and of forks that have not begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<f64>,
    /// Steps done in the run.
    pub step: u64,
    /// Epochs done in full.
    pub epoch: u32,
    /// Batches done in the epoch after those: the data cursor. 0 at the end of an epoch.
    pub batch: u64,
    /// The run's seed.
    pub seed: u64,
    /// The network, by the name of its preset.
    #[serde(deserialize_with = "sanitize::string")]
    pub preset: String,
    /// Training time, without pauses, in seconds.
    pub active_seconds: f64,
    /// The best accuracy on the test set after any epoch, as a fraction.
    pub best_test_accuracy: Option<f64>,
    /// The epoch that reached it first.
    pub best_epoch: Option<u32>,
    /// The sum of the training loss over the images of the unfinished epoch.
    #[serde(deserialize_with = "float::or_nan")]
    pub loss_sum: f64,
    /// Images of the unfinished epoch that were classified correctly.
    pub correct: u64,
    /// Images of the unfinished epoch that were trained on.
    pub seen: u64,
    /// The settings that were changed while it trained, if any.
    pub changed: Option<Changed>,
}

/// The settings of a run that were changed while it trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Steps done at the last change.
    pub step: u64,
    /// The last change.
    pub last: Change,
    /// All changes together.
    pub all: Change,
}
