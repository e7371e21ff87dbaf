//! Training: the loop, its threads, optimizers and schedules. It knows neither files nor screens.

mod optimizer;
mod predict;
mod schedule;
mod session;
mod trainer;
mod workers;

pub use optimizer::Optimizer;
pub use predict::predict;
pub use schedule::learning_rate;
pub use session::{Advance, Session};
pub use trainer::{ControlMsg, TrainerHost, train};
pub use workers::{NetworkSpec, Workers};

use crate::nn::{DeviceError, DeviceKind};
use crate::run::{ConfigError, DeviceChoice};

/// Why training could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// No network on this device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The system gave no thread.
    #[error("a training thread could not be started: {0}")]
    Thread(std::io::Error),
    /// A thread is gone; what it said is in the log.
    #[error("a training thread ended unexpectedly; see trainer.log for its last words")]
    Worker,
    /// Settings that the run cannot have.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// Fewer epochs than there were already.
    #[error("epochs is {epochs}, but must be at least {begun}: the run is in its epoch {begun}")]
    TooFewEpochs {
        /// What was asked for.
        epochs: u32,
        /// Epochs that were begun.
        begun: u32,
    },
    /// A checkpoint lacks a tensor.
    #[error("the checkpoint has no tensor `{name}`: it is of another network or optimizer")]
    Missing {
        /// The tensor's name.
        name: String,
    },
    /// A checkpoint's tensor has another shape.
    #[error(
        "the checkpoint's `{name}` has the shape {found:?}, but {expected:?} is needed: it is of another network"
    )]
    Shape {
        /// The tensor's name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The network's.
        expected: Vec<usize>,
    },
    /// A checkpoint's position does not exist with these settings.
    #[error(
        "the checkpoint is at step {step}, which does not fit an epoch of {steps_per_epoch} steps: \
         was the run trained on other data?"
    )]
    Position {
        /// Its step.
        step: u64,
        /// Batches in an epoch.
        steps_per_epoch: u64,
    },
}

/// The device that a config asks for, on this machine.
pub(crate) fn device_kind(device: DeviceChoice) -> DeviceKind {
    match device {
        DeviceChoice::Auto => DeviceKind::best(),
        DeviceChoice::Cpu => DeviceKind::Cpu,
        DeviceChoice::Cuda => DeviceKind::Cuda,
    }
}
