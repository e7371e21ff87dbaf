//! Runs on disk: the formats, the store of runs, and following one.
//!
//! A run is a directory ([`RunDir`] has its layout). Its trainer holds the lock, appends [`Event`]s to the journal,
//! replaces checkpoints and `run.json` as a whole, and takes [`Command`]s from the inbox. Anyone may read at any time:
//! [`Store`] lists and finds runs, [`Follower`] follows one.
//!
//! Whatever is read may be torn, damaged, hostile or from a newer version: that is an error with a name or is left out,
//! never a panic, and text is [sanitized](sanitize()) on the way in.

mod dir;
mod disk;
mod export;
mod protocol;
mod query;
mod settings;
mod store;

pub use dir::{
    Changed, Checkpoint, CheckpointError, CheckpointName, CheckpointNameError, EpochRow, Follower, History,
    Holder, IdError, Inbox, JournalBatch, JournalReader, JournalWriter, LabelError, Labels, Liveness,
    NamedTensor, Pause, Provenance, Rejection, Results, RunDir, RunError, RunId, RunLock, RunManifest,
    RunState, SCHEMA, StepRow, TrainState, Update,
};
pub use disk::{Extra, sanitize, write_atomic, write_new};
pub use protocol::{
    Command, DataInfo, Event, JournalEntry, LayerRow, PauseReason, Position, RecordedStatus, StepTime,
};
pub use query::{
    Completion, Field, NOT_IN_RECIPE, Query, QueryError, Recipe, Sort, UnknownField, Value, complete,
};
pub use settings::{
    Axis, Change, ConfigError, DeviceChoice, OptimizerSettings, RunConfig, Schedule, ScheduleError, Setting,
    SettingValue, SweepError, ValueKind, sweep,
};
pub use store::{ListUpdate, Lister, Listing, NewRun, Origin, Queue, RunEntry, Store};
