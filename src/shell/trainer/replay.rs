//! Recognises steps that are repeated after a crash.
//!
//! The journal may be ahead of the last checkpoint: a killed trainer may have reported steps that it had not saved. The
//! next trainer repeats them with bit-identical results, and the journal keeps each step once.

use crate::run::{
    Annotation, AnnotationKind, EpochReport, Event, JournalReader, Rewind, RunError, StepBatch, StepLog,
    Timeline,
};

/// Stands for a loss that a damaged journal lacks. No recorded loss equals it: one that was not finite is read as NaN.
const MISSING: f32 = f32::NEG_INFINITY;

/// The part of the journal after the checkpoint that the run resumes from.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    known: Timeline<Losses>,
    /// The time of the last entry.
    ended: Option<f64>,
}

/// The losses of consecutive steps.
#[derive(Debug, Default)]
struct Losses {
    /// Number of steps before the first one.
    before: u64,
    values: Vec<f32>,
}

impl Losses {
    /// Index of a step's loss; `None` for steps before the first.
    fn index(&self, step: u64) -> Option<usize> {
        usize::try_from(step.checked_sub(self.before + 1)?).ok()
    }

    /// The losses from `step` on.
    fn from(&self, step: u64) -> &[f32] {
        self.index(step).and_then(|index| self.values.get(index..)).unwrap_or_default()
    }

    /// The last step whose loss is known.
    fn last(&self) -> u64 {
        self.before + self.values.len() as u64
    }

    fn clear(&mut self) {
        self.values = Vec::new();
    }
}

impl StepLog for Losses {
    fn push(&mut self, _: f64, batch: &StepBatch) {
        for (step, loss) in (batch.first..).zip(&batch.losses) {
            let Some(index) = self.index(step) else { continue };
            let is_gap = self.values.len() < index;
            self.values.truncate(index);
            self.values.push(if is_gap { MISSING } else { *loss });
        }
    }

    fn rewind(&mut self, rewind: Rewind) {
        self.values.truncate(self.index(rewind.first_discarded()).unwrap_or(0));
    }
}

impl Replay {
    /// Reads a journal. The run resumes after `step`.
    pub(crate) fn read(journal: &mut JournalReader, step: u64) -> Result<Self, RunError> {
        let steps = Losses { before: step, values: Vec::new() };
        let mut replay = Self { known: Timeline { steps, ..Timeline::default() }, ended: None };
        loop {
            let batch = journal.poll()?;
            for entry in batch.entries {
                replay.ended = Some(entry.time);
                replay.known.apply(entry.time, &entry.event);
            }
            if batch.caught_up {
                return Ok(replay);
            }
        }
    }

    /// When the journal ended.
    pub(crate) fn ended(&self) -> Option<f64> {
        self.ended
    }

    /// The timeline of the journal.
    pub(crate) fn timeline(&self) -> Timeline {
        Timeline {
            steps: (),
            epochs: self.known.epochs.clone(),
            annotations: self.known.annotations.clone(),
            step: self.known.step,
        }
    }

    /// The part of an event that is not in the journal yet. If repeated steps differ (with another version of the program
    /// or other CPU instructions), the journal is rewound to the first difference.
    pub(crate) fn new_events(&mut self, event: Event) -> Vec<Event> {
        match event {
            Event::Steps(batch) => self.new_steps(batch),
            Event::Epoch(report) if self.known.reports().any(|known| is_same_epoch(known, &report)) => {
                Vec::new()
            }
            Event::Changed { step, change, .. }
                if self
                    .known
                    .annotations
                    .contains(&Annotation { step, kind: AnnotationKind::Changed(change) }) =>
            {
                Vec::new()
            }
            Event::Rewound { .. } => {
                // Everything after this is new.
                self.known = Timeline::default();
                vec![event]
            }
            event => vec![event],
        }
    }

    fn new_steps(&mut self, mut batch: StepBatch) -> Vec<Event> {
        let known = self.known.steps.from(batch.first);
        let pairs = batch.losses.iter().zip(known);
        let same = pairs.take_while(|(new, old)| is_same(f64::from(**new), f64::from(**old))).count();
        let mut new_events = Vec::new();
        if same < batch.losses.len().min(known.len()) {
            let rewound = Event::Rewound { step: (batch.first + same as u64).saturating_sub(1) };
            self.known.apply(0.0, &rewound);
            new_events.push(rewound);
        }
        // Not the timeline's step: a trainer that was killed before its first report has reset that.
        if batch.last() >= self.known.steps.last() {
            // All recorded steps have been repeated; nothing is left to compare.
            self.known.steps.clear();
        }
        batch.losses.drain(..same);
        batch.first += same as u64;
        if !batch.losses.is_empty() {
            new_events.push(Event::Steps(batch));
        }
        new_events
    }
}

/// Whether an epoch has the same results as before.
fn is_same_epoch(known: &EpochReport, report: &EpochReport) -> bool {
    known.epoch == report.epoch
        && is_same(report.test_loss, known.test_loss)
        && is_same(report.test_accuracy, known.test_accuracy)
}

/// Whether two numbers have the same bits in the journal, where all non-finite numbers are NaN.
fn is_same(new: f64, old: f64) -> bool {
    new.to_bits() == old.to_bits() || (!new.is_finite() && old.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{JournalEntry, JournalWriter};

    fn steps(first: u64, losses: &[f32]) -> Event {
        let losses = losses.to_vec();
        Event::Steps(StepBatch { first, losses, learning_rate: 0.1, active_seconds: 1.0, spent: None })
    }

    fn epoch(epoch: u32, test_loss: f64) -> Event {
        Event::Epoch(EpochReport {
            epoch,
            step: u64::from(epoch) * 3,
            train_loss: 1.0,
            train_accuracy: 0.5,
            test_loss,
            test_accuracy: 0.5,
            learning_rate: 0.1,
            active_seconds: 1.0,
            ..EpochReport::default()
        })
    }

    /// The new events when a run with this journal resumes after `step`.
    fn new_events(journal: Vec<Event>, step: u64, events: Vec<Event>) -> Vec<Event> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("metrics.jsonl");
        let mut writer = JournalWriter::open(&path).unwrap();
        for event in journal {
            writer.append(&[JournalEntry { time: 1.0, event }]).unwrap();
        }
        let mut replay = Replay::read(&mut JournalReader::new(path), step).unwrap();
        events.into_iter().flat_map(|event| replay.new_events(event)).collect()
    }

    #[test]
    fn each_step_and_each_epoch_is_kept_once() {
        let journal = vec![steps(1, &[5.0, 4.0]), steps(3, &[3.0]), epoch(1, 0.5), steps(4, &[2.0])];
        let again =
            vec![steps(2, &[4.0]), steps(3, &[3.0]), epoch(1, 0.5), steps(4, &[2.0, 1.0]), epoch(2, 0.4)];
        assert_eq!(new_events(journal.clone(), 1, again), [steps(5, &[1.0]), epoch(2, 0.4)]);
        // A checkpoint at the end of an epoch leaves only later steps to repeat.
        let after = vec![steps(4, &[2.0]), steps(5, &[1.0])];
        assert_eq!(new_events(journal, 3, after), [steps(5, &[1.0])]);
    }

    #[test]
    fn steps_are_kept_once_after_a_trainer_that_was_killed_before_its_first_report() {
        let journal = vec![Event::started(0), steps(1, &[5.0, 4.0, 3.0, 2.0]), Event::started(0)];
        let again = vec![steps(1, &[5.0, 4.0]), steps(3, &[3.0, 2.0, 1.0])];
        assert_eq!(new_events(journal, 0, again), [steps(5, &[1.0])]);
    }

    #[test]
    fn a_run_without_a_journal_is_all_new() {
        let events = vec![steps(1, &[5.0]), epoch(1, f64::NAN)];
        assert_eq!(new_events(Vec::new(), 0, events.clone())[0], events[0]);
    }

    #[test]
    fn differing_steps_rewind_the_journal() {
        let journal = vec![steps(1, &[5.0, 4.0, 3.0]), epoch(1, 0.5)];
        let again = vec![steps(1, &[5.0, 4.5]), steps(3, &[3.0]), epoch(1, 0.5)];
        let want = [Event::Rewound { step: 1 }, steps(2, &[4.5]), steps(3, &[3.0]), epoch(1, 0.5)];
        assert_eq!(new_events(journal.clone(), 0, again.clone()), want);
        // The next trainer compares with the newer losses.
        let journal = journal.into_iter().chain(want).collect();
        assert_eq!(new_events(journal, 0, again), []);
    }

    #[test]
    fn losses_that_are_not_finite_are_equal() {
        let journal = vec![steps(1, &[f32::INFINITY, f32::NAN])];
        assert_eq!(
            new_events(journal, 0, vec![steps(1, &[f32::INFINITY, f32::NAN, 1.0])]),
            [steps(3, &[1.0])]
        );
    }

    #[test]
    fn a_gap_in_the_journal_is_filled() {
        let journal = vec![steps(1, &[5.0]), steps(3, &[3.0])];
        let want = [Event::Rewound { step: 1 }, steps(2, &[4.0, 3.0])];
        assert_eq!(new_events(journal, 0, vec![steps(1, &[5.0, 4.0, 3.0])]), want);
    }
}
