//! How a change of the number of epochs moves a cosine schedule.

use std::fmt;

use super::manifest::RunManifest;
use crate::metrics::text;
use crate::run::settings::{Change, Schedule};

/// A rise of the learning rate that nobody asked for: a cosine schedule reaches 0 at the last epoch, so with more epochs
/// its rate is higher at every earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateJump {
    /// The rate of the last step before the change.
    pub before: f64,
    /// The rate of the next step with the change.
    pub after: f64,
    /// The base learning rate with which the rate stays as it was.
    pub keep: f64,
    /// The new number of epochs.
    pub epochs: u32,
}

/// The smallest rise that counts.
const RISE: f64 = 1.1;

impl RunManifest {
    /// How this change after `step` steps would raise the learning rate; `None` if it does not, or if it names a rate.
    pub fn rate_jump(&self, change: &Change, step: u64) -> Option<RateJump> {
        let (old, Ok(new)) = (self.settings(), change.apply(&self.settings())) else { return None };
        let steps_per_epoch = self.steps_per_epoch();
        if old.schedule != Schedule::Cosine
            || change.learning_rate.is_some()
            || step == 0
            || steps_per_epoch == 0
        {
            return None;
        }
        let rate = |epochs: u32, step: u64| {
            let total = steps_per_epoch.saturating_mul(u64::from(epochs));
            old.schedule.learning_rate(old.optimizer.learning_rate(), step, steps_per_epoch, total)
        };
        let (before, after) = (rate(old.epochs, step - 1), rate(new.epochs, step));
        let keep = old.optimizer.learning_rate() * before / after;
        (after > before * RISE).then_some(RateJump { before, after, keep, epochs: new.epochs })
    }
}

impl fmt::Display for RateJump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after] = [self.before, self.after].map(text::ratio);
        write!(
            f,
            "the cosine schedule over {} epochs raises the learning rate from {before} to {after}",
            self.epochs
        )
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{CheckpointName, NewRun, Provenance, RunConfig, Store};

    #[test]
    fn more_epochs_raise_the_rate_of_a_cosine_schedule() {
        let root = tempfile::tempdir().unwrap();
        let manifest = |schedule| {
            let config = RunConfig { schedule, epochs: 40, ..RunConfig::default() };
            let new = NewRun::new(Timestamp::UNIX_EPOCH, 0, config, Provenance::default());
            let mut manifest = Store::open(root.path()).create(&new).unwrap().manifest().unwrap();
            manifest.summary.total_steps = 40 * 938;
            manifest
        };
        let longer = Change { epochs: Some(60), ..Change::default() };
        let cosine = manifest(Schedule::Cosine);
        let jump = cosine.rate_jump(&longer, 40 * 938).unwrap();
        assert!(jump.before < 1e-9 && (jump.after - 0.0025).abs() < 1e-5, "{jump:?}");
        let kept = Schedule::Cosine.learning_rate(jump.keep, 40 * 938, 938, 60 * 938);
        assert!((kept - jump.before).abs() < 1e-15);
        assert!(
            jump.to_string().starts_with("the cosine schedule over 60 epochs raises the learning rate from ")
        );

        let chosen = Change { learning_rate: Some(0.001), ..longer };
        assert_eq!(cosine.rate_jump(&chosen, 40 * 938), None);
        assert_eq!(cosine.rate_jump(&Change { epochs: Some(30), ..Change::default() }, 20 * 938), None);
        assert_eq!(manifest(Schedule::Constant).rate_jump(&longer, 40 * 938), None);

        // A damaged run.json divides by nothing.
        let mut damaged = cosine;
        damaged.config.epochs = 0;
        assert_eq!(
            (damaged.steps_per_epoch(), damaged.step_of(CheckpointName::Epoch(2))),
            (40 * 938, 2 * 40 * 938)
        );
        damaged.summary.total_steps = 0;
        assert_eq!((damaged.rate_jump(&longer, 3), damaged.step_of(CheckpointName::Epoch(7))), (None, 0));
    }
}
