//! What a run measured, as its journal holds it.

use super::error::RunError;
use super::run_dir::RunDir;
use crate::run::protocol::{Event, JournalEntry};

/// What a run measured: each step and each epoch once, in order. What was [rewound](Event::Rewound) is left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// A row for each step.
    pub steps: Vec<StepRow>,
    /// A row for each epoch.
    pub epochs: Vec<EpochRow>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRow {
    /// Which, from 1.
    pub step: u64,
    /// When it was reported, in seconds since 1970 UTC. Steps that are reported together have the same time.
    pub time: f64,
    /// The training loss. NaN where it was not finite.
    pub loss: f32,
    /// The learning rate, where the journal has it: of the last of the steps that are reported together.
    pub learning_rate: Option<f32>,
}

/// What an epoch came to; as in [`Event::Epoch`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochRow {
    /// Which, from 1.
    pub epoch: u32,
    /// Steps done at its end.
    pub step: u64,
    /// When it was reported, in seconds since 1970 UTC.
    pub time: f64,
    /// Mean training loss over the epoch.
    pub train_loss: f64,
    /// Training accuracy over the epoch.
    pub train_accuracy: f64,
    /// Mean loss on the test set.
    pub test_loss: f64,
    /// Accuracy on the test set.
    pub test_accuracy: f64,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f32,
    /// Training time of the run, without pauses, in seconds.
    pub active_seconds: f64,
}

impl RunDir {
    /// Reads what the run measured so far.
    pub fn history(&self) -> Result<History, RunError> {
        let mut journal = self.journal_reader();
        let mut history = History::default();
        loop {
            let batch = journal.poll()?;
            if batch.restarted {
                history = History::default();
            }
            for record in batch.records {
                history.take(record);
            }
            if batch.caught_up {
                return Ok(history);
            }
        }
    }
}

impl History {
    fn take(&mut self, JournalEntry { time, event }: JournalEntry) {
        match event {
            Event::Steps { first, losses, learning_rate, .. } => {
                let last = losses.len().saturating_sub(1);
                self.steps.extend(losses.into_iter().enumerate().map(|(place, loss)| StepRow {
                    step: first.saturating_add(place as u64),
                    time,
                    loss,
                    learning_rate: (place == last).then_some(learning_rate),
                }));
            }
            Event::Epoch {
                epoch,
                step,
                train_loss,
                train_accuracy,
                test_loss,
                test_accuracy,
                learning_rate,
                active_seconds,
            } => self.epochs.push(EpochRow {
                epoch,
                step,
                time,
                train_loss,
                train_accuracy,
                test_loss,
                test_accuracy,
                learning_rate,
                active_seconds,
            }),
            Event::Rewound { step: last } => {
                self.steps.retain(|row| row.step <= last);
                self.epochs.retain(|row| row.step <= last);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{NewRun, Provenance, RunConfig, Store};

    fn steps(first: u64, losses: &[f32]) -> Event {
        let losses = losses.to_vec();
        Event::Steps { first, losses, learning_rate: 0.5, active_seconds: 1.0, spent: None }
    }

    fn epoch(epoch: u32, step: u64) -> Event {
        Event::Epoch {
            epoch,
            step,
            train_loss: 2.0,
            train_accuracy: 0.25,
            test_loss: 1.0,
            test_accuracy: 0.5,
            learning_rate: 0.5,
            active_seconds: 1.0,
        }
    }

    #[test]
    fn what_was_done_again_is_there_once() {
        let root = tempfile::tempdir().unwrap();
        let run = NewRun::new(Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
        let dir = Store::open(root.path()).create(&run).unwrap();
        assert_eq!(dir.history().unwrap(), History::default(), "a run that has not begun");
        let events = [
            Event::started(0),
            steps(1, &[4.0, 3.0]),
            epoch(1, 2),
            steps(3, &[2.0, f32::NAN]),
            epoch(2, 4),
            Event::Rewound { step: 3 },
            steps(4, &[1.0]),
        ];
        let records = (10..).zip(events).map(|(time, event)| JournalEntry { time: f64::from(time), event });
        dir.journal().unwrap().append(&records.collect::<Vec<_>>()).unwrap();
        let history = dir.history().unwrap();
        let rows: Vec<_> =
            history.steps.iter().map(|row| (row.step, row.time, row.loss, row.learning_rate)).collect();
        let want = [
            (1, 11.0, 4.0, None),
            (2, 11.0, 3.0, Some(0.5)),
            (3, 13.0, 2.0, None),
            (4, 16.0, 1.0, Some(0.5)),
        ];
        assert_eq!(rows, want);
        assert_eq!(history.epochs.iter().map(|row| (row.epoch, row.step)).collect::<Vec<_>>(), [(1, 2)]);
    }
}
