//! Throughput and time left.

use std::collections::VecDeque;

/// Samples kept per window; samples closer together than `window / SAMPLES_PER_WINDOW` replace each other.
const SAMPLES_PER_WINDOW: f64 = 128.0;

/// Throughput over a sliding window of active time.
///
/// Time is counted in active seconds, not wall-clock seconds, so a pause changes neither rate nor ETA. Everything is
/// `None` until two samples with progress between them have arrived.
#[derive(Debug, Clone)]
pub struct Pace {
    window: f64,
    samples: VecDeque<Sample>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    seconds: f64,
    step: f64,
}

impl Pace {
    /// A rate averaged over the last `window` active seconds.
    ///
    /// For an ETA that includes work done once per epoch, such as evaluation, use a window longer than an epoch.
    pub const fn new(window: f64) -> Self {
        Self { window, samples: VecDeque::new() }
    }

    /// Records that `step` was reached after `active_seconds`; non-finite values are ignored.
    ///
    /// A step or a time before the last one means that the run was resumed from a checkpoint: earlier samples are
    /// discarded.
    pub fn push(&mut self, active_seconds: f64, step: f64) {
        let sample = Sample { seconds: active_seconds, step };
        if !(active_seconds.is_finite() && step.is_finite()) {
            return;
        }
        if self.samples.back().is_some_and(|last| sample.seconds < last.seconds || sample.step < last.step) {
            self.samples.clear();
        }
        if self.is_crowded(sample) {
            self.samples.pop_back();
        }
        self.samples.push_back(sample);
        while self.samples.get(1).is_some_and(|second| sample.seconds - second.seconds >= self.window) {
            self.samples.pop_front();
        }
    }

    /// Whether `next` may replace the last sample without losing resolution.
    fn is_crowded(&self, next: Sample) -> bool {
        let before_last = self.samples.len().checked_sub(2).and_then(|index| self.samples.get(index));
        before_last.is_some_and(|sample| next.seconds - sample.seconds < self.window / SAMPLES_PER_WINDOW)
    }

    /// Steps per active second.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let rate = (last.step - first.step) / (last.seconds - first.seconds);
        (rate.is_finite() && rate > 0.0).then_some(rate)
    }

    /// Active seconds per step.
    pub fn seconds_per_step(&self) -> Option<f64> {
        self.rate().map(f64::recip)
    }

    /// Estimated active seconds for `steps` more steps.
    pub fn eta(&self, steps: f64) -> Option<f64> {
        self.rate().map(|rate| steps.max(0.0) / rate)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    #[test]
    fn rate_needs_two_samples_and_progress() {
        let mut pace = Pace::new(10.0);
        assert_eq!((pace.rate(), pace.eta(5.0)), (None, None));
        pace.push(1.0, 10.0);
        assert_eq!(pace.rate(), None);
        pace.push(2.0, 10.0);
        assert_eq!(pace.rate(), None);
        pace.push(3.0, 30.0);
        assert!(
            close(pace.rate(), 10.0) && close(pace.eta(100.0), 10.0) && close(pace.seconds_per_step(), 0.1)
        );
    }

    #[test]
    fn samples_before_the_window_are_ignored() {
        let mut pace = Pace::new(10.0);
        for second in 0..200_u32 {
            let slow_then_fast = if second < 100 { second } else { 100 + (second - 100) * 5 };
            pace.push(f64::from(second), f64::from(slow_then_fast));
        }
        assert!(close(pace.rate(), 5.0));
    }

    #[test]
    fn samples_further_apart_than_the_window_still_give_a_rate() {
        let mut pace = Pace::new(1.0);
        pace.push(0.0, 0.0);
        pace.push(100.0, 50.0);
        pace.push(200.0, 100.0);
        assert!(close(pace.rate(), 0.5));
    }

    #[test]
    fn resuming_from_an_earlier_step_resets_the_rate() {
        let mut pace = Pace::new(10.0);
        pace.push(0.0, 100.0);
        pace.push(1.0, 200.0);
        pace.push(1.5, 150.0);
        assert_eq!(pace.rate(), None);
        pace.push(2.5, 160.0);
        assert!(close(pace.rate(), 10.0));
    }

    proptest! {
        #[test]
        fn constant_rate_is_recovered_from_a_bounded_number_of_samples(rate in 0.1..1e6_f64, gap in 1e-4..20.0_f64) {
            let mut pace = Pace::new(10.0);
            for index in 0..2000_u32 {
                let seconds = f64::from(index) * gap;
                pace.push(seconds, seconds * rate);
            }
            prop_assert!(pace.rate().is_some_and(|found| (found / rate - 1.0).abs() < 1e-6));
            prop_assert!(pace.samples.len() <= 260);
        }
    }
}
