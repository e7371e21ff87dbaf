//! Runs on disk: formats, the store, and following a run.
//!
//! A run is a directory ([`RunDir`] has its layout). Its trainer holds the lock, appends [`Event`]s to the journal,
//! replaces checkpoints and `run.json` as a whole, and takes [`Command`]s from the inbox. Anyone may read at any time:
//! [`Store`] lists and finds runs, [`Follower`] follows one.
//!
//! Files may be incomplete, damaged, hostile or from a newer version. This results in an error or is ignored, never in a
//! panic, and text is [sanitized](sanitize()) when it is read.

mod dir;
mod disk;
mod export;
mod protocol;
mod query;
mod settings;
mod store;
#[cfg(test)]
pub(crate) mod testing;

pub use dir::{
    Changed, Checkpoint, CheckpointError, CheckpointName, CheckpointNameError, Follower, ForkPoint, History,
    Holder, IdError, Inbox, JournalBatch, JournalReader, JournalWriter, LabelError, Liveness, LockError,
    NamedTensor, Pause, Provenance, RateJump, Rejection, Results, RunDir, RunError, RunId, RunLabels,
    RunLock, RunManifest, RunState, SCHEMA, SettingChange, StateName, StepRow, TrainState, Update, Watch,
};
pub(crate) use disk::float::widen;
pub use disk::{Extra, FileError, sanitize, write_atomic, write_new};
pub use export::EventFile;
pub use protocol::{
    Annotation, AnnotationKind, Capacity, Command, DataInfo, EpochMetric, EpochReport, Event, GpuUse,
    JournalEntry, LastField, LayerRow, MachineUse, PauseReason, Position, Rewind, RunStatus, StepBatch,
    StepLog, StepTime, TimedEpoch, Timeline, TrainerInfo, Unit,
};
pub use query::{
    Completion, Field, FieldValue, FieldVersion, Query, QueryError, Recipe, Sort, UnknownField, complete,
};
pub use settings::{
    Axis, Change, ConfigError, DeviceChoice, OptimizerSettings, RunConfig, Schedule, ScheduleError, Setting,
    SettingValue, SweepError, ValueKind, sweep,
};
pub use store::{ListUpdate, ListedRun, Lister, Listing, NewRun, Origin, Queue, Store};
