//! Smoothing of a noisy curve.

/// An exponential moving average without the pull towards zero at its start.
///
/// Each value's weight is divided by the weights so far, so the first average is the first value, and a constant
/// stays that constant to the last bit. Values that are not finite are no part of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ema {
    keep: f64,
    weight: f64,
    mean: f64,
}

impl Ema {
    /// An average that keeps the share `keep` of its past at each value; taken into 0 to 0.9999.
    pub const fn new(keep: f64) -> Self {
        let keep = if keep.is_nan() { 0.0 } else { keep.clamp(0.0, 0.9999) };
        Self { keep, weight: 0.0, mean: 0.0 }
    }

    /// An average over about the last `values` values.
    pub const fn over(values: f64) -> Self {
        Self::new(1.0 - 2.0 / (values.max(1.0) + 1.0))
    }

    /// Takes in one value and returns the average, which is NaN where the value is not finite: a gap stays a gap.
    pub fn push(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            return f64::NAN;
        }
        self.weight = self.keep * self.weight + (1.0 - self.keep);
        self.mean += (value - self.mean) * ((1.0 - self.keep) / self.weight);
        self.mean
    }

    /// The average so far, or `None` before the first value.
    pub fn value(self) -> Option<f64> {
        (self.weight > 0.0).then_some(self.mean)
    }

    /// Forgets every value.
    pub const fn reset(&mut self) {
        *self = Self::new(self.keep);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_average_is_the_first_value() {
        let mut ema = Ema::over(50.0);
        assert_eq!(ema.value(), None);
        assert!((ema.push(2.3) - 2.3).abs() < 1e-15);
    }

    #[test]
    fn what_is_not_a_number_is_a_gap_and_poisons_nothing() {
        let mut ema = Ema::new(0.5);
        ema.push(1.0);
        assert!(ema.push(f64::NAN).is_nan());
        assert!(ema.push(f64::INFINITY).is_nan());
        assert_eq!(ema.value(), Some(1.0));
    }

    #[test]
    fn the_weights_are_those_of_the_formula() {
        let mut ema = Ema::new(0.5);
        ema.push(0.0);
        // (0.5 * 0 + 1 * 3) / 1.5
        assert!((ema.push(3.0) - 2.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_constant_stays_constant(value in -1e6..1e6_f64, keep in 0.0..1.0_f64, count in 1..500_usize) {
            let mut ema = Ema::new(keep);
            for _ in 0..count {
                prop_assert_eq!(ema.push(value).to_bits(), value.to_bits());
            }
        }

        #[test]
        fn it_stays_within_what_it_has_seen(values in prop::collection::vec(-1e6..1e6_f64, 1..100)) {
            let mut ema = Ema::over(10.0);
            let (mut low, mut high) = (f64::MAX, f64::MIN);
            for value in values {
                (low, high) = (low.min(value), high.max(value));
                let mean = ema.push(value);
                prop_assert!(low - 1e-6 <= mean && mean <= high + 1e-6);
            }
        }
    }
}
