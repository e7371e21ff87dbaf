//! What a trainer reports ([`Event`]), what it can be asked to do ([`Command`]), and what its reports add up to
//! ([`Timeline`]).

mod command;
mod epoch;
mod event;
mod report;
mod status;
mod timeline;
mod unit;

pub use command::Command;
pub use epoch::{EpochMetric, EpochReport, LastField};
pub use event::{Event, JournalEntry};
pub use report::{DataInfo, LayerRow, Position, StepBatch, StepTime, TrainerInfo};
pub use status::{PauseReason, RecordedStatus};
pub use timeline::{Annotation, AnnotationKind, Rewind, StepLog, TimedEpoch, Timeline};
pub use unit::Unit;
