//! Why training cannot start or continue.

use crate::nn::DeviceError;
use crate::run::ConfigError;

/// Why training cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The network could not be built on the device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A thread could not be started.
    #[error("cannot start a training thread: {0}")]
    Thread(std::io::Error),
    /// A worker thread panicked; its message is in trainer.log.
    #[error("a training thread exited unexpectedly; see trainer.log for details")]
    Worker,
    /// Settings that are invalid for the run.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// Fewer epochs than were already started.
    #[error("epochs must be at least {started}, because epoch {started} has already started (got {epochs})")]
    TooFewEpochs {
        /// Requested number of epochs.
        epochs: u32,
        /// Number of epochs started.
        started: u32,
    },
    /// The checkpoint lacks a tensor.
    #[error("the checkpoint has no tensor '{name}'; it belongs to another network or optimizer")]
    Missing {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor of the checkpoint has another shape than the network's.
    #[error(
        "tensor '{name}' of the checkpoint has shape {found:?}, expected {expected:?}; it belongs to another network"
    )]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Its shape in the checkpoint.
        found: Vec<usize>,
        /// Its shape in the network.
        expected: Vec<usize>,
    },
    /// The checkpoint's position does not exist with these settings and this data.
    #[error(
        "the checkpoint is at step {step}, which does not match {steps_per_epoch} steps per epoch; \
         was the run trained on other data?"
    )]
    Position {
        /// Step of the checkpoint.
        step: u64,
        /// Batches per epoch.
        steps_per_epoch: u64,
    },
}
