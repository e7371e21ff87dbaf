//! Exponential moving average.

/// A bias-corrected exponential moving average.
///
/// The sum of weights is tracked and divided out (as in Adam, and pandas' `ewm(adjust=True)`), so the first average
/// equals the first value and a constant input is reproduced bit for bit. Non-finite values are skipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ema {
    decay: f64,
    /// Sum of the weights so far, which approaches 1.
    weight: f64,
    mean: f64,
}

impl Ema {
    /// An average whose past is multiplied by `decay` at each value; clamped to 0..=0.9999, NaN counts as 0.
    pub const fn new(decay: f64) -> Self {
        let decay = if decay.is_nan() { 0.0 } else { decay.clamp(0.0, 0.9999) };
        Self { decay, weight: 0.0, mean: 0.0 }
    }

    /// An average over about the last `span` values: decay `1 - 2 / (span + 1)`, as in pandas.
    pub const fn with_span(span: f64) -> Self {
        Self::new(1.0 - 2.0 / (span.max(1.0) + 1.0))
    }

    /// Adds a value and returns the new average; returns NaN for a non-finite value, so that a gap stays a gap.
    pub fn push(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            return f64::NAN;
        }
        self.weight = self.decay * self.weight + (1.0 - self.decay);
        self.mean += (value - self.mean) * ((1.0 - self.decay) / self.weight);
        self.mean
    }

    /// The current average; `None` before the first finite value.
    pub fn value(self) -> Option<f64> {
        (self.weight > 0.0).then_some(self.mean)
    }

    /// Discards all values and keeps the decay.
    pub const fn reset(&mut self) {
        *self = Self::new(self.decay);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn first_average_equals_first_value() {
        let mut ema = Ema::with_span(50.0);
        assert_eq!(ema.value(), None);
        assert!((ema.push(2.3) - 2.3).abs() < 1e-15);
    }

    #[test]
    fn non_finite_values_return_nan_and_leave_the_average_unchanged() {
        let mut ema = Ema::new(0.5);
        ema.push(1.0);
        assert!(ema.push(f64::NAN).is_nan());
        assert!(ema.push(f64::INFINITY).is_nan());
        assert_eq!(ema.value(), Some(1.0));
    }

    #[test]
    fn weights_follow_the_bias_corrected_formula() {
        let mut ema = Ema::new(0.5);
        ema.push(0.0);
        // (0.5 * 0 + 1 * 3) / 1.5
        assert!((ema.push(3.0) - 2.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn constant_input_is_reproduced_exactly(value in -1e6..1e6_f64, decay in 0.0..1.0_f64, count in 1..500_usize) {
            let mut ema = Ema::new(decay);
            for _ in 0..count {
                prop_assert_eq!(ema.push(value).to_bits(), value.to_bits());
            }
        }

        #[test]
        fn average_stays_within_the_range_of_its_inputs(values in prop::collection::vec(-1e6..1e6_f64, 1..100)) {
            let mut ema = Ema::with_span(10.0);
            let (mut low, mut high) = (f64::MAX, f64::MIN);
            for value in values {
                (low, high) = (low.min(value), high.max(value));
                let mean = ema.push(value);
                prop_assert!(low - 1e-6 <= mean && mean <= high + 1e-6);
            }
        }
    }
}
