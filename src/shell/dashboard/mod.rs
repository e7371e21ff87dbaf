//! The dashboard process: terminal, input, event loop, and the threads that read runs.

mod event_loop;
mod input;
mod input_parser;
mod observe;
mod snapshot;
mod terminal;

pub use event_loop::{DashboardOptions, dashboard};
pub use input_parser::{Input, InputParser};
pub use snapshot::{Scene, snapshot};
pub use terminal::is_terminal;
