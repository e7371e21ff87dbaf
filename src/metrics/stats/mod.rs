//! Statistics: moving averages, throughput, spread over seeds, significance tests.

mod ema;
mod mcnemar;
mod noise;
mod pace;
mod spread;

pub use ema::Ema;
pub use mcnemar::{ContingencyTable, McNemar, McNemarMethod};
pub use noise::SeedNoise;
pub use pace::Pace;
pub use spread::Spread;
