//! Runs on disk: the formats, the store of runs, and following one.
//!
//! A run is a directory ([`RunDir`] has its layout). Its trainer holds the lock, appends [`Event`]s to the journal,
//! replaces checkpoints and `run.json` as a whole, and takes [`Command`]s from the inbox. Anyone may read at any time:
//! [`Store`] lists and finds runs, [`Follower`] follows one.
//!
//! Whatever is read may be torn, damaged, hostile or from a newer version: that is an error with a name or is left out,
//! never a panic, and text is [sanitized](sanitize()) on the way in.

mod apply;
mod change;
mod checkpoint;
mod checkpoint_name;
mod command;
mod config;
mod dir;
mod error;
mod event;
mod field;
mod file;
mod float;
mod follow;
mod fork;
mod history;
mod id;
mod inbox;
mod journal;
mod labels;
mod limits;
mod lines;
mod lister;
mod lock;
mod manifest;
mod optimizer;
mod query;
mod queue;
mod recipe;
mod sanitize;
mod schedule;
mod setting;
mod sort;
mod state;
mod store;
mod sweep;
mod tensorboard;
mod trash;
mod watched;

pub use change::Change;
pub use checkpoint::{Changed, Checkpoint, CheckpointError, NamedTensor, TrainState};
pub use checkpoint_name::{CheckpointName, CheckpointNameError};
pub use command::Command;
pub use config::{DeviceChoice, RunConfig};
pub use dir::RunDir;
pub use error::RunError;
pub use event::{DataInfo, Event, JournalEntry, LayerRow, PauseReason, Position, RecordedStatus, StepTime};
pub use field::{Field, Value};
pub use file::{write_atomic, write_new};
pub use follow::{Follower, Update};
pub use history::{EpochRow, History, StepRow};
pub use id::{IdError, RunId};
pub use inbox::{Inbox, Rejection};
pub use journal::{JournalBatch, JournalReader, JournalWriter};
pub use labels::{LabelError, Labels};
pub use limits::ConfigError;
pub use lister::{ListUpdate, Lister};
pub use lock::{Holder, Liveness, RunLock};
pub use manifest::{Extra, Pause, Provenance, Results, RunManifest, SCHEMA};
pub use optimizer::OptimizerSettings;
pub use query::{Completion, Query, QueryError, complete};
pub use queue::Queue;
pub use recipe::{NOT_IN_RECIPE, Recipe};
pub use sanitize::sanitize;
pub use schedule::{Schedule, ScheduleError};
pub use setting::Setting;
pub use sort::{Sort, UnknownField};
pub use state::RunState;
pub use store::{Listing, NewRun, Origin, RunEntry, Store};
pub use sweep::{Axis, SweepError, sweep};
