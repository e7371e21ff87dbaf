//! Smoothing of training losses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The span of the moving average, as a fraction of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Smoothing(f64);

impl Default for Smoothing {
    /// A tenth of an epoch: short enough to follow the initial fall, long enough to show differences between epochs.
    fn default() -> Self {
        Self(0.1)
    }
}

impl Smoothing {
    /// The fractions that the key cycles through.
    const SHARES: [f64; 6] = [0.0, 0.01, 0.03, 0.1, 0.3, 1.0];
    /// Epochs count as at least this many steps, since a fraction of a short epoch would smooth nothing.
    const MIN_STEPS_PER_EPOCH: f64 = 100.0;

    pub(super) fn next(self) -> Self {
        Self(Self::SHARES.into_iter().find(|share| *share > self.0).unwrap_or(Self::SHARES[0]))
    }

    /// The span in steps; 1 means no smoothing.
    pub fn steps(self, steps_per_epoch: f64) -> f64 {
        (self.0 * steps_per_epoch.max(Self::MIN_STEPS_PER_EPOCH)).max(1.0)
    }
}

impl fmt::Display for Smoothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0.0 => f.write_str("training losses are not smoothed"),
            1.0 => f.write_str("training losses are smoothed over an epoch"),
            share => write!(f, "training losses are smoothed over {share} of an epoch"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_goes_round() {
        let mut smoothing = Smoothing::default();
        let steps: Vec<f64> = (0..6)
            .map(|_| {
                smoothing = smoothing.next();
                smoothing.steps(1000.0)
            })
            .collect();
        let want = [300.0, 1000.0, 1.0, 10.0, 30.0, 100.0];
        assert!(steps.iter().zip(want).all(|(steps, want)| (steps - want).abs() < 1e-9), "{steps:?}");
        assert_eq!(Smoothing::default().steps(8.0).to_bits(), 10.0_f64.to_bits());
    }
}
