//! What a trainer reports ([`Event`]) and what it can be asked to do ([`Command`]).

mod command;
mod event;

pub use command::Command;
pub use event::{DataInfo, Event, JournalEntry, LayerRow, PauseReason, Position, RecordedStatus, StepTime};
