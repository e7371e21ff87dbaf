//! Everything outside the program: processes, signals, the terminal, the clock, and file locations.

mod clock;
mod dashboard;
mod error;
mod file_size_limit;
mod machine;
mod panic_report;
mod paths;
mod provenance;
mod resources;
mod services;
mod thread;
mod trainer;

pub use dashboard::{DashboardOptions, Input, InputParser, Scene, dashboard, is_terminal, snapshot};
pub use error::ShellError;
pub use file_size_limit::survive_file_size_limit;
pub use paths::{config_dir, store};
pub use provenance::provenance;
pub use resources::with_absolute_data;
pub use services::{Finding, Untrained, examine, fork, lr_find, new_run, predictions, untrained};
pub use trainer::{
    CudaAnswer, CudaProblem, Measurement, ProgressLines, StartedBy, answer_measure, answer_probe, check,
    check_all, launch, launch_queue, queue_runs, record_failed_start, restore, train_in_foreground,
    train_run, watch, work_on_queue,
};
