//! A run is a directory: its formats, the store of runs, and following one that lives.

mod checkpoint;
mod command;
mod config;
mod event;
mod float;
mod id;
mod record;
mod sanitize;

pub use checkpoint::{Checkpoint, NamedTensor, Progress};
pub use command::Command;
pub use config::{ConfigError, Device, Optimizer, RunConfig, Schedule};
pub use event::{DataInfo, Event, LayerRow, PauseReason, Record, Status};
pub use id::{IdError, RunId};
pub use record::{Extra, Provenance, RunRecord, SCHEMA, Summary};
pub use sanitize::sanitize;
