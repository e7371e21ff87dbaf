//! Communication with trainers: their [`Event`]s, [`Command`]s to them, and the [`Timeline`] folded from events.

mod command;
mod epoch;
mod event;
mod machine;
mod report;
mod status;
mod timeline;
mod unit;

pub use command::Command;
pub use epoch::{EpochMetric, EpochReport, LastField};
pub use event::{Event, JournalEntry};
pub use machine::{Capacity, GpuUse, MachineUse};
pub use report::{DataInfo, LayerRow, Position, StepBatch, StepTime, TrainerInfo};
pub use status::{PauseReason, RunStatus};
pub use timeline::{Annotation, AnnotationKind, Rewind, StepLog, TimedEpoch, Timeline};
pub use unit::Unit;
