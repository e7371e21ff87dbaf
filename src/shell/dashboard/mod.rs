//! The dashboard process: terminal, input, event loop, and the threads that read runs.

mod effects;
mod event_loop;
mod input;
mod input_parser;
mod observe;
mod options;
mod snapshot;
mod terminal;
mod trainers;

pub use event_loop::dashboard;
pub use input_parser::{Input, InputParser};
pub use options::DashboardOptions;
pub use snapshot::{Scene, snapshot};
pub use terminal::is_terminal;
