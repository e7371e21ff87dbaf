//! A checkpoint: everything a run needs to go on as if it had never stopped.

use serde::{Deserialize, Serialize};

use super::float;

/// Everything a run needs to go on as if it had never stopped: one file, so that weights, optimizer state and position
/// can never disagree.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Where the run stands.
    pub progress: Progress,
    /// The weights, in the network's order, under PyTorch's names such as `conv1.weight`.
    pub weights: Vec<NamedTensor>,
    /// The optimizer's state, as `<slot>.<weight's name>`, such as `momentum.conv1.weight`. In the file `optimizer.`
    /// stands in front.
    pub optimizer: Vec<NamedTensor>,
}

/// A tensor of 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Its name.
    pub name: String,
    /// Its shape; empty for a single number.
    pub shape: Vec<usize>,
    /// Its values, last dimension fastest.
    pub values: Vec<f32>,
}

/// Where a run stands at a checkpoint: with the config, enough to take up the very next step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Steps done in the run.
    pub step: u64,
    /// Epochs done in full.
    pub epoch: u32,
    /// Batches done in the epoch after those: the data cursor. 0 at the end of an epoch.
    pub batch: u64,
    /// The run's seed.
    pub seed: u64,
    /// The network, by the name of its preset.
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
    /// Images of the unfinished epoch that were seen.
    pub seen: u64,
}
