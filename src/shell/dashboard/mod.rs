//! The dashboard process: the terminal, its keys, and the runs it watches.

mod event_loop;
mod input;
mod observe;
mod snapshot;
mod terminal;

pub use event_loop::{DashboardOptions, dashboard};
pub use snapshot::{Scene, snapshot};
pub use terminal::is_terminal;
