//! Plain numbers: curves that thin out without lying, smoothing, axis ticks, pace, and numbers as text.
//!
//! This layer uses the standard library only and knows neither where a number comes from nor what shows it.
mod curve;
mod ema;
mod interval;
mod log_scale;
mod noise;
mod pace;
mod paired;
mod range_test;
mod series;
mod spread;
pub mod text;
mod ticks;
mod x_scale;

pub use curve::Curve;
pub use ema::Ema;
pub use interval::Interval;
pub(crate) use interval::floor_index;
pub use log_scale::LogScale;
pub use noise::SeedNoise;
pub use pace::Pace;
pub use paired::{McNemar, McNemarMethod, Paired};
pub use range_test::{RangeTest, Suggestion};
pub use series::{Point, Series};
pub use spread::Spread;
pub use ticks::{LinearScale, Tick, TickStep, nice_bounds, ticks, ticks_by};
pub use x_scale::XScale;
