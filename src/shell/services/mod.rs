//! Operations that the dashboard and the command line share.

mod doctor;
mod fork;
mod lr_finder;
mod new_run;
mod predict;
mod untrained;

pub use doctor::{Finding, examine};
pub use fork::fork;
pub(crate) use lr_finder::RangeTestThread;
pub use lr_finder::lr_find;
pub use new_run::new_run;
pub use predict::predictions;
pub(crate) use predict::{answer, send_predictions};
pub use untrained::{Untrained, untrained};
