//! The trainer process: training, and the run directory it is recorded in.

mod cuda_problem;
mod executable;
mod launch;
mod port;
mod process;
mod progress_lines;
mod queue_worker;
mod recorder;
mod replay;
mod speed;
mod wait;
mod watch;

pub use cuda_problem::CudaProblem;
pub use executable::{CudaAnswer, answer_measure, answer_probe};
pub(crate) use executable::{measure_cuda, usable_gpu};
pub use launch::{launch, record_failed_start, train_in_foreground};
pub use process::{check, check_all, train_run};
pub use progress_lines::ProgressLines;
pub use queue_worker::{launch_queue, queue_runs, restore, work_on_queue};
pub use speed::Measurement;
pub(crate) use speed::measure;
pub use wait::StartedBy;
pub use watch::watch;
