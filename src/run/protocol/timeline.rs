//! The timeline of a run, folded from its events.

use super::epoch::EpochReport;
use super::event::Event;
use super::report::StepBatch;
use super::status::PauseReason;
use crate::run::settings::Change;

/// The rule for what a rewind discards.
///
/// Steps after [`step`](Self::step) are repeated, so everything after it is discarded: step values, epochs that ended
/// later, and annotations of later steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewind {
    /// The last step that counts.
    pub step: u64,
}

impl Rewind {
    /// Whether something that happened at `step` still counts.
    pub const fn keeps(self, step: u64) -> bool {
        step <= self.step
    }

    /// The first step that no longer counts.
    pub const fn first_discarded(self) -> u64 {
        self.step.saturating_add(1)
    }
}

/// Storage for the values of single steps, of which a run can have millions.
pub trait StepLog {
    /// Adds a batch of steps, replacing existing ones.
    fn push(&mut self, time: f64, batch: &StepBatch);

    /// Discards steps according to the rewind.
    fn rewind(&mut self, rewind: Rewind);
}

/// Stores no step values.
impl StepLog for () {
    fn push(&mut self, _: f64, _: &StepBatch) {}

    fn rewind(&mut self, _: Rewind) {}
}

/// Steps, epochs and annotations of a run, each once and in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline<S = ()> {
    /// The stored step values.
    pub steps: S,
    /// The epochs that ended.
    pub epochs: Vec<TimedEpoch>,
    /// Pauses, changes of settings and the like.
    pub annotations: Vec<Annotation>,
    /// Steps done, as of the last event.
    pub step: u64,
}

/// The report of an epoch and its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedEpoch {
    /// When it was reported, in seconds since 1970 UTC.
    pub time: f64,
    /// The epoch's metrics.
    pub report: EpochReport,
}

/// An event between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// Steps done before it.
    pub step: u64,
    /// The kind of event, with its details.
    pub kind: AnnotationKind,
}

/// The kind of an annotation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnnotationKind {
    /// Training paused, for this reason.
    Paused(PauseReason),
    /// A trainer resumed from a checkpoint.
    ResumedFromCheckpoint,
    /// The run was forked here from another run.
    Forked,
    /// Settings were changed.
    Changed(Change),
}

impl<S: StepLog> Timeline<S> {
    /// Applies an event that was reported at `time`. Events must be in the order of the journal.
    pub fn apply(&mut self, time: f64, event: &Event) {
        match event {
            Event::Started(trainer) => {
                if trainer.step > 0 || self.step > 0 {
                    self.step = trainer.step;
                    self.annotate(trainer.step, AnnotationKind::ResumedFromCheckpoint);
                }
            }
            Event::Steps(batch) => {
                self.steps.push(time, batch);
                self.step = batch.last();
            }
            Event::Epoch(report) => {
                // An epoch that is reported again replaces the earlier report, and those of later epochs.
                let before = self.epochs.partition_point(|known| known.report.epoch < report.epoch);
                self.epochs.truncate(before);
                self.epochs.push(TimedEpoch { time, report: *report });
                self.step = report.step;
            }
            Event::Paused { step, reason, .. } => self.annotate(*step, AnnotationKind::Paused(*reason)),
            Event::Changed { step, change, .. } => self.annotate(*step, AnnotationKind::Changed(*change)),
            Event::Rewound { step } => self.rewind(Rewind { step: *step }),
            Event::Resumed { .. }
            | Event::Checkpoint { .. }
            | Event::Rejected { .. }
            | Event::Warning { .. }
            | Event::Machine(_)
            | Event::Ended { .. } => {}
        }
    }

    /// The results of the epochs, in order.
    pub fn reports(&self) -> impl DoubleEndedIterator<Item = &EpochReport> {
        self.epochs.iter().map(|epoch| &epoch.report)
    }

    fn rewind(&mut self, rewind: Rewind) {
        self.steps.rewind(rewind);
        self.epochs.retain(|epoch| rewind.keeps(epoch.report.step));
        self.annotations.retain(|annotation| rewind.keeps(annotation.step));
        self.step = rewind.step;
    }

    fn annotate(&mut self, step: u64, kind: AnnotationKind) {
        self.annotations.push(Annotation { step, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps that count.
    impl StepLog for Vec<u64> {
        fn push(&mut self, _: f64, batch: &StepBatch) {
            self.extend(batch.first..=batch.last());
        }

        fn rewind(&mut self, rewind: Rewind) {
            self.retain(|step| rewind.keeps(*step));
        }
    }

    fn steps(first: u64, count: usize) -> Event {
        let losses = vec![1.0; count];
        Event::Steps(StepBatch { first, losses, learning_rate: 0.1, active_seconds: 1.0, spent: None })
    }

    fn epoch(epoch: u32, step: u64) -> Event {
        Event::Epoch(EpochReport { epoch, step, ..EpochReport::default() })
    }

    fn folded(events: &[Event]) -> Timeline<Vec<u64>> {
        let mut timeline = Timeline::default();
        for (time, event) in (0_u32..).zip(events) {
            timeline.apply(f64::from(time), event);
        }
        timeline
    }

    #[test]
    fn a_rewind_discards_everything_after_its_step() {
        let paused = |step| Event::Paused { step, reason: PauseReason::Command, position: None };
        let events = [steps(1, 2), paused(2), epoch(1, 2), steps(3, 2), paused(3), epoch(2, 4), paused(4)];
        let rewound = folded(&[&events[..], &[Event::Rewound { step: 2 }]].concat());
        assert_eq!(rewound, Timeline { step: 2, ..folded(&events[..3]) });
        assert_eq!(
            (rewound.steps.as_slice(), rewound.epochs.len(), rewound.annotations.len()),
            (&[1, 2][..], 1, 1)
        );
        assert_eq!(folded(&[&events[..], &[Event::Rewound { step: 4 }]].concat()), folded(&events));
        let empty = folded(&[&events[..], &[Event::Rewound { step: 0 }]].concat());
        assert_eq!(empty, Timeline::default());
    }

    #[test]
    fn an_epoch_that_is_reported_again_replaces_it_and_later_ones() {
        let timeline = folded(&[epoch(1, 10), epoch(2, 20), epoch(3, 30), epoch(2, 20)]);
        let epochs: Vec<_> = timeline.epochs.iter().map(|epoch| (epoch.report.epoch, epoch.time)).collect();
        assert_eq!(epochs, [(1, 0.0), (2, 3.0)]);
        assert_eq!(timeline.step, 20);
    }

    #[test]
    fn a_trainer_that_resumes_is_annotated() {
        let timeline = folded(&[Event::started(0), steps(1, 3), Event::started(1)]);
        assert_eq!(
            timeline.annotations,
            [Annotation { step: 1, kind: AnnotationKind::ResumedFromCheckpoint }]
        );
        assert_eq!(
            (timeline.step, timeline.steps),
            (1, vec![1, 2, 3]),
            "a resumed trainer rewinds nothing by itself"
        );
        // Resumed before its first checkpoint.
        let annotations = folded(&[Event::started(0), steps(1, 3), Event::started(0)]).annotations;
        assert_eq!(annotations, [Annotation { step: 0, kind: AnnotationKind::ResumedFromCheckpoint }]);
    }
}
