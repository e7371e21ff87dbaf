//! A run on disk: its directory and the files in it.

mod apply;
mod checkpoint;
mod error;
mod follow;
mod history;
mod holder;
mod id;
mod inbox;
mod journal;
mod labels;
mod lock;
mod manifest;
mod rate_jump;
mod run_dir;
mod schema;
mod state;
mod watch;

pub use checkpoint::{
    Changed, Checkpoint, CheckpointError, CheckpointName, CheckpointNameError, NamedTensor, TrainState,
};
pub use error::RunError;
pub use follow::{Follower, Update};
pub use history::{History, StepRow};
pub use holder::Holder;
pub use id::{IdError, RunId};
pub use inbox::{Inbox, Rejection};
pub use journal::{JournalBatch, JournalReader, JournalWriter};
pub use labels::{LabelError, RunLabels};
pub(crate) use lock::liveness;
pub use lock::{Liveness, LockError, RunLock};
pub use manifest::{ForkPoint, Pause, Provenance, Results, RunManifest, SettingChange};
pub use rate_jump::RateJump;
pub use run_dir::RunDir;
pub use schema::SCHEMA;
pub use state::{RunState, StateName};
pub use watch::Watch;
