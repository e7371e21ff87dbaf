//! How much results vary between runs that differ only in their seed.

use crate::metrics::Spread;

/// The pooled standard deviation of a result over runs that differ only in their seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeedNoise {
    /// The pooled standard deviation, in the unit of the result.
    pub deviation: f64,
    /// Degrees of freedom of the estimate: runs less groups, at least 1.
    pub degrees_of_freedom: usize,
}

impl SeedNoise {
    /// Pools the deviations of groups of repeated runs, assuming equal variance in each; `None` if no group has two
    /// runs.
    pub fn within(groups: impl IntoIterator<Item = Spread>) -> Option<Self> {
        let (mut squares, mut degrees_of_freedom) = (0.0, 0);
        for Spread { count, deviation, .. } in groups {
            if let Some(deviation) = deviation {
                squares += deviation * deviation * (count - 1) as f64;
                degrees_of_freedom += count - 1;
            }
        }
        (degrees_of_freedom > 0)
            .then(|| Self { deviation: (squares / degrees_of_freedom as f64).sqrt(), degrees_of_freedom })
    }

    /// The 95 % margin for the difference between two repeated runs: `deviation · √2 · t`, with the 97.5 % quantile of
    /// Student's t, because the deviation is itself estimated from few runs.
    pub fn margin(self) -> f64 {
        self.deviation * std::f64::consts::SQRT_2 * student_t(self.degrees_of_freedom)
    }
}

/// The 97.5 % quantile of Student's t, to three decimals: a table below 10 degrees of freedom, above it the expansion
/// of Abramowitz and Stegun 26.7.5.
fn student_t(degrees_of_freedom: usize) -> f64 {
    const TABLE: [f64; 9] = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622];
    const NORMAL: f64 = 1.959_964;
    if let Some(quantile) = degrees_of_freedom.checked_sub(1).and_then(|index| TABLE.get(index)) {
        return *quantile;
    }
    let n = degrees_of_freedom.max(1) as f64;
    let z = |power: i32| NORMAL.powi(power);
    NORMAL
        + (z(3) + z(1)) / (4.0 * n)
        + (5.0 * z(5) + 16.0 * z(3) + 3.0 * z(1)) / (96.0 * n * n)
        + (3.0 * z(7) + 19.0 * z(5) + 17.0 * z(3) - 15.0 * z(1)) / (384.0 * n * n * n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_t_matches_scipy() {
        for (freedom, expected) in
            [(1, 12.7062), (2, 4.3027), (9, 2.2622), (10, 2.2281), (15, 2.1314), (30, 2.0423), (120, 1.9799)]
        {
            assert!((student_t(freedom) - expected).abs() < 5e-4, "{freedom}: {}", student_t(freedom));
        }
    }

    #[test]
    fn groups_of_two_or_more_are_pooled() {
        let two = Spread::of([0.86, 0.88]);
        let noise = SeedNoise::within([two, Spread::of([0.5])]).unwrap();
        assert_eq!(noise.degrees_of_freedom, 1);
        assert!((noise.margin() - 0.02 * 12.7062).abs() < 1e-9);
        // Deviations of 0.0141 with one degree of freedom and 0.01 with two.
        let pooled = SeedNoise::within([two, Spread::of([0.80, 0.81, 0.82])]).unwrap();
        assert_eq!(pooled.degrees_of_freedom, 3);
        assert!((pooled.deviation - (4e-4_f64 / 3.0).sqrt()).abs() < 1e-9);
        assert_eq!(SeedNoise::within([Spread::of([0.5]), Spread::of([])]), None);
    }
}
