//! The settings of a run: what they are, their ranges, and how they change.

mod change;
mod config;
mod limits;
mod optimizer;
mod schedule;
mod setting;
mod sweep;

pub use change::Change;
pub use config::{DeviceChoice, RunConfig};
pub use limits::ConfigError;
pub use optimizer::OptimizerSettings;
pub use schedule::{Schedule, ScheduleError};
pub use setting::Setting;
pub use sweep::{Axis, SweepError, sweep};
