//! Numbers for charts and tables: series, smoothing, statistics, axis scales and ticks, and number formatting.
//!
//! This layer is independent of where numbers come from and how they are shown.
//!
//! - `stats`: moving averages, throughput, spread over seeds, McNemar's test.
//! - `plot`: series, intervals, scales and ticks.
//! - [`text`]: numbers as text.
//! - `range_test`: the learning-rate range test, which uses both folders.

mod range_test;
pub mod text;

mod plot;
mod stats;
pub(crate) use plot::floor_index;
pub use plot::{
    Curve, Interval, LinearScale, LogScale, Point, Series, Tick, TickStep, XScale, nice_bounds, ticks,
    ticks_by,
};
pub use range_test::{RangeTest, Suggestion};
pub use stats::{ContingencyTable, Ema, McNemar, McNemarMethod, Pace, SeedNoise, Spread};
