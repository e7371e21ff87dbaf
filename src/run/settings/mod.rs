//! The settings of a run. To add one, add a row to the table in `table.rs`.

mod change;
mod config;
mod device;
mod error;
mod kind;
mod optimizer;
mod schedule;
mod setting;
mod sweep;
mod table;
mod value;

pub use device::DeviceChoice;
pub use error::ConfigError;
pub use kind::ValueKind;
pub use optimizer::OptimizerSettings;
pub use schedule::{Schedule, ScheduleError};
pub use setting::Setting;
pub use sweep::{Axis, SweepError, sweep};
pub use table::{Change, RunConfig};
pub use value::SettingValue;
