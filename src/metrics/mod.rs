//! Plain numbers: curves that thin out without lying, smoothing, axis ticks, pace, and numbers as text.
//!
//! This layer uses the standard library only and knows neither where a number comes from nor what shows it.
mod curve;
mod ema;
mod log_ladder;
mod noise;
mod pace;
mod paired;
mod range_test;
mod ruler;
mod series;
mod span;
mod spread;
pub mod text;
mod ticks;

pub use curve::Curve;
pub use ema::Ema;
pub use log_ladder::LogLadder;
pub use noise::SeedNoise;
pub use pace::Pace;
pub use paired::{McNemar, McNemarMethod, Paired};
pub use range_test::{RangeTest, Suggestion};
pub use ruler::Ruler;
pub use series::{Point, Series};
pub use span::Span;
pub(crate) use span::floor_index;
pub use spread::Spread;
pub use ticks::{Ladder, Step, Tick, nice_bounds, ticks, ticks_by};
