//! Series, intervals, axis scales and ticks for charts.

mod curve;
mod interval;
mod log_scale;
mod projection;
mod series;
mod ticks;
mod x_scale;

pub use curve::Curve;
pub use interval::Interval;
pub(crate) use interval::floor_index;
pub use log_scale::LogScale;
pub use series::{Point, Series};
pub use ticks::{LinearScale, Tick, TickStep, nice_bounds, ticks, ticks_by};
pub use x_scale::XScale;
