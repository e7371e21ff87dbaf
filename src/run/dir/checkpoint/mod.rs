//! Checkpoints: everything a run needs to continue as if it had never stopped.

mod contents;
mod error;
mod file;
mod format;
mod name;
mod train_state;

pub use contents::{Checkpoint, NamedTensor};
pub use error::CheckpointError;
pub(crate) use file::CHECKPOINT_LIMIT;
pub use name::{CheckpointName, CheckpointNameError};
pub use train_state::{Changed, TrainState};
