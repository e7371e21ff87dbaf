//! Plain numbers: curves that thin out without lying, smoothing, axis ticks, pace, and numbers as text.
//!
//! This layer uses the standard library only and knows neither where a number comes from nor what shows it.
mod range_test;
pub mod text;

mod plot;
mod stats;
pub(crate) use plot::floor_index;
pub use plot::{Curve, Interval, LogScale, XScale};
pub use plot::{LinearScale, Point, Series, Tick, TickStep, nice_bounds, ticks, ticks_by};
pub use range_test::{RangeTest, Suggestion};
pub use stats::{Ema, McNemar, McNemarMethod, Pace, Paired, SeedNoise, Spread};
