//! The learning-rate range test.

use crate::metrics::{Curve, Ema, Interval, Point};

/// The learning rates at the first and the last step.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 10.0;
/// Steps of a full test: 50 per decade of the learning rate.
const STEPS: usize = 350;
/// Decay of the smoothed loss. It lags by nine steps, less than a fifth of a decade.
const DECAY: f64 = 0.9;
/// The test stops when the smoothed loss exceeds its minimum by this factor.
const DIVERGED: f64 = 4.0;
/// Half-width, in steps, of the window that a slope is fitted over.
const SLOPE_RADIUS: usize = 12;
/// Without a relative drop of the loss of at least this much there is no suggestion.
const MIN_DROP: f64 = 0.05;

/// A learning-rate range test (Smith, 2017, section 3.3, <https://arxiv.org/abs/1506.01186>): train a fresh network
/// while the learning rate rises step by step, and record the loss at each rate.
///
/// As in fastai's `lr_find` (<https://docs.fast.ai/callback.schedule.html#learner.lr_find>, after
/// <https://sgugger.github.io/how-do-you-find-a-good-learning-rate.html>) the rate rises exponentially, here from 1e-6
/// to 10 in 350 steps, the loss is smoothed by a bias-corrected moving average, and the test stops early when that
/// exceeds four times its minimum or becomes NaN.
#[derive(Debug, Clone)]
pub struct RangeTest {
    /// Loss over log10 of the learning rate.
    losses: Curve,
    is_over: bool,
}

/// Learning rates suggested by a range test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion {
    /// The rate where the smoothed loss falls most steeply over log10 of the rate: fastai's `steep`.
    pub steep: f64,
    /// A tenth of the rate where the smoothed loss is lowest: fastai's `minimum`.
    pub tenth: f64,
}

impl Default for RangeTest {
    fn default() -> Self {
        Self { losses: Curve::new(Ema::new(DECAY)), is_over: false }
    }
}

impl RangeTest {
    /// The tested range, as log10 of the learning rate.
    pub fn log_rates() -> Interval {
        Interval::new(LOWEST.log10(), HIGHEST.log10()).unwrap_or(Interval::UNIT)
    }

    /// The learning rate of the next step; `None` when the test is over.
    pub fn next_rate(&self) -> Option<f64> {
        (!self.is_over).then(|| 10_f64.powf(self.next_log_rate()))
    }

    /// log10 of the learning rate of the next step.
    fn next_log_rate(&self) -> f64 {
        let span = Self::log_rates();
        span.low() + span.width() * self.steps() as f64 / (STEPS - 1) as f64
    }

    /// Records the loss of the next step, measured before its weight update. Ignored once the test is over.
    pub fn push(&mut self, loss: f64) {
        if self.is_over {
            return;
        }
        self.losses.push(self.next_log_rate(), loss);
        let smooth = self.losses.smooth();
        let diverged = smooth
            .last()
            .zip(smooth.lowest())
            .is_none_or(|(last, lowest)| !last.y.is_finite() || last.y > DIVERGED * lowest.y);
        self.is_over = diverged || self.steps() == STEPS;
    }

    /// Whether all rates were tried or the loss diverged.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Steps completed.
    pub fn steps(&self) -> usize {
        self.losses.raw().points().len()
    }

    /// Completed fraction of the test, from 0 to 1.
    pub fn progress(&self) -> f64 {
        if self.is_over { 1.0 } else { self.steps() as f64 / STEPS as f64 }
    }

    /// Loss over log10 of the learning rate, raw and smoothed.
    pub const fn losses(&self) -> &Curve {
        &self.losses
    }

    /// The minimum of the smoothed loss, by log10 of the rate.
    pub fn lowest(&self) -> Option<Point> {
        self.losses.smooth().lowest()
    }

    /// The suggestion so far, rounded to two digits; `None` if the loss has not dropped by at least 5 %.
    pub fn suggestion(&self) -> Option<Suggestion> {
        let smooth = self.losses.smooth().points();
        let lowest = self.lowest()?;
        if lowest.y > smooth.first()?.y * (1.0 - MIN_DROP) {
            return None;
        }
        let before = smooth.iter().take_while(|point| point.x <= lowest.x).count();
        let slope = |at: usize| -> f64 {
            // The points are equally spaced, so the denominator of the least-squares slope is constant and left out.
            (1..=SLOPE_RADIUS)
                .map(|offset| (smooth[at + offset].y - smooth[at - offset].y) * offset as f64)
                .sum()
        };
        let last = before.min(smooth.len().saturating_sub(SLOPE_RADIUS));
        let steepest = (SLOPE_RADIUS..last).min_by(|one, other| slope(*one).total_cmp(&slope(*other)))?;
        let rate = |logarithm: f64| two_digits(10_f64.powf(logarithm));
        Some(Suggestion { steep: rate(smooth[steepest].x), tenth: rate(lowest.x - 1.0) })
    }
}

/// Rounds to two significant digits.
fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs a whole test with a loss that is a function of log10 of the rate.
    fn test(loss: impl Fn(f64) -> f64) -> RangeTest {
        let mut test = RangeTest::default();
        while let Some(rate) = test.next_rate() {
            test.push(loss(rate.log10()));
        }
        test
    }

    #[test]
    fn rates_rise_exponentially_from_lowest_to_highest() {
        let mut test = RangeTest::default();
        let mut rates = Vec::new();
        while let Some(rate) = test.next_rate() {
            rates.push(rate);
            test.push(1.0);
        }
        assert_eq!(rates.len(), STEPS);
        assert!((rates[0] / LOWEST - 1.0).abs() < 1e-9 && (rates[STEPS - 1] / HIGHEST - 1.0).abs() < 1e-9);
        assert!(rates.windows(2).all(|pair| (pair[1] / pair[0] - rates[1] / rates[0]).abs() < 1e-9));
        assert_eq!(test.suggestion(), None, "a loss that does not fall suggests nothing");
    }

    #[test]
    fn suggests_the_steepest_descent_and_a_tenth_of_the_minimum() {
        // It falls from 2.3 to 0.5 around 0.01, is lowest at 0.1, and shoots up.
        let test = test(|x| {
            0.5 + 1.8 / (1.0 + (4.0 * (x + 2.0)).exp()) + if x > -1.0 { (x + 1.0) * 3.0 } else { 0.0 }
        });
        let Suggestion { steep, tenth } = test.suggestion().unwrap();
        // The average lags by nine steps, a factor of 1.5.
        assert!((0.01..0.02).contains(&steep), "{steep}");
        assert!((0.01..0.02).contains(&tenth), "{tenth}");
        assert!(test.is_over() && test.steps() < STEPS, "it ends when the loss is four times its lowest");
    }

    #[test]
    fn nan_loss_ends_the_test() {
        let test = test(|x| if x < -2.0 { 2.3 } else { f64::NAN });
        assert!(test.is_over() && test.steps() < STEPS);
        assert_eq!(test.losses().raw().first_non_finite(), test.losses().raw().last().map(|last| last.x));
        assert_eq!((test.progress().to_bits(), test.next_rate()), (1.0_f64.to_bits(), None));
    }

    #[test]
    fn suggestions_have_two_digits() {
        assert_eq!([0.031_62, 4.96e-5, 1.0].map(|x| two_digits(x).to_string()), ["0.032", "0.00005", "1"]);
    }

    proptest! {
        #[test]
        fn any_losses_are_accepted(losses in prop::collection::vec(any::<f64>(), 0..400)) {
            let mut test = RangeTest::default();
            for loss in losses {
                test.push(loss);
                if let Some(Suggestion { steep, tenth }) = test.suggestion() {
                    prop_assert!(steep > 0.0 && tenth > 0.0);
                }
            }
        }
    }
}
