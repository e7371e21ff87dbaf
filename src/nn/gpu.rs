//! The interface of a network that trains in the memory of a GPU.

use std::fmt::Debug;

use super::device_error::DeviceError;
use super::model::{LayerInfo, Totals};

/// A network whose weights, optimizer state and data set are in the memory of a GPU, which performs whole steps. It is
/// not `Send` and stays on the thread that built it.
pub trait GpuTrainer: Debug {
    /// Replaces all weights and the optimizer's state; each slice has one value per parameter.
    fn load(&mut self, weights: &[f32], slots: &[&[f32]]) -> Result<(), DeviceError>;

    /// All weights.
    fn weights(&self) -> Result<Vec<f32>, DeviceError>;

    /// A tensor of the optimizer's state, from 0.
    fn slot(&self, index: usize) -> Result<Vec<f32>, DeviceError>;

    /// Changes dropout rates and the optimizer. `layers` differ from the first ones only in their rates.
    fn configure(&mut self, layers: &[LayerInfo], update: UpdateRule) -> Result<(), DeviceError>;

    /// Sets the order of the training images in an epoch.
    fn set_order(&mut self, order: &[u32]) -> Result<(), DeviceError>;

    /// Performs steps with these settings and returns their results. The first is batch `batch` of the epoch and step
    /// `step` of the run, both from 0.
    fn train(
        &mut self,
        batch: usize,
        step: u64,
        settings: &[StepSettings],
    ) -> Result<Vec<Totals>, DeviceError>;

    /// Loss and accuracy on all test images, without dropout.
    fn evaluate(&mut self) -> Result<Totals, DeviceError>;
}

/// What a [`GpuTrainer`] is to train.
#[derive(Debug, Clone, Copy)]
pub struct GpuTask<'a> {
    /// The network's layers.
    pub layers: &'a [LayerInfo],
    /// Images to train on.
    pub train: LabelledImages<'a>,
    /// Images to evaluate on.
    pub test: LabelledImages<'a>,
    /// The network input for each pixel value.
    pub levels: &'a [f32; 256],
    /// Images of a batch.
    pub batch_size: usize,
    /// The seed of the run, for dropout.
    pub seed: u64,
    /// The optimizer.
    pub update: UpdateRule,
}

/// Images with their labels.
#[derive(Debug, Clone, Copy)]
pub struct LabelledImages<'a> {
    /// Pixels, image after image.
    pub pixels: &'a [u8],
    /// The class of each image.
    pub labels: &'a [u8],
}

/// How an optimizer updates the weights, with the settings that stay the same from step to step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UpdateRule {
    /// Stochastic gradient descent.
    Sgd {
        /// The momentum.
        momentum: f32,
    },
    /// Adam with decoupled weight decay.
    AdamW {
        /// Decay rates of the two moments.
        old: [f32; 2],
        /// 1 minus those.
        new: [f32; 2],
        /// Added to the denominator.
        epsilon: f32,
    },
}

/// The settings of an optimizer's step that change from step to step. The layout is that of the kernels.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StepSettings {
    /// The learning rate; for `AdamW` divided by the bias correction of the first moment.
    pub rate: f32,
    /// Factor of the weights, for decoupled weight decay.
    pub decay: f32,
    /// Square root of the bias correction of the second moment, for `AdamW`.
    pub correction: f32,
    /// Fills up 16 bytes.
    pub unused: f32,
}
