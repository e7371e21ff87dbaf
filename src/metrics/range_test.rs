//! The learning rate with which a network learns fastest.

use crate::metrics::{Curve, Ema, Interval, Point};

/// The rates that are tried.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 10.0;
/// Steps from the one to the other: 50 for each power of ten.
const STEPS: usize = 350;
/// What the smoothed loss keeps of its past at each step: it lags by nine steps, less than a fifth of a power of ten.
const KEEP: f64 = 0.9;
/// The test ends when the smoothed loss is this many times its lowest.
const DIVERGED: f64 = 4.0;
/// Steps on each side over which a slope is measured.
const REACH: usize = 12;
/// What the loss must fall by for the test to say anything, as a share of where it began.
const FALL: f64 = 0.05;

/// A learning-rate range test (Smith, 2017, section 3.3, <https://arxiv.org/abs/1506.01186>): a fresh network is trained
/// with a learning rate that rises from step to step, and the loss tells what each rate does.
///
/// As in fastai's `lr_find` (<https://docs.fast.ai/callback.schedule.html#learner.lr_find>, after
/// <https://sgugger.github.io/how-do-you-find-a-good-learning-rate.html>) the rate rises exponentially, here from 1e-6
/// to 10 in 350 steps, the loss is smoothed by a moving average without bias, and the test ends early when that is four
/// times its lowest or no number any more.
#[derive(Debug, Clone)]
pub struct RangeTest {
    /// Loss by the logarithm of the rate to base ten.
    losses: Curve,
    is_over: bool,
}

/// What a range test suggests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion {
    /// The rate at which the smoothed loss falls most steeply over the logarithm of the rate: fastai's `steep`.
    pub steep: f64,
    /// A tenth of the rate at which the smoothed loss is lowest: fastai's `minimum`.
    pub tenth: f64,
}

impl Default for RangeTest {
    fn default() -> Self {
        Self { losses: Curve::new(Ema::new(KEEP)), is_over: false }
    }
}

impl RangeTest {
    /// The logarithms of the rates that are tried.
    pub fn span() -> Interval {
        Interval::new(LOWEST.log10(), HIGHEST.log10()).unwrap_or(Interval::UNIT)
    }

    /// The rate of the next step; `None` when there is nothing more to try.
    pub fn next_rate(&self) -> Option<f64> {
        (!self.is_over).then(|| 10_f64.powf(self.next()))
    }

    /// The logarithm of the rate of the next step.
    fn next(&self) -> f64 {
        let span = Self::span();
        span.low() + span.width() * self.steps() as f64 / (STEPS - 1) as f64
    }

    /// Takes in the loss of the next step, measured before its weights change.
    pub fn push(&mut self, loss: f64) {
        if self.is_over {
            return;
        }
        self.losses.push(self.next(), loss);
        let smooth = self.losses.smooth();
        let diverged = smooth
            .last()
            .zip(smooth.lowest())
            .is_none_or(|(last, lowest)| !last.y.is_finite() || last.y > DIVERGED * lowest.y);
        self.is_over = diverged || self.steps() == STEPS;
    }

    /// Whether there is nothing more to try.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Steps done.
    pub fn steps(&self) -> usize {
        self.losses.raw().points().len()
    }

    /// The share of the steps that is done.
    pub fn progress(&self) -> f64 {
        if self.is_over { 1.0 } else { self.steps() as f64 / STEPS as f64 }
    }

    /// Loss by the logarithm of the rate to base ten.
    pub const fn losses(&self) -> &Curve {
        &self.losses
    }

    /// Where the smoothed loss is lowest.
    pub fn lowest(&self) -> Option<Point> {
        self.losses.smooth().lowest()
    }

    /// What the losses so far suggest, in two digits; `None` where the loss has not fallen.
    pub fn suggestion(&self) -> Option<Suggestion> {
        let smooth = self.losses.smooth().points();
        let lowest = self.lowest()?;
        if lowest.y > smooth.first()?.y * (1.0 - FALL) {
            return None;
        }
        let before = smooth.iter().take_while(|point| point.x <= lowest.x).count();
        let slope = |at: usize| -> f64 {
            // The sum of squares below is the same for every place: the points are equally far apart.
            (1..=REACH).map(|reach| (smooth[at + reach].y - smooth[at - reach].y) * reach as f64).sum()
        };
        let last = before.min(smooth.len().saturating_sub(REACH));
        let steepest = (REACH..last).min_by(|one, other| slope(*one).total_cmp(&slope(*other)))?;
        let rate = |logarithm: f64| two_digits(10_f64.powf(logarithm));
        Some(Suggestion { steep: rate(smooth[steepest].x), tenth: rate(lowest.x - 1.0) })
    }
}

/// A number with its first two digits.
fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A test of losses by the logarithm of their rate.
    fn test(loss: impl Fn(f64) -> f64) -> RangeTest {
        let mut test = RangeTest::default();
        while let Some(rate) = test.next_rate() {
            test.push(loss(rate.log10()));
        }
        test
    }

    #[test]
    fn rates_rise_by_the_same_factor_from_the_lowest_to_the_highest() {
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
    fn the_steepest_descent_and_a_tenth_of_the_lowest_are_suggested() {
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
    fn a_loss_that_is_no_number_ends_the_test() {
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
        fn any_losses_can_be_taken(losses in prop::collection::vec(any::<f64>(), 0..400)) {
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
