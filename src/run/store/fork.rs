//! Runs that begin where another one was.

use super::directory::{NewRun, Store};
use crate::run::dir::{CheckpointName, RunDir, RunError, RunManifest};
use crate::run::protocol::{Event, JournalEntry, RecordedStatus};
use crate::run::settings::{Change, ConfigError};

impl Store {
    /// Creates a run that goes on from a checkpoint of another one, with these changes. Its journal begins with what the
    /// other one's holds up to there, so that its curves are whole.
    ///
    /// `new` says when and by whom; its config and parent are those of the fork.
    pub fn fork(
        &self,
        parent: &RunDir,
        from: CheckpointName,
        change: Change,
        new: NewRun,
    ) -> Result<RunDir, RunError> {
        let record = parent.record()?;
        let mut checkpoint = parent.checkpoint(from)?;
        let before = checkpoint.progress.changed.take().map(|changed| changed.all).unwrap_or_default();
        let config = change.after(before).apply(&record.config)?;
        let done = checkpoint.progress.epoch;
        if config.epochs <= done {
            let allowed = format!("{} or more: checkpoint {from} has {done} epochs already", done + 1);
            return Err(ConfigError::OutOfRange {
                setting: "epochs",
                allowed,
                got: config.epochs.to_string(),
            }
            .into());
        }
        let child = self.create(&NewRun { config, parent: Some(record.id), ..new })?;
        let fill = || -> Result<(), RunError> {
            let _lock = child.lock()?;
            let mut record = child.record()?;
            copy_journal(parent, &child, checkpoint.progress.step, &mut record)?;
            (record.status, record.reason) = (RecordedStatus::Queued, None);
            child.write_record(&record)?;
            checkpoint.write(&child.checkpoint_path(CheckpointName::Last))
        };
        if let Err(error) = fill() {
            // What was begun is no run: it would train from nothing.
            let _ = std::fs::remove_dir_all(child.path());
            return Err(error);
        }
        Ok(child)
    }
}

/// Copies the steps and epochs up to `step`.
fn copy_journal(
    parent: &RunDir,
    child: &RunDir,
    step: u64,
    record: &mut RunManifest,
) -> Result<(), RunError> {
    let (mut from, mut to) = (parent.journal_reader(), child.journal()?);
    loop {
        let batch = from.poll()?;
        let records: Vec<_> = batch.records.into_iter().filter_map(|record| up_to(step, record)).collect();
        for JournalEntry { time, event } in &records {
            // Its settings have the parent's changes already.
            if !matches!(event, Event::Changed { .. }) {
                record.apply(*time, event);
            }
        }
        to.append(&records)?;
        if batch.caught_up {
            return Ok(());
        }
    }
}

fn up_to(last: u64, mut record: JournalEntry) -> Option<JournalEntry> {
    let keep = match &mut record.event {
        Event::Steps { first, losses, .. } => {
            let kept = usize::try_from((last + 1).saturating_sub(*first)).unwrap_or(usize::MAX);
            losses.truncate(kept);
            !losses.is_empty()
        }
        Event::Epoch { step, .. } | Event::Changed { step, .. } | Event::Rewound { step } => *step <= last,
        Event::Started { step, .. } => *step == 0,
        _ => false,
    };
    keep.then_some(record)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{Checkpoint, Provenance, RunConfig, TrainState};

    fn steps(first: u64, count: usize) -> Event {
        let losses = vec![1.0; count];
        Event::Steps { first, losses, learning_rate: 0.1, active_seconds: 1.0, spent: None }
    }

    fn events(dir: &RunDir) -> Vec<Event> {
        dir.journal_reader().poll().unwrap().records.into_iter().map(|record| record.event).collect()
    }

    fn new(nonce: u64) -> NewRun {
        NewRun::new(Timestamp::UNIX_EPOCH, nonce, RunConfig::default(), Provenance::default())
    }

    fn save(run: &RunDir, name: CheckpointName, progress: TrainState) -> Checkpoint {
        let saved = Checkpoint { progress, weights: Vec::new(), optimizer: Vec::new() };
        drop(run.lock().unwrap());
        saved.write(&run.checkpoint_path(name)).unwrap();
        saved
    }

    #[test]
    fn a_fork_begins_with_what_its_parent_did() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let parent = store.create(&new(1)).unwrap();
        for event in [steps(1, 4), steps(5, 4), steps(9, 2), Event::Note { text: "hello".to_owned() }] {
            parent.journal().unwrap().append(&[JournalEntry { time: 1.0, event }]).unwrap();
        }
        let progress = TrainState { step: 6, batch: 6, ..TrainState::default() };
        let saved = save(&parent, CheckpointName::Best, progress);

        let change = Change { learning_rate: Some(0.001), ..Change::default() };
        let child = store.fork(&parent, CheckpointName::Best, change, new(2)).unwrap();
        let record = child.record().unwrap();
        assert_eq!(record.parent.as_ref(), Some(parent.id()));
        assert_eq!(record.config, change.apply(&RunConfig::default()).unwrap());
        assert_eq!(events(&child), [steps(1, 4), steps(5, 2)]);
        assert_eq!(Checkpoint::read(&child.checkpoint_path(CheckpointName::Last)).unwrap(), saved);
    }

    #[test]
    fn what_cannot_be_forked_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let parent = store.create(&new(1)).unwrap();
        assert!(
            store.fork(&parent, CheckpointName::Last, Change::default(), new(2)).is_err(),
            "no checkpoint"
        );
        save(&parent, CheckpointName::Last, TrainState { step: 9, epoch: 3, ..TrainState::default() });
        let change = Change { epochs: Some(3), ..Change::default() };
        let refused = store.fork(&parent, CheckpointName::Last, change, new(3)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "epochs must be 4 or more: checkpoint last has 3 epochs already (got 3)"
        );
        assert_eq!(store.list().len(), 1);
    }
}
