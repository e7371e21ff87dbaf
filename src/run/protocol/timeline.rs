//! What happened to a run up to now, folded from its events.

use super::epoch::EpochReport;
use super::event::Event;
use super::report::StepBatch;
use super::status::PauseReason;
use crate::run::settings::Change;

/// What a rewind discards: this is the one place that says so.
///
/// Steps after [`step`](Self::step) are trained again, so everything that happened after it no longer counts: step
/// values, epochs that ended later, and annotations of later steps.
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

/// Where a [`Timeline`] keeps the values of single steps, of which a run can have millions.
pub trait StepLog {
    /// Adds a batch of steps. Steps that are there already are replaced.
    fn push(&mut self, time: f64, batch: &StepBatch);

    /// Discards what the rewind discards.
    fn rewind(&mut self, rewind: Rewind);
}

/// No values of single steps.
impl StepLog for () {
    fn push(&mut self, _: f64, _: &StepBatch) {}

    fn rewind(&mut self, _: Rewind) {}
}

/// Steps, epochs and annotations of a run up to now, each once and in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline<S = ()> {
    /// The values of single steps, as far as they are kept.
    pub steps: S,
    /// The epochs that ended.
    pub epochs: Vec<TimedEpoch>,
    /// Pauses, changes of settings and the like.
    pub annotations: Vec<Annotation>,
    /// Steps done.
    pub step: u64,
}

/// The result of an epoch, and when it was reported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedEpoch {
    /// When it was reported, in seconds since 1970 UTC.
    pub time: f64,
    /// The result.
    pub report: EpochReport,
}

/// Something that happened between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// Steps done then.
    pub step: u64,
    /// What happened.
    pub kind: AnnotationKind,
}

/// What happened between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnnotationKind {
    /// Training paused.
    Paused(PauseReason),
    /// A trainer resumed from a checkpoint.
    Resumed,
    /// The run began here, from a checkpoint of another run.
    Forked,
    /// Settings were changed.
    Changed(Change),
}

impl<S: StepLog> Timeline<S> {
    /// Takes in an event that was reported at `time`. Events come in the order of the journal.
    pub fn take(&mut self, time: f64, event: &Event) {
        match event {
            Event::Started(trainer) => {
                if trainer.step > 0 || self.step > 0 {
                    self.step = trainer.step;
                    self.annotate(trainer.step, AnnotationKind::Resumed);
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
            | Event::Note { .. }
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
