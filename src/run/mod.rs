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
    Changed, Checkpoint, CheckpointError, CheckpointName, CheckpointNameError, Follower, History, Holder,
    IdError, Inbox, JournalBatch, JournalReader, JournalWriter, LabelError, Labels, Liveness, LockError,
    NamedTensor, Pause, Provenance, Rejection, Results, RunDir, RunError, RunId, RunLock, RunManifest,
    RunState, SCHEMA, StepRow, TrainState, Update,
};
pub use disk::{Extra, FileError, sanitize, write_atomic, write_new};
pub use protocol::{
    Annotation, AnnotationKind, Command, DataInfo, EpochMetric, EpochReport, Event, JournalEntry, LastField,
    LayerRow, PauseReason, Position, RecordedStatus, Rewind, StepBatch, StepLog, StepTime, TimedEpoch,
    Timeline, TrainerInfo, Unit,
};
pub use query::{
    Completion, Field, NOT_IN_RECIPE, Query, QueryError, Recipe, Sort, UnknownField, Value, complete,
};
pub use settings::{
    Axis, Change, ConfigError, DeviceChoice, OptimizerSettings, RunConfig, Schedule, ScheduleError, Setting,
    SettingValue, SweepError, ValueKind, sweep,
};
pub use store::{ListUpdate, Lister, Listing, NewRun, Origin, Queue, RunEntry, Store};
