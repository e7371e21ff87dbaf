//! The queue: runs to be trained.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::directory::Store;
use super::new_run::NewRun;
use crate::run::dir::{Liveness, LockError, RunDir, RunError, RunId, RunLock, liveness};
use crate::run::disk::{Extra, FileError, file};
use crate::run::protocol::RunStatus;

/// Maximum size of the file in bytes.
const LIMIT: u64 = 1 << 20;

/// `.queue.json` in a directory of runs: the runs waiting to be trained.
///
/// A queued run is an ordinary run with the status `queued`. The worker that starts runs is a separate process that
/// outlives dashboards; it [holds](Store::work_on_queue) `.queue.lock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Queue {
    /// The runs, the next one first.
    pub runs: Vec<RunId>,
    /// Maximum number of runs training at the same time, including those started by hand.
    pub jobs: usize,
    /// Whether the queue is paused, so that no more runs are started.
    pub paused: bool,
    /// Runs that the worker has started and that have not ended normally: they train, or were interrupted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub started: Vec<RunId>,
    /// Runs in the trash that were in the queue, with their former positions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deleted: BTreeMap<RunId, usize>,
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            jobs: 1,
            paused: false,
            started: Vec::new(),
            deleted: BTreeMap::new(),
            extra: Extra::new(),
        }
    }
}

impl Queue {
    /// The run's position in the queue, from 0.
    pub fn position(&self, id: &RunId) -> Option<usize> {
        self.runs.iter().position(|queued| queued == id)
    }

    /// Moves a run by this many positions, towards the front if negative, stopping at the ends.
    pub fn shift(&mut self, id: &RunId, places: isize) {
        if let Some(index) = self.position(id) {
            let run = self.runs.remove(index);
            let to = index.saturating_add_signed(places).min(self.runs.len());
            self.runs.insert(to, run);
        }
    }
}

impl Store {
    fn queue_path(&self) -> PathBuf {
        self.root().join(".queue.json")
    }

    fn queue_lock_path(&self) -> PathBuf {
        self.root().join(".queue.lock")
    }

    /// Reads the queue; it is empty if there is no file.
    pub fn queue(&self) -> Result<Queue, RunError> {
        let path = self.queue_path();
        match file::read(&path, LIMIT) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|source| RunError::DamagedQueue { path, source })
            }
            Err(error) if error.is_not_found() => Ok(Queue::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes the queue under an exclusive lock.
    pub fn change_queue<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> Result<T, RunError> {
        self.try_change_queue(|queue| Ok(change(queue)))
    }

    /// Changes the queue under an exclusive lock, unless `change` fails.
    pub(super) fn try_change_queue<T>(
        &self,
        change: impl FnOnce(&mut Queue) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        file::create_dir(self.root())?;
        let path = self.root().join(".queue.changing");
        let (file, _) = file::open_write(&path)?;
        // Closing the file releases the lock.
        file.lock().map_err(FileError::io("lock", &path))?;
        let before = self.queue()?;
        let mut queue = before.clone();
        let outcome = change(&mut queue)?;
        if queue != before {
            let path = self.queue_path();
            let text = serde_json::to_vec_pretty(&queue);
            let bytes = text.map_err(|error| FileError::io("write", &path)(error.into()))?;
            file::write_atomic(&path, &bytes)?;
        }
        Ok(outcome)
    }

    /// Creates runs and queues them, all or none. `jobs` also sets how many train at the same time.
    pub fn enqueue(&self, runs: &[NewRun], jobs: Option<usize>) -> Result<Vec<RunDir>, RunError> {
        let mut created = Vec::new();
        let outcome = self.try_change_queue(|queue| {
            for run in runs {
                created.push(self.create(run)?);
            }
            queue.runs.extend(created.iter().map(|dir| dir.id().clone()));
            queue.jobs = jobs.unwrap_or(queue.jobs);
            Ok(())
        });
        if let Err(error) = outcome {
            for dir in created {
                // Nobody has seen them yet.
                let _ = fs::remove_dir_all(dir.path());
            }
            return Err(error);
        }
        Ok(created)
    }

    /// Resumes the queue. Runs that it had started and that were interrupted come first.
    pub fn resume_queue(&self) -> Result<(), RunError> {
        self.change_queue(|queue| {
            queue.paused = false;
            let state = |id: &RunId| Some(self.run(id).ok()?.read().ok()?.1);
            let (live, ended): (Vec<_>, Vec<_>) = std::mem::take(&mut queue.started)
                .into_iter()
                .partition(|id| state(id).is_some_and(|state| state.is_live()));
            queue.started = live;
            let interrupted = |id: &RunId| {
                state(id).is_some_and(|state| state.status == RunStatus::Interrupted)
                    && queue.position(id).is_none()
            };
            let interrupted: Vec<_> = ended.into_iter().filter(interrupted).collect();
            queue.runs.splice(0..0, interrupted);
        })
    }

    /// Removes runs from the queue and deletes them. Returns the deleted runs: one that has started in the meantime stays.
    /// Deleted runs can be [restored](Self::restore), and return to their place.
    pub fn delete_queued(&self, runs: &[RunId]) -> Result<Vec<RunId>, RunError> {
        let before = self.queue()?;
        let mut deleted = Vec::new();
        for id in runs {
            // The run no longer exists.
            let Ok(dir) = self.run(id) else { continue };
            if dir.manifest()?.status == RunStatus::Queued {
                self.delete(&dir)?;
                deleted.push(id.clone());
            }
        }
        self.change_queue(|queue| {
            queue.runs.retain(|id| !runs.contains(id));
            // Where they were before the others were deleted.
            for id in &deleted {
                queue.deleted.extend(before.position(id).map(|index| (id.clone(), index)));
            }
        })?;
        Ok(deleted)
    }

    /// Acquires the right to start queued runs; `None` if another process has it.
    pub fn work_on_queue(&self) -> Result<Option<RunLock>, RunError> {
        file::create_dir(self.root())?;
        let path = self.queue_lock_path();
        match RunLock::acquire(&path) {
            Ok(lock) => Ok(Some(lock)),
            Err(LockError::Held(_)) => Ok(None),
            Err(LockError::Elsewhere(holder)) => Err(RunError::Elsewhere { path, holder }),
            Err(LockError::File(error)) => Err(error.into()),
        }
    }

    /// Whether there is a queue worker.
    pub fn has_queue_worker(&self) -> bool {
        matches!(liveness(&self.queue_lock_path()), Liveness::Held(_) | Liveness::Elsewhere(_))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::run::{Provenance, RunConfig, RunManifest};

    fn new(second: i64) -> NewRun {
        let created = Timestamp::from_second(second).unwrap();
        NewRun::new(created, 1, RunConfig::default(), Provenance::default())
    }

    fn id(place: u8) -> RunId {
        format!("20261124-0630{place:02}-swift-otter").parse().unwrap()
    }

    #[test]
    fn runs_change_places_within_the_queue() {
        let mut queue = Queue { runs: (0..4).map(id).collect(), ..Queue::default() };
        queue.shift(&id(2), -1);
        assert_eq!(queue.runs, [0, 2, 1, 3].map(id));
        queue.shift(&id(2), isize::MIN);
        queue.shift(&id(0), isize::MAX);
        assert_eq!(queue.runs, [2, 1, 3, 0].map(id));
        queue.shift(&id(9), 1);
        assert_eq!(queue.position(&id(3)), Some(2));
    }

    #[test]
    fn concurrent_changes_are_all_kept() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path().join("runs"));
        assert_eq!(store.queue().unwrap(), Queue::default());
        std::thread::scope(|scope| {
            for place in 0..8 {
                let store = &store;
                scope.spawn(move || store.change_queue(|queue| queue.runs.push(id(place))).unwrap());
            }
        });
        let mut runs = store.queue().unwrap().runs;
        runs.sort();
        assert_eq!(runs, (0..8).map(id).collect::<Vec<_>>());
    }

    #[test]
    fn one_process_works_on_the_queue() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        assert!(!store.has_queue_worker());
        let lock = store.work_on_queue().unwrap();
        assert!(lock.is_some() && store.has_queue_worker());
        assert!(store.work_on_queue().unwrap().is_none());
        drop(lock);
        assert!(store.work_on_queue().unwrap().is_some());
    }

    #[test]
    fn only_queued_runs_are_deleted_from_the_queue_and_deleted_runs_leave_it() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let dirs = [1, 2, 3, 4].map(|second| {
            let created = Timestamp::from_second(second).unwrap();
            store.create(&NewRun::new(created, 1, RunConfig::default(), Provenance::default())).unwrap()
        });
        let ids = dirs.each_ref().map(|dir| dir.id().clone());
        store.change_queue(|queue| queue.runs = ids.to_vec()).unwrap();
        store.delete(&dirs[0]).unwrap();
        assert_eq!(store.queue().unwrap().runs, ids[1..]);
        // One has begun, and one is gone.
        let mut manifest = dirs[1].manifest().unwrap();
        manifest.status = RunStatus::Running;
        dirs[1].write_manifest(&manifest).unwrap();
        fs::remove_dir_all(dirs[2].path()).unwrap();
        assert_eq!(store.delete_queued(&ids[1..]).unwrap(), [ids[3].clone()]);
        assert!(store.queue().unwrap().runs.is_empty() && dirs[1].exists() && !dirs[3].exists());
    }

    #[test]
    fn deleted_runs_return_to_their_place_in_the_queue() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let dirs = store.enqueue(&[new(1), new(2), new(3), new(4)], Some(2)).unwrap();
        let ids: Vec<_> = dirs.iter().map(|dir| dir.id().clone()).collect();
        assert_eq!((store.queue().unwrap().runs, store.queue().unwrap().jobs), (ids.clone(), 2));

        store.delete(&dirs[1]).unwrap();
        store.delete(&dirs[2]).unwrap();
        assert_eq!(store.queue().unwrap().runs, [ids[0].clone(), ids[3].clone()]);
        store.restore(ids[2].as_str()).unwrap();
        store.restore(ids[1].as_str()).unwrap();
        assert_eq!(store.queue().unwrap().runs, ids);

        assert_eq!(store.delete_queued(&ids).unwrap(), ids);
        assert!(store.queue().unwrap().runs.is_empty());
        for id in &ids {
            store.restore(id.as_str()).unwrap();
        }
        let queue = store.queue().unwrap();
        assert_eq!((queue.runs, queue.deleted), (ids, BTreeMap::new()));
    }

    #[test]
    fn runs_are_created_and_queued_together_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let invalid = NewRun { config: RunConfig { epochs: 0, ..RunConfig::default() }, ..new(2) };
        assert!(store.enqueue(&[new(1), invalid], Some(3)).is_err());
        assert_eq!((store.list().len(), store.queue().unwrap()), (0, Queue::default()));

        fs::write(root.path().join(".queue.json"), "{").unwrap();
        assert!(matches!(store.enqueue(&[new(1)], None), Err(RunError::DamagedQueue { .. })));
        assert!(store.list().is_empty());
    }

    #[test]
    fn resuming_the_queue_starts_interrupted_runs_first() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let dirs = store.enqueue(&[new(1), new(2), new(3)], None).unwrap();
        let ids: Vec<_> = dirs.iter().map(|dir| dir.id().clone()).collect();
        // Two were started: one was killed, one was stopped by a person.
        for (dir, status) in dirs.iter().zip([RunStatus::Running, RunStatus::Stopped]) {
            dir.write_manifest(&RunManifest { status, ..dir.manifest().unwrap() }).unwrap();
        }
        let change = |queue: &mut Queue| {
            queue.started = queue.runs.drain(..2).collect();
            queue.paused = true;
        };
        store.change_queue(change).unwrap();
        store.resume_queue().unwrap();
        let queue = store.queue().unwrap();
        assert_eq!(
            (queue.runs, queue.started, queue.paused),
            (vec![ids[0].clone(), ids[2].clone()], vec![], false)
        );
    }

    #[test]
    fn a_damaged_queue_is_an_error_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        fs::write(root.path().join(".queue.json"), "{").unwrap();
        assert!(store.change_queue(|queue| queue.paused = true).is_err());
        assert_eq!(fs::read(root.path().join(".queue.json")).unwrap(), b"{");
    }

    proptest! {
        #[test]
        fn reading_any_file_never_panics(bytes in any::<Vec<u8>>()) {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join(".queue.json"), bytes).unwrap();
            let _ = Store::open(root.path()).queue();
        }
    }
}
