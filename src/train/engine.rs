//! The interface between a session and what computes its steps.

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Range;

use super::TrainError;
use crate::nn::{LayerInfo, Parameter, Totals};
use crate::run::{RunConfig, StepTime};

/// What computes the steps of a session: it has the weights and the optimizer's state, on some device.
pub(super) trait Engine: Debug {
    /// The network's layers.
    fn layers(&self) -> &[LayerInfo];

    /// The network's parameters.
    fn parameters(&self) -> &[Parameter];

    /// Number of threads that compute.
    fn threads(&self) -> usize;

    /// The weights and the optimizer's state.
    fn state(&self) -> Result<EngineState<'_>, TrainError>;

    /// Replaces the weights and the optimizer's state.
    fn load(&mut self, state: EngineState<'_>) -> Result<(), TrainError>;

    /// Changes dropout rates and the optimizer's settings. On an error nothing is changed.
    fn configure(&mut self, config: &RunConfig) -> Result<(), TrainError>;

    /// Sets the order of the training images, which the steps of an epoch follow.
    fn set_order(&mut self, order: Vec<u32>) -> Result<(), TrainError>;

    /// Performs one or more of these steps: as many as it likes, but not for longer than a command may wait.
    fn train(&mut self, upcoming: &Upcoming<'_>) -> Result<Trained, TrainError>;

    /// Test images to evaluate between two looks at the inbox.
    fn evaluation_unit(&self) -> usize;

    /// Computes loss and accuracy on these images of the test set.
    fn evaluate(&mut self, images: Range<u32>) -> Result<Totals, TrainError>;
}

/// Weights and the optimizer's state, each with one value per parameter of the network.
#[derive(Debug)]
pub(super) struct EngineState<'a> {
    /// The weights.
    pub(super) weights: Cow<'a, [f32]>,
    /// The tensors of the optimizer's state, in the order of [`slot_names`](super::optimizer::slot_names).
    pub(super) slots: Vec<Cow<'a, [f32]>>,
}

/// The steps that come next.
pub(super) struct Upcoming<'a> {
    /// Batch of the first step in the epoch, from 0.
    pub(super) batch: usize,
    /// Number of the first step in the run, from 0.
    pub(super) step: u64,
    /// The most steps to perform; at least 1, and no more than the epoch still has.
    pub(super) limit: usize,
    /// The learning rate of a step of the run.
    pub(super) rate: &'a dyn Fn(u64) -> f64,
}

/// The result of one or more steps.
#[derive(Debug)]
pub(super) struct Trained {
    /// Loss and accuracy of each step's batch, before the weight update.
    pub(super) totals: Vec<Totals>,
    /// How the threads spent their time; `None` if it was not measured.
    pub(super) time: Option<StepTime>,
}
