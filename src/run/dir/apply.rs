//! Applying events to a run's manifest.

use super::manifest::{Pause, Results, RunManifest, SettingChange};
use crate::run::protocol::{EpochReport, Event, PauseReason, Position, RunStatus};
use crate::run::settings::Change;

impl RunManifest {
    /// Applies an event of the trainer, which happened at `time`.
    ///
    /// The manifest also follows a trainer that repeats steps already in the journal: applying them again changes no
    /// result. After [`Event::Rewound`], call [`Results::recompute`] with the remaining epochs.
    pub fn apply(&mut self, time: f64, event: &Event) {
        let batch_size = self.config.batch_size;
        match event {
            Event::Started(trainer) => {
                self.provenance.threads = trainer.threads;
                self.provenance.instruction_set.clone_from(&trainer.instruction_set);
                self.provenance.dataset = Some(trainer.data.clone());
                (self.status, self.reason) = (RunStatus::Running, None);
                (self.summary.step, self.summary.total_steps) = (trainer.step, trainer.total_steps);
                self.end_pause(time, trainer.step, trainer.position.as_ref());
            }
            Event::Steps(batch) => self.summary.reach(batch.last(), batch.active_seconds, batch_size),
            Event::Epoch(report) => {
                self.summary.apply_epoch(report);
                self.summary.reach(report.step, report.active_seconds, batch_size);
            }
            Event::Paused { step, reason, position } => {
                self.status = RunStatus::Paused;
                self.begin_pause(*reason, time, *step, position.clone());
            }
            Event::Resumed { step, position } => {
                self.status = RunStatus::Running;
                self.end_pause(time, *step, position.as_ref());
            }
            Event::Ended { step, status, reason, position } => {
                self.status = *status;
                self.reason.clone_from(reason);
                self.summary.step = *step;
                let pause = match status {
                    RunStatus::Stopped => Some(PauseReason::Stop),
                    RunStatus::Failed => Some(PauseReason::Failure),
                    _ => None,
                };
                if let Some(reason) = pause {
                    self.begin_pause(reason, time, *step, position.clone());
                }
            }
            Event::Changed { step, change, total_steps } => {
                self.changed = change.after(self.changed);
                self.summary.total_steps = *total_steps;
                self.record_change(*step, *change);
            }
            Event::Rewound { step } => {
                self.summary.step = *step;
                self.forget_changes_after(*step);
            }
            Event::Checkpoint { .. } | Event::Rejected { .. } | Event::Warning { .. } | Event::Machine(_) => {
            }
        }
    }

    /// Removes the changes after this step, which no longer hold.
    fn forget_changes_after(&mut self, step: u64) {
        // Older versions recorded the changes only together.
        if self.changes.is_empty() {
            return;
        }
        let steps_per_epoch = self.steps_per_epoch();
        self.changes.retain(|change| change.step <= step);
        self.changed = self.changes.iter().fold(Change::default(), |all, later| later.change.after(all));
        self.summary.total_steps = steps_per_epoch * u64::from(self.settings().epochs);
    }

    /// Adds a change to the list. A trainer that resumes reports the last one again.
    fn record_change(&mut self, step: u64, change: Change) {
        let is_repeated = self.changes.last().is_some_and(|last| last.step == step && last.change == change);
        if !is_repeated {
            let epoch = step as f64 / self.steps_per_epoch().max(1) as f64;
            self.changes.push(SettingChange { step, epoch, change });
        }
    }

    /// Restores the settings in force at a checkpoint: `changed` are all changes up to its step, taken together.
    pub fn restore_changes(&mut self, step: u64, changed: Change) {
        self.changed = changed;
        self.changes.retain(|change| change.step <= step);
    }

    /// Records that the run stops training at `time`. If it is already paused, that pause continues with its own reason.
    pub fn begin_pause(&mut self, reason: PauseReason, time: f64, step: u64, before: Option<Position>) {
        if self.pauses.last().is_none_or(|pause| pause.to.is_some()) {
            let (resumed_step, after) = (None, None);
            self.pauses.push(Pause { reason, from: time, to: None, step, before, resumed_step, after });
        }
    }

    fn end_pause(&mut self, time: f64, step: u64, after: Option<&Position>) {
        if let Some(pause) = self.pauses.last_mut().filter(|pause| pause.to.is_none()) {
            pause.to = Some(time);
            pause.resumed_step = Some(step);
            pause.after = after.cloned();
        }
    }
}

/// Maximum number of points in [`Results::curve`].
const CURVE: usize = 64;

impl Results {
    /// Recomputes the results from these epochs, the only ones that still count.
    pub fn recompute<'a>(&mut self, epochs: impl Iterator<Item = &'a EpochReport>) {
        self.epoch = 0;
        (self.best_test_accuracy, self.best_epoch) = (None, None);
        (self.last_test_accuracy, self.last_test_loss, self.last_train_loss) = (None, None, None);
        (self.lowest_test_accuracy, self.lowest_test_loss, self.highest_test_loss) = (None, None, None);
        self.curve.clear();
        self.last_metrics.clear();
        for report in epochs {
            self.apply_epoch(report);
        }
    }

    /// Adds the result of an epoch. Adding it twice has no further effect.
    fn apply_epoch(&mut self, report: &EpochReport) {
        let (loss, accuracy) = (finite(report.test_loss), finite(report.test_accuracy));
        self.epoch = report.epoch;
        self.set_last(report);
        if accuracy > self.best_test_accuracy {
            (self.best_test_accuracy, self.best_epoch) = (accuracy, Some(report.epoch));
        }
        self.lowest_test_accuracy = join(self.lowest_test_accuracy, accuracy, f64::min);
        self.lowest_test_loss = join(self.lowest_test_loss, loss, f64::min);
        self.highest_test_loss = join(self.highest_test_loss, loss, f64::max);
        self.push_to_curve(report.epoch, accuracy);
    }

    /// Sets step and active time, and recomputes the throughput.
    fn reach(&mut self, step: u64, active_seconds: f64, batch_size: usize) {
        (self.step, self.active_seconds) = (step, active_seconds);
        self.images_per_second = finite(step as f64 * batch_size as f64 / active_seconds);
    }

    /// Adds an epoch to the curve. Points of this and later epochs come from an earlier trainer and are replaced.
    fn push_to_curve(&mut self, epoch: u32, accuracy: Option<f64>) {
        self.curve.retain(|(before, _)| *before < epoch);
        self.curve.extend(accuracy.map(|accuracy| (epoch, accuracy)));
        if self.curve.len() > CURVE {
            // Drop every other point, but keep the last one.
            let mut keep = self.curve.len().is_multiple_of(2);
            self.curve.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }
}

/// Combines two values that may be missing.
fn join(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    a.into_iter().chain(b).reduce(choose)
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::protocol::Timeline;
    use crate::run::{NewRun, Provenance, RunConfig, Store};

    fn manifest() -> RunManifest {
        let root = tempfile::tempdir().unwrap();
        let run = NewRun::new(Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
        Store::open(root.path()).create(&run).unwrap().manifest().unwrap()
    }

    fn epoch(epoch: u32, test_accuracy: f64) -> Event {
        Event::Epoch(EpochReport {
            epoch,
            step: u64::from(epoch) * 938,
            train_loss: 0.5,
            train_accuracy: 0.8,
            test_loss: 0.4,
            test_accuracy,
            learning_rate: 0.01,
            active_seconds: 10.0,
            ..EpochReport::default()
        })
    }

    #[test]
    fn the_best_epoch_is_the_first_with_the_highest_accuracy() {
        let mut manifest = manifest();
        for event in [epoch(1, 0.5), epoch(2, 0.7), epoch(3, 0.7), epoch(4, f64::NAN), epoch(5, 0.6)] {
            manifest.apply(0.0, &event);
        }
        let summary = &manifest.summary;
        assert_eq!((summary.best_epoch, summary.best_test_accuracy), (Some(2), Some(0.7)));
        assert_eq!((summary.epoch, summary.step), (5, 5 * 938));
        assert_eq!((summary.last_test_accuracy, summary.lowest_test_accuracy), (Some(0.6), Some(0.5)));
        assert_eq!((summary.lowest_test_loss, summary.highest_test_loss), (Some(0.4), Some(0.4)));
    }

    #[test]
    fn pauses_have_their_own_reasons_and_end_when_training_resumes() {
        let mut manifest = manifest();
        let position = |batch, hash: &str| Some(Position { epoch: 0, batch, weights_hash: hash.to_owned() });
        let started = |step, at| {
            let mut started = Event::started(step);
            if let Event::Started(trainer) = &mut started {
                trainer.position = at;
            }
            started
        };
        let at = position(7, "aa");
        manifest.apply(1.0, &started(0, position(0, "00")));
        assert_eq!(manifest.pauses, []);
        manifest.apply(2.0, &Event::Paused { step: 7, reason: PauseReason::Command, position: at.clone() });
        // Stopped during the pause, and resumed later: one pause.
        let ended = Event::Ended { step: 7, status: RunStatus::Stopped, reason: None, position: at.clone() };
        manifest.apply(3.0, &ended);
        manifest.apply(9.0, &started(7, at.clone()));
        // Killed, and resumed from an earlier step.
        manifest.begin_pause(PauseReason::Crash, 10.0, 9, None);
        manifest.apply(12.0, &started(8, position(8, "bb")));
        let pause = |reason, from, to, step, before, resumed, after| Pause {
            reason,
            from,
            to: Some(to),
            step,
            before,
            resumed_step: Some(resumed),
            after,
        };
        assert_eq!(
            manifest.pauses,
            [
                pause(PauseReason::Command, 2.0, 9.0, 7, at.clone(), 7, at),
                pause(PauseReason::Crash, 10.0, 12.0, 9, None, 8, position(8, "bb")),
            ]
        );
    }

    #[test]
    fn a_run_has_diverged_until_it_resumes() {
        let mut manifest = manifest();
        let paused = |reason| Event::Paused { step: 3, reason, position: None };
        manifest.apply(1.0, &paused(PauseReason::Command));
        assert!(!manifest.has_diverged());
        manifest.apply(2.0, &Event::Resumed { step: 3, position: None });
        manifest.apply(3.0, &paused(PauseReason::Diverged));
        assert!(manifest.has_diverged());
        manifest.apply(4.0, &Event::Resumed { step: 2, position: None });
        assert!(!manifest.has_diverged());
    }

    #[test]
    fn the_status_follows_the_trainer() {
        let mut manifest = manifest();
        let mut apply = |event| {
            manifest.apply(0.0, &event);
            (manifest.status, manifest.summary.step)
        };
        let steps = Event::Steps(crate::run::StepBatch {
            first: 1,
            losses: vec![2.0; 7],
            learning_rate: 0.1,
            active_seconds: 2.0,
            spent: None,
        });
        assert_eq!(apply(steps), (RunStatus::Queued, 7));
        assert_eq!(
            apply(Event::Paused { step: 7, reason: PauseReason::Command, position: None }),
            (RunStatus::Paused, 7)
        );
        assert_eq!(apply(Event::Resumed { step: 7, position: None }), (RunStatus::Running, 7));
        let ended = Event::Ended { step: 8, status: RunStatus::Stopped, reason: None, position: None };
        assert_eq!(apply(ended), (RunStatus::Stopped, 8));
        assert_eq!(manifest.summary.images_per_second, Some(7.0 * 64.0 / 2.0));
    }

    /// A change of settings in a run of `epochs` epochs with 10 steps each.
    fn changed(step: u64, change: Change, epochs: u64) -> Event {
        Event::Changed { step, change, total_steps: epochs * 10 }
    }

    #[test]
    fn a_rewind_takes_back_later_changes() {
        let rate = |rate| Change { learning_rate: Some(rate), ..Change::default() };
        let mut manifest = manifest();
        manifest.summary.total_steps = 400;
        manifest.apply(0.0, &changed(20, rate(0.02), 40));
        manifest.apply(0.0, &changed(30, Change { epochs: Some(60), ..rate(0.03) }, 60));
        manifest.apply(0.0, &Event::Rewound { step: 25 });
        assert_eq!(manifest.changed, rate(0.02));
        assert_eq!((manifest.changes.len(), manifest.changes[0].change), (1, rate(0.02)));
        assert_eq!((manifest.summary.total_steps, manifest.steps_per_epoch()), (400, 10));
        manifest.apply(0.0, &Event::Rewound { step: 5 });
        assert_eq!((manifest.changed, manifest.changes.len()), (Change::default(), 0));
    }

    #[test]
    fn a_change_back_in_the_same_step_is_recorded_and_a_repeated_report_is_not() {
        let rate = |rate| changed(20, Change { learning_rate: Some(rate), ..Change::default() }, 40);
        let mut manifest = manifest();
        for event in [rate(0.02), rate(0.03), rate(0.02), rate(0.02)] {
            manifest.apply(0.0, &event);
        }
        let rates = manifest.changes.iter().filter_map(|change| change.change.learning_rate);
        assert_eq!(rates.collect::<Vec<_>>(), [0.02, 0.03, 0.02]);
    }

    #[test]
    fn the_curve_of_a_long_run_is_short_and_ends_with_its_last_epoch() {
        let mut manifest = manifest();
        for number in 1..=1000 {
            manifest.apply(0.0, &epoch(number, f64::from(number)));
            let curve = &manifest.summary.curve;
            assert!(curve.len() <= CURVE && curve.is_sorted(), "{number}");
            assert_eq!(curve.last(), Some(&(number, f64::from(number))));
        }
        assert!(manifest.summary.curve.len() > CURVE / 4);
        manifest.apply(0.0, &epoch(500, 0.5));
        assert_eq!(manifest.summary.curve.last(), Some(&(500, 0.5)));
    }

    #[test]
    fn a_rewind_discards_the_best_epoch() {
        let (mut manifest, mut timeline) = (manifest(), Timeline::<()>::default());
        for event in [epoch(1, 0.5), epoch(2, 0.9), Event::Rewound { step: 938 }] {
            manifest.apply(0.0, &event);
            timeline.apply(0.0, &event);
        }
        manifest.summary.recompute(timeline.reports());
        let summary = &manifest.summary;
        assert_eq!((summary.epoch, summary.step), (1, 938));
        assert_eq!((summary.best_epoch, summary.best_test_accuracy), (Some(1), Some(0.5)));
        assert_eq!((summary.last_test_accuracy, &summary.curve[..]), (Some(0.5), &[(1, 0.5)][..]));
    }
}
