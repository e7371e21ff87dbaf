//! The measurements in a journal.

use super::error::RunError;
use super::run_dir::RunDir;
use crate::run::protocol::{Rewind, StepBatch, StepLog, Timeline};

/// The measurements of a run: every step and every epoch once, in order.
pub type History = Timeline<Vec<StepRow>>;

/// The measurements of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRow {
    /// The step, from 1.
    pub step: u64,
    /// When it was reported, in seconds since 1970 UTC. Steps of one batch have the same time.
    pub time: f64,
    /// The training loss. NaN where it was not finite.
    pub loss: f32,
    /// The learning rate. The journal has it for the last step of each batch only.
    pub learning_rate: Option<f32>,
}

impl StepLog for Vec<StepRow> {
    fn push(&mut self, time: f64, batch: &StepBatch) {
        self.rewind(Rewind { step: batch.first.saturating_sub(1) });
        let last = batch.losses.len().saturating_sub(1);
        self.extend(batch.losses.iter().enumerate().map(|(index, &loss)| StepRow {
            step: batch.first.saturating_add(index as u64),
            time,
            loss,
            learning_rate: (index == last).then_some(batch.learning_rate),
        }));
    }

    fn rewind(&mut self, rewind: Rewind) {
        let kept = self.partition_point(|row| rewind.keeps(row.step));
        self.truncate(kept);
    }
}

impl RunDir {
    /// Reads the measurements so far.
    pub fn history(&self) -> Result<History, RunError> {
        Ok(self.history_and_damage()?.0)
    }

    /// Reads the measurements so far, and counts the lines of the journal that cannot be read.
    pub fn history_and_damage(&self) -> Result<(History, u64), RunError> {
        let mut journal = self.journal_reader();
        let mut history = History::default();
        loop {
            let batch = journal.poll()?;
            if batch.replaced {
                history = History::default();
            }
            for entry in batch.entries {
                history.apply(entry.time, &entry.event);
            }
            if batch.caught_up {
                return Ok((history, journal.damaged()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::protocol::{EpochReport, Event, JournalEntry};
    use crate::run::{NewRun, Provenance, RunConfig, Store};

    fn steps(first: u64, losses: &[f32]) -> Event {
        let losses = losses.to_vec();
        Event::Steps(StepBatch { first, losses, learning_rate: 0.5, active_seconds: 1.0, spent: None })
    }

    fn epoch(epoch: u32, step: u64) -> Event {
        Event::Epoch(EpochReport {
            epoch,
            step,
            train_loss: 2.0,
            train_accuracy: 0.25,
            test_loss: 1.0,
            test_accuracy: 0.5,
            learning_rate: 0.5,
            active_seconds: 1.0,
            ..EpochReport::default()
        })
    }

    #[test]
    fn steps_and_epochs_after_a_rewind_appear_once() {
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
        let entries = (10..).zip(events).map(|(time, event)| JournalEntry { time: f64::from(time), event });
        dir.journal().unwrap().append(&entries.collect::<Vec<_>>()).unwrap();
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
        assert_eq!(history.reports().map(|report| (report.epoch, report.step)).collect::<Vec<_>>(), [(1, 2)]);
    }
}
