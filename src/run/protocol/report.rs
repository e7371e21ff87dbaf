//! The payloads of events.

use serde::{Deserialize, Serialize};

use crate::run::disk::{float, sanitize};

/// A trainer process that started, and what it trains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainerInfo {
    /// Steps done before; 0 for a new run. Later steps that are already in the journal are repeated, and recorded again
    /// only if their results differ.
    pub step: u64,
    /// The exact position that it starts from.
    #[serde(default)]
    pub position: Option<Position>,
    /// The device that it trains on: `cpu`, or a GPU with its name, such as `cuda:0 NVIDIA H100`.
    #[serde(deserialize_with = "sanitize::string")]
    pub device: String,
    /// Threads that train.
    pub threads: usize,
    /// The instruction set of the CPU kernels, such as `avx2`; empty on a GPU.
    #[serde(rename = "kernels", default, deserialize_with = "sanitize::string")]
    pub instruction_set: String,
    /// The data set.
    pub data: DataInfo,
    /// Batches in an epoch.
    pub steps_per_epoch: u64,
    /// Steps in the whole run.
    pub total_steps: u64,
    /// Trainable parameters of the network.
    pub parameters: usize,
    /// The network's layers in forward order.
    pub layers: Vec<LayerRow>,
}

impl TrainerInfo {
    /// Whether the network has convolutions, and so kernels to draw.
    pub fn has_convolutions(&self) -> bool {
        self.layers.iter().any(|layer| layer.kind == "Conv2d")
    }
}

/// Steps that were done since the last batch of steps was reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepBatch {
    /// The step of `losses[0]`, from 1.
    pub first: u64,
    /// The training loss of each step in order. NaN where it was not finite.
    #[serde(deserialize_with = "float::list_or_nan")]
    pub losses: Vec<f32>,
    /// The learning rate of the last step.
    #[serde(deserialize_with = "float::or_nan")]
    pub learning_rate: f32,
    /// Training time of the run at the last step, without pauses, in seconds.
    #[serde(deserialize_with = "float::or_nan")]
    pub active_seconds: f64,
    /// How the threads spent their time. `None` on a GPU, and in runs of older versions.
    #[serde(default)]
    pub spent: Option<StepTime>,
}

impl StepBatch {
    /// The last step; `first - 1` if the batch is empty.
    pub fn last(&self) -> u64 {
        self.first.saturating_add(self.losses.len() as u64).saturating_sub(1)
    }
}

/// The position of a run between two steps. Equal positions before and after a pause prove that nothing was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs done, with their evaluation.
    pub epoch: u32,
    /// Batches done of the next epoch.
    pub batch: u64,
    /// [`Checkpoint::weights_hash`](crate::run::Checkpoint::weights_hash) at this position.
    #[serde(deserialize_with = "sanitize::string")]
    pub weights_hash: String,
}

/// How the threads spent their time, in seconds, summed over threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// Assembling batches from the data set.
    pub data: f32,
    /// Forward pass, including the loss.
    pub forward: f32,
    /// Backward pass.
    pub backward: f32,
    /// Summing the gradients and updating the weights.
    pub update: f32,
}

impl StepTime {
    /// The sum of all parts, in seconds.
    pub fn total(&self) -> f32 {
        self.data + self.forward + self.backward + self.update
    }

    /// Every part times `factor`.
    #[must_use]
    pub fn scaled(self, factor: f32) -> Self {
        Self {
            data: self.data * factor,
            forward: self.forward * factor,
            backward: self.backward * factor,
            update: self.update * factor,
        }
    }
}

impl std::ops::AddAssign for StepTime {
    fn add_assign(&mut self, more: Self) {
        self.data += more.data;
        self.forward += more.forward;
        self.backward += more.backward;
        self.update += more.update;
    }
}

/// The data set of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataInfo {
    /// A description for people, such as `Fashion-MNIST, 6,000 images`.
    #[serde(deserialize_with = "sanitize::string")]
    pub description: String,
    /// Images in the training set.
    pub train: usize,
    /// Images in the test set.
    pub test: usize,
    /// A checksum over images and labels: equal for two runs on the same data.
    #[serde(deserialize_with = "sanitize::string")]
    pub checksum: String,
    /// Where it was loaded from: `built in`, or a directory.
    #[serde(deserialize_with = "sanitize::string")]
    pub source: String,
}

/// A row of the layer table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    /// The layer's name in the network, such as `conv1`; its weights are `conv1.weight` and `conv1.bias`.
    #[serde(deserialize_with = "sanitize::string")]
    pub name: String,
    /// PyTorch's name for the kind of layer, such as `Conv2d` or `MaxPool2d`.
    #[serde(deserialize_with = "sanitize::string")]
    pub kind: String,
    /// Its configuration, such as `5×5, 1→10`; empty if there is none.
    #[serde(deserialize_with = "sanitize::string")]
    pub setting: String,
    /// The shape of its output, without the batch.
    pub output: Vec<usize>,
    /// Its trainable parameters.
    pub parameters: usize,
}
