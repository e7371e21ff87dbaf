//! What an event means for a run's record.

use super::manifest::{Pause, Results, RunManifest};
use crate::run::protocol::{Event, PauseReason, Position, RecordedStatus};

impl RunManifest {
    /// Brings the record up to date with an event of its trainer, which happened at `time`.
    pub fn apply(&mut self, time: f64, event: &Event) {
        let summary = &mut self.summary;
        match event {
            Event::Started { step, total_steps, data, position, threads, kernels, .. } => {
                self.provenance.threads = *threads;
                self.provenance.kernels.clone_from(kernels);
                self.status = RecordedStatus::Running;
                self.reason = None;
                summary.step = *step;
                summary.total_steps = *total_steps;
                self.provenance.dataset = Some(data.clone());
                self.end_pause(time, *step, position.as_ref());
            }
            Event::Steps { first, losses, active_seconds, .. } => {
                summary.step = (first + losses.len() as u64).saturating_sub(1);
                self.apply_time(*active_seconds);
            }
            Event::Epoch { epoch, step, train_loss, test_loss, test_accuracy, active_seconds, .. } => {
                summary.epoch = *epoch;
                summary.step = *step;
                summary.last_train_loss = finite(*train_loss);
                summary.last_test_loss = finite(*test_loss);
                summary.last_test_accuracy = finite(*test_accuracy);
                if finite(*test_accuracy) > summary.best_test_accuracy {
                    summary.best_test_accuracy = finite(*test_accuracy);
                    summary.best_epoch = Some(*epoch);
                }
                let (loss, accuracy) = (finite(*test_loss), finite(*test_accuracy));
                summary.lowest_test_accuracy = join(summary.lowest_test_accuracy, accuracy, f64::min);
                summary.lowest_test_loss = join(summary.lowest_test_loss, loss, f64::min);
                summary.highest_test_loss = join(summary.highest_test_loss, loss, f64::max);
                summary.push_to_curve(*epoch, *test_accuracy);
                self.apply_time(*active_seconds);
            }
            Event::Paused { step, reason, position } => {
                self.status = RecordedStatus::Paused;
                self.begin_pause(*reason, time, *step, position.clone());
            }
            Event::Resumed { step, position } => {
                self.status = RecordedStatus::Running;
                self.end_pause(time, *step, position.as_ref());
            }
            Event::Ended { step, status, reason, position } => {
                self.status = *status;
                self.reason.clone_from(reason);
                self.summary.step = *step;
                match status {
                    RecordedStatus::Stopped => {
                        self.begin_pause(PauseReason::Stop, time, *step, position.clone())
                    }
                    RecordedStatus::Failed => {
                        self.begin_pause(PauseReason::Failure, time, *step, position.clone())
                    }
                    _ => {}
                }
            }
            Event::Changed { change, total_steps, .. } => {
                self.changed = change.after(self.changed);
                summary.total_steps = *total_steps;
            }
            Event::Checkpoint { .. }
            | Event::Rejected { .. }
            | Event::Note { .. }
            | Event::Rewound { .. } => {}
        }
    }

    /// Notes that the run does not train from `time` on. A pause that lasts already goes on.
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

    fn apply_time(&mut self, active_seconds: f64) {
        self.summary.active_seconds = active_seconds;
        let images = self.summary.step as f64 * self.config.batch_size as f64;
        self.summary.images_per_second = finite(images / active_seconds);
    }
}

/// Of two values that may be missing, what `choose` makes of them.
fn join(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    a.into_iter().chain(b).reduce(choose)
}

/// The most points of [`Results::curve`].
const CURVE: usize = 64;

impl Results {
    /// Takes in an epoch's accuracy; what an earlier trainer reported of it and those after it holds no more.
    fn push_to_curve(&mut self, epoch: u32, accuracy: f64) {
        self.curve.retain(|(before, _)| *before < epoch);
        self.curve.extend(finite(accuracy).map(|accuracy| (epoch, accuracy)));
        if self.curve.len() > CURVE {
            // The last one stays.
            let mut keep = self.curve.len().is_multiple_of(2);
            self.curve.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{NewRun, Provenance, RunConfig, Store};

    fn record() -> RunManifest {
        let root = tempfile::tempdir().unwrap();
        let run = NewRun::new(Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
        Store::open(root.path()).create(&run).unwrap().record().unwrap()
    }

    fn epoch(epoch: u32, test_accuracy: f64) -> Event {
        Event::Epoch {
            epoch,
            step: u64::from(epoch) * 938,
            train_loss: 0.5,
            train_accuracy: 0.8,
            test_loss: 0.4,
            test_accuracy,
            learning_rate: 0.01,
            active_seconds: 10.0,
        }
    }

    #[test]
    fn the_best_epoch_is_the_first_with_the_highest_accuracy() {
        let mut record = record();
        for event in [epoch(1, 0.5), epoch(2, 0.7), epoch(3, 0.7), epoch(4, f64::NAN), epoch(5, 0.6)] {
            record.apply(0.0, &event);
        }
        let summary = &record.summary;
        assert_eq!((summary.best_epoch, summary.best_test_accuracy), (Some(2), Some(0.7)));
        assert_eq!((summary.epoch, summary.step), (5, 5 * 938));
        assert_eq!((summary.last_test_accuracy, summary.lowest_test_accuracy), (Some(0.6), Some(0.5)));
        assert_eq!((summary.lowest_test_loss, summary.highest_test_loss), (Some(0.4), Some(0.4)));
    }

    #[test]
    fn pauses_are_told_from_each_other_and_end_where_training_goes_on() {
        let mut record = record();
        let position = |batch, hash: &str| Some(Position { epoch: 0, batch, weights_hash: hash.to_owned() });
        let started = |step, at| {
            let mut started = Event::started(step);
            if let Event::Started { position, .. } = &mut started {
                *position = at;
            }
            started
        };
        let at = position(7, "aa");
        record.apply(1.0, &started(0, position(0, "00")));
        assert_eq!(record.pauses, []);
        record.apply(2.0, &Event::Paused { step: 7, reason: PauseReason::Command, position: at.clone() });
        // Stopped out of the pause, and taken up later: one pause.
        let ended =
            Event::Ended { step: 7, status: RecordedStatus::Stopped, reason: None, position: at.clone() };
        record.apply(3.0, &ended);
        record.apply(9.0, &started(7, at.clone()));
        // Killed, and taken up from an earlier step.
        record.begin_pause(PauseReason::Crash, 10.0, 9, None);
        record.apply(12.0, &started(8, position(8, "bb")));
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
            record.pauses,
            [
                pause(PauseReason::Command, 2.0, 9.0, 7, at.clone(), 7, at),
                pause(PauseReason::Crash, 10.0, 12.0, 9, None, 8, position(8, "bb")),
            ]
        );
    }

    #[test]
    fn a_run_has_diverged_until_it_goes_on() {
        let mut record = record();
        let paused = |reason| Event::Paused { step: 3, reason, position: None };
        record.apply(1.0, &paused(PauseReason::Command));
        assert!(!record.has_diverged());
        record.apply(2.0, &Event::Resumed { step: 3, position: None });
        record.apply(3.0, &paused(PauseReason::Diverged));
        assert!(record.has_diverged());
        record.apply(4.0, &Event::Resumed { step: 2, position: None });
        assert!(!record.has_diverged());
    }

    #[test]
    fn the_status_follows_the_trainer() {
        let mut record = record();
        let mut apply = |event| {
            record.apply(0.0, &event);
            (record.status, record.summary.step)
        };
        let steps = Event::Steps {
            first: 1,
            losses: vec![2.0; 7],
            learning_rate: 0.1,
            active_seconds: 2.0,
            spent: None,
        };
        assert_eq!(apply(steps), (RecordedStatus::Queued, 7));
        assert_eq!(
            apply(Event::Paused { step: 7, reason: PauseReason::Command, position: None }),
            (RecordedStatus::Paused, 7)
        );
        assert_eq!(apply(Event::Resumed { step: 7, position: None }), (RecordedStatus::Running, 7));
        let ended = Event::Ended { step: 8, status: RecordedStatus::Stopped, reason: None, position: None };
        assert_eq!(apply(ended), (RecordedStatus::Stopped, 8));
        assert_eq!(record.summary.images_per_second, Some(7.0 * 64.0 / 2.0));
    }

    #[test]
    fn the_curve_of_a_long_run_is_short_and_ends_with_its_last_epoch() {
        let mut record = record();
        for number in 1..=1000 {
            record.apply(0.0, &epoch(number, f64::from(number)));
            let curve = &record.summary.curve;
            assert!(curve.len() <= CURVE && curve.is_sorted(), "{number}");
            assert_eq!(curve.last(), Some(&(number, f64::from(number))));
        }
        assert!(record.summary.curve.len() > CURVE / 4);
        record.apply(0.0, &epoch(500, 0.5));
        assert_eq!(record.summary.curve.last(), Some(&(500, 0.5)));
    }
}
