//! Forks: runs that start from a checkpoint of another run.

use super::directory::Store;
use super::new_run::NewRun;
use crate::run::dir::{CheckpointName, ForkPoint, RunDir, RunError, RunManifest};
use crate::run::protocol::{EpochReport, Event, JournalEntry, RunStatus, StepBatch, Timeline, TrainerInfo};
use crate::run::settings::Change;

impl Store {
    /// Creates a run that continues from a checkpoint of another one, with these changes. Its journal starts with the
    /// parent's events up to the checkpoint, so that its curves are complete.
    ///
    /// The config and parent of `new` are replaced by those of the fork.
    pub fn fork(
        &self,
        parent: &RunDir,
        from: CheckpointName,
        change: Change,
        new: NewRun,
    ) -> Result<RunDir, RunError> {
        let manifest = parent.manifest()?;
        let mut checkpoint = parent.checkpoint(from)?;
        checkpoint.progress.created = None;
        let before = checkpoint.progress.changed.take().map(|changed| changed.all).unwrap_or_default();
        let config = change.after(before).apply(&manifest.config)?;
        let done = checkpoint.progress.epoch;
        if config.epochs <= done {
            return Err(RunError::NothingToTrain { from, done });
        }
        let child = self.create(&NewRun { config, parent: Some(manifest.id), ..new })?;
        let fill = || -> Result<(), RunError> {
            let _lock = child.lock()?;
            let mut manifest = child.manifest()?;
            copy_journal(parent, &child, checkpoint.progress.step, &mut manifest)?;
            (manifest.status, manifest.reason) = (RunStatus::Queued, None);
            manifest.fork = Some(ForkPoint { checkpoint: from.to_string(), step: checkpoint.progress.step });
            child.write_manifest(&manifest)?;
            checkpoint.write(&child.checkpoint_path(CheckpointName::Last))
        };
        if let Err(error) = fill() {
            // An incomplete fork must not remain, since it would train from scratch.
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
    manifest: &mut RunManifest,
) -> Result<(), RunError> {
    let (mut from, mut to) = (parent.journal_reader(), child.journal()?);
    let mut timeline = Timeline::<()>::default();
    loop {
        let batch = from.poll()?;
        let entries: Vec<_> = batch.entries.into_iter().filter_map(|entry| up_to(step, entry)).collect();
        for JournalEntry { time, event } in &entries {
            timeline.apply(*time, event);
            // The fork's settings include the parent's changes.
            if !matches!(event, Event::Changed { .. }) {
                manifest.apply(*time, event);
            }
            if matches!(event, Event::Rewound { .. }) {
                manifest.summary.recompute(timeline.reports());
            }
        }
        to.append(&entries)?;
        if batch.caught_up {
            return Ok(());
        }
    }
}

fn up_to(last: u64, mut entry: JournalEntry) -> Option<JournalEntry> {
    let keep = match &mut entry.event {
        Event::Steps(StepBatch { first, losses, .. }) => {
            let kept = usize::try_from((last + 1).saturating_sub(*first)).unwrap_or(usize::MAX);
            losses.truncate(kept);
            !losses.is_empty()
        }
        Event::Epoch(EpochReport { step, .. }) | Event::Changed { step, .. } | Event::Rewound { step } => {
            *step <= last
        }
        Event::Started(TrainerInfo { step, .. }) => *step == 0,
        // They describe the parent's trainer process.
        Event::Paused { .. }
        | Event::Resumed { .. }
        | Event::Checkpoint { .. }
        | Event::Rejected { .. }
        | Event::Warning { .. }
        | Event::Machine(_)
        | Event::Ended { .. } => false,
    };
    keep.then_some(entry)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{Checkpoint, Provenance, RunConfig, TrainState};

    fn steps(first: u64, count: usize) -> Event {
        let losses = vec![1.0; count];
        Event::Steps(StepBatch { first, losses, learning_rate: 0.1, active_seconds: 1.0, spent: None })
    }

    fn events(dir: &RunDir) -> Vec<Event> {
        dir.journal_reader().poll().unwrap().entries.into_iter().map(|entry| entry.event).collect()
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
        for event in [steps(1, 4), steps(5, 4), steps(9, 2), Event::Warning { text: "hello".to_owned() }] {
            parent.journal().unwrap().append(&[JournalEntry { time: 1.0, event }]).unwrap();
        }
        let progress = TrainState { step: 6, batch: 6, ..TrainState::default() };
        let saved = save(&parent, CheckpointName::Best, progress);

        let change = Change { learning_rate: Some(0.001), ..Change::default() };
        let child = store.fork(&parent, CheckpointName::Best, change, new(2)).unwrap();
        let manifest = child.manifest().unwrap();
        assert_eq!(manifest.parent.as_ref(), Some(parent.id()));
        assert_eq!(manifest.config, change.apply(&RunConfig::default()).unwrap());
        assert_eq!(events(&child), [steps(1, 4), steps(5, 2)]);
        assert_eq!(Checkpoint::read(&child.checkpoint_path(CheckpointName::Last)).unwrap(), saved);
    }

    #[test]
    fn a_failed_fork_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let parent = store.create(&new(1)).unwrap();
        assert!(
            store.fork(&parent, CheckpointName::Last, Change::default(), new(2)).is_err(),
            "no checkpoint"
        );
        save(&parent, CheckpointName::Last, TrainState { step: 9, epoch: 3, ..TrainState::default() });
        let change = Change { epochs: Some(3), ..Change::default() };
        let rejected = store.fork(&parent, CheckpointName::Last, change, new(3)).unwrap_err();
        assert_eq!(rejected.to_string(), "checkpoint last is already at epoch 3; use --epochs 4 or more");
        assert_eq!(store.list().len(), 1);
    }
}
