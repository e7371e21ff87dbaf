//! How curves are smoothed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far back the average of a smoothed curve looks, as a share of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Smoothing(f64);

impl Default for Smoothing {
    /// A tenth of an epoch: little enough to follow the first fall, enough to tell one epoch from the next.
    fn default() -> Self {
        Self(0.1)
    }
}

impl Smoothing {
    /// The shares that a key goes through.
    const SHARES: [f64; 6] = [0.0, 0.01, 0.03, 0.1, 0.3, 1.0];
    /// The fewest steps for each whole epoch: where epochs are short, a share of one smooths nothing.
    const LEAST: f64 = 100.0;

    pub(super) fn next(self) -> Self {
        Self(Self::SHARES.into_iter().find(|share| *share > self.0).unwrap_or(Self::SHARES[0]))
    }

    /// How many steps it looks back; one is the step itself.
    pub fn steps(self, steps_per_epoch: f64) -> f64 {
        (self.0 * steps_per_epoch.max(Self::LEAST)).max(1.0)
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
