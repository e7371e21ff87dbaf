//! Steps that are done again after a crash, told from new ones.
//!
//! A journal may be ahead of the last checkpoint: a trainer that was killed had reported steps that it had not
//! saved. The next one does them again, with the same result bit by bit, and the journal keeps each of them once.

use crate::run::{Change, Event, JournalReader, RunError};

/// Stands for losses that a damaged journal lacks: no loss is equal to it.
const MISSING: f32 = f32::NEG_INFINITY;

/// What the journal holds of the time after the checkpoint that a run goes on from.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// The losses of the steps that are next, in order, with which they are compared.
    losses: Vec<f32>,
    /// Epochs that were evaluated, with their last step, test loss and accuracy.
    epochs: Vec<(u32, u64, f64, f64)>,
    /// Changes of settings, with their steps.
    changes: Vec<(u64, Change)>,
    /// The time of the last record.
    ended: Option<f64>,
}

impl Replay {
    /// Reads a journal. The run goes on after `step` and after `epoch`.
    pub(crate) fn read(journal: &mut JournalReader, step: u64, epoch: u32) -> Result<Self, RunError> {
        let mut replay = Self::default();
        loop {
            let batch = journal.poll()?;
            for record in batch.records {
                replay.ended = Some(record.time);
                replay.learn(record.event, step, epoch);
            }
            if batch.caught_up {
                return Ok(replay);
            }
        }
    }

    fn learn(&mut self, event: Event, after: u64, epoch: u32) {
        let place = |step: u64| usize::try_from(step.saturating_sub(after)).unwrap_or(usize::MAX);
        match event {
            Event::Steps { first, losses, .. } => {
                for (step, loss) in (first..).zip(losses).filter(|(step, _)| *step > after) {
                    // What stands there twice counts as it does last.
                    self.losses.truncate(place(step) - 1);
                    let gap = self.losses.len() < place(step) - 1;
                    self.losses.push(if gap { MISSING } else { loss });
                }
            }
            Event::Epoch { epoch: ended, step, test_loss, test_accuracy, .. } if ended > epoch => {
                self.epochs.retain(|(known, ..)| *known < ended);
                self.epochs.push((ended, step, test_loss, test_accuracy));
            }
            Event::Changed { step, change, .. } => self.changes.push((step, change)),
            Event::Rewound { step } => {
                self.losses.truncate(place(step));
                self.epochs.retain(|(_, ended, ..)| *ended <= step);
                self.changes.retain(|(changed, _)| *changed <= step);
            }
            _ => {}
        }
    }

    /// When the journal ended.
    pub(crate) fn ended(&self) -> Option<f64> {
        self.ended
    }

    /// What of an event is new. Steps that come out differently (after a change of the program, or on a machine with
    /// other instructions) make the journal go back to where they begin to.
    pub(crate) fn news(&mut self, event: Event) -> Vec<Event> {
        match event {
            Event::Steps { first, mut losses, learning_rate, active_seconds, spent } => {
                let pairs = losses.iter().zip(&self.losses);
                let same = pairs.take_while(|(new, old)| is_same(f64::from(**new), f64::from(**old))).count();
                let mut news = Vec::new();
                if same < losses.len().min(self.losses.len()) {
                    news.push(Event::Rewound { step: (first + same as u64).saturating_sub(1) });
                    self.losses.clear();
                    self.epochs.clear();
                }
                self.losses.drain(..same.min(self.losses.len()));
                losses.drain(..same);
                if !losses.is_empty() {
                    let first = first + same as u64;
                    news.push(Event::Steps { first, losses, learning_rate, active_seconds, spent });
                }
                news
            }
            Event::Epoch { epoch, test_loss, test_accuracy, .. } => {
                let known = self.epochs.iter().any(|(known, _, loss, accuracy)| {
                    *known == epoch && is_same(*loss, test_loss) && is_same(*accuracy, test_accuracy)
                });
                if known { Vec::new() } else { vec![event] }
            }
            Event::Changed { step, change, .. } if self.changes.contains(&(step, change)) => Vec::new(),
            Event::Rewound { .. } => {
                *self = Self { ended: self.ended, ..Self::default() };
                vec![event]
            }
            _ => vec![event],
        }
    }
}

/// Whether two numbers are the same bits, as far as the journal keeps them: what is not finite is NaN there.
fn is_same(new: f64, old: f64) -> bool {
    new.to_bits() == old.to_bits() || (!new.is_finite() && old.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{JournalEntry, JournalWriter};

    fn steps(first: u64, losses: &[f32]) -> Event {
        let losses = losses.to_vec();
        Event::Steps { first, losses, learning_rate: 0.1, active_seconds: 1.0, spent: None }
    }

    fn epoch(epoch: u32, test_loss: f64) -> Event {
        Event::Epoch {
            epoch,
            step: u64::from(epoch) * 3,
            train_loss: 1.0,
            train_accuracy: 0.5,
            test_loss,
            test_accuracy: 0.5,
            learning_rate: 0.1,
            active_seconds: 1.0,
        }
    }

    /// What is left of the events when a run goes on from a step, with this in its journal.
    fn news(journal: Vec<Event>, (step, after): (u64, u32), events: Vec<Event>) -> Vec<Event> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("metrics.jsonl");
        let mut writer = JournalWriter::open(&path).unwrap();
        for event in journal {
            writer.append(&[JournalEntry { time: 1.0, event }]).unwrap();
        }
        let mut replay = Replay::read(&mut JournalReader::new(path), step, after).unwrap();
        events.into_iter().flat_map(|event| replay.news(event)).collect()
    }

    #[test]
    fn each_step_and_each_epoch_is_kept_once() {
        let journal = vec![steps(1, &[5.0, 4.0]), steps(3, &[3.0]), epoch(1, 0.5), steps(4, &[2.0])];
        let again =
            vec![steps(2, &[4.0]), steps(3, &[3.0]), epoch(1, 0.5), steps(4, &[2.0, 1.0]), epoch(2, 0.4)];
        assert_eq!(news(journal.clone(), (1, 0), again), [steps(5, &[1.0]), epoch(2, 0.4)]);
        // After the checkpoint of an epoch there is nothing to do again but what follows.
        let after = vec![steps(4, &[2.0]), steps(5, &[1.0])];
        assert_eq!(news(journal, (3, 1), after), [steps(5, &[1.0])]);
    }

    #[test]
    fn a_run_without_a_journal_is_all_new() {
        let events = vec![steps(1, &[5.0]), epoch(1, f64::NAN)];
        assert_eq!(news(Vec::new(), (0, 0), events.clone())[0], events[0]);
    }

    #[test]
    fn steps_that_come_out_differently_are_taken_back() {
        let journal = vec![steps(1, &[5.0, 4.0, 3.0]), epoch(1, 0.5)];
        let again = vec![steps(1, &[5.0, 4.5]), steps(3, &[3.0]), epoch(1, 0.5)];
        let want = [Event::Rewound { step: 1 }, steps(2, &[4.5]), steps(3, &[3.0]), epoch(1, 0.5)];
        assert_eq!(news(journal.clone(), (0, 0), again.clone()), want);
        // And that stays so: the next trainer compares with what came later.
        let journal = journal.into_iter().chain(want).collect();
        assert_eq!(news(journal, (0, 0), again), []);
    }

    #[test]
    fn losses_that_are_no_numbers_are_the_same_ones() {
        let journal = vec![steps(1, &[f32::INFINITY, f32::NAN])];
        assert_eq!(
            news(journal, (0, 0), vec![steps(1, &[f32::INFINITY, f32::NAN, 1.0])]),
            [steps(3, &[1.0])]
        );
    }

    #[test]
    fn a_gap_in_the_journal_is_filled() {
        let journal = vec![steps(1, &[5.0]), steps(3, &[3.0])];
        let want = [Event::Rewound { step: 1 }, steps(2, &[4.0, 3.0])];
        assert_eq!(news(journal, (0, 0), vec![steps(1, &[5.0, 4.0, 3.0])]), want);
    }
}
