//! The trainer process: training, and the run directory it is recorded in.

mod launch;
mod port;
mod process;
mod progress_lines;
mod queue_worker;
mod recorder;
mod replay;
mod watch;

pub use launch::{launch, record_failed_start};
pub use process::{StartedBy, check, check_all, train_run};
pub use progress_lines::ProgressLines;
pub use queue_worker::{launch_queue, queue_runs, restore, work_on_queue};
pub use watch::watch;
