//! What repeating a training with other seeds changes.

use crate::metrics::Spread;

/// The standard deviation of a result between runs that differ by nothing but their seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeedNoise {
    /// The standard deviation.
    pub deviation: f64,
    /// Degrees of freedom that it was estimated with, at least 1.
    pub freedom: usize,
}

impl SeedNoise {
    /// The noise within these groups of repeated runs, taken to be the same in all of them; `None` where no group has
    /// two runs.
    pub fn within(groups: impl IntoIterator<Item = Spread>) -> Option<Self> {
        let (mut squares, mut freedom) = (0.0, 0);
        for Spread { count, deviation, .. } in groups {
            if let Some(deviation) = deviation {
                squares += deviation * deviation * (count - 1) as f64;
                freedom += count - 1;
            }
        }
        (freedom > 0).then(|| Self { deviation: (squares / freedom as f64).sqrt(), freedom })
    }

    /// How far two repeated runs are apart at most in 95 of 100 pairs: the deviation, times the square root of two for
    /// a difference, times the quantile of Student's t for what is not known of a deviation from few runs.
    pub fn margin(self) -> f64 {
        self.deviation * std::f64::consts::SQRT_2 * student(self.freedom)
    }
}

/// The 97.5 % quantile of Student's t, to three decimals: a table for few degrees of freedom, and the expansion of
/// Abramowitz and Stegun 26.7.5 for more.
fn student(freedom: usize) -> f64 {
    const FEW: [f64; 9] = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622];
    const NORMAL: f64 = 1.959_964;
    if let Some(quantile) = freedom.checked_sub(1).and_then(|place| FEW.get(place)) {
        return *quantile;
    }
    let n = freedom.max(1) as f64;
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
    fn quantiles_are_scipys() {
        for (freedom, expected) in
            [(1, 12.7062), (2, 4.3027), (9, 2.2622), (10, 2.2281), (15, 2.1314), (30, 2.0423), (120, 1.9799)]
        {
            assert!((student(freedom) - expected).abs() < 5e-4, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn groups_of_two_or_more_tell_the_noise() {
        let two = Spread::of([0.86, 0.88]);
        let noise = SeedNoise::within([two, Spread::of([0.5])]).unwrap();
        assert_eq!(noise.freedom, 1);
        assert!((noise.margin() - 0.02 * 12.7062).abs() < 1e-9);
        // Deviations of 0.0141 with one degree of freedom and 0.01 with two.
        let pooled = SeedNoise::within([two, Spread::of([0.80, 0.81, 0.82])]).unwrap();
        assert_eq!(pooled.freedom, 3);
        assert!((pooled.deviation - (4e-4_f64 / 3.0).sqrt()).abs() < 1e-9);
        assert_eq!(SeedNoise::within([Spread::of([0.5]), Spread::of([])]), None);
    }
}
