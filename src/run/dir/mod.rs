//! One run on disk: its directory, and every file in it.

mod apply;
mod checkpoint;
mod checkpoint_name;
mod error;
mod follow;
mod history;
mod id;
mod inbox;
mod journal;
mod labels;
mod lock;
mod manifest;
mod run_dir;
mod state;

pub use checkpoint::{Changed, Checkpoint, CheckpointError, NamedTensor, TrainState};
pub use checkpoint_name::{CheckpointName, CheckpointNameError};
pub use error::RunError;
pub use follow::{Follower, Update};
pub use history::{EpochRow, History, StepRow};
pub use id::{IdError, RunId};
pub use inbox::{Inbox, Rejection};
pub use journal::{JournalBatch, JournalReader, JournalWriter};
pub use labels::{LabelError, Labels};
pub(crate) use lock::liveness;
pub use lock::{Holder, Liveness, RunLock};
pub use manifest::{Pause, Provenance, Results, RunManifest, SCHEMA};
pub use run_dir::RunDir;
pub use state::RunState;
