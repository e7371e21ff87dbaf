//! Statistics: moving averages, throughput, spread over seeds, significance tests.

mod ema;
mod noise;
mod pace;
mod paired;
mod spread;

pub use ema::Ema;
pub use noise::SeedNoise;
pub use pace::Pace;
pub use paired::{McNemar, McNemarMethod, Paired};
pub use spread::Spread;
