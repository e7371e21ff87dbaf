//! Training: the loop, worker threads, optimizers and learning-rate schedules. Independent of files and screens.

mod device;
mod engine;
mod error;
mod gpu_engine;
mod host_engine;
mod optimizer;
mod predict;
mod session;
mod training_loop;
mod workers;

pub(crate) use device::device_kind;
pub use error::TrainError;
pub use optimizer::Optimizer;
pub use predict::predict;
pub use session::{Advance, Session, StepResult};
pub use training_loop::{ControlMsg, TrainingHost, train};
pub use workers::{NetworkSpec, Workers};
