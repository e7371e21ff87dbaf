//! The queue of runs waiting to be trained.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::directory::Store;
use crate::run::dir::{Liveness, LockError, RunError, RunId, RunLock, liveness};
use crate::run::disk::{Extra, FileError, file};
use crate::run::protocol::RecordedStatus;

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
    /// Fields that only a newer version knows.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Default for Queue {
    fn default() -> Self {
        Self { runs: Vec::new(), jobs: 1, paused: false, extra: Extra::new() }
    }
}

impl Queue {
    /// The run's position in the queue, from 0.
    pub fn place(&self, id: &RunId) -> Option<usize> {
        self.runs.iter().position(|queued| queued == id)
    }

    /// Moves a run by this many positions, towards the front if negative, stopping at the ends.
    pub fn shift(&mut self, id: &RunId, places: isize) {
        if let Some(place) = self.place(id) {
            let run = self.runs.remove(place);
            let to = place.saturating_add_signed(places).min(self.runs.len());
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
        file::create_dir(self.root())?;
        let path = self.root().join(".queue.changing");
        let (file, _) = file::open_write(&path)?;
        // Closing the file releases the lock.
        file.lock().map_err(FileError::io("locked", &path))?;
        let before = self.queue()?;
        let mut queue = before.clone();
        let outcome = change(&mut queue);
        if queue != before {
            let path = self.queue_path();
            let text = serde_json::to_vec_pretty(&queue);
            let bytes = text.map_err(|error| FileError::io("written", &path)(error.into()))?;
            file::write_atomic(&path, &bytes)?;
        }
        Ok(outcome)
    }

    /// Removes runs from the queue and deletes them. Returns the deleted runs: one that has started in the meantime stays.
    /// Deleted runs can be [restored](Self::restore).
    pub fn unqueue(&self, runs: &[RunId]) -> Result<Vec<RunId>, RunError> {
        self.change_queue(|queue| queue.runs.retain(|id| !runs.contains(id)))?;
        let mut deleted = Vec::new();
        for id in runs {
            // The run no longer exists.
            let Ok(dir) = self.run(id) else { continue };
            if dir.record()?.status == RecordedStatus::Queued {
                self.delete(&dir)?;
                deleted.push(id.clone());
            }
        }
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
    pub fn queue_is_worked_on(&self) -> bool {
        matches!(liveness(&self.queue_lock_path()), Liveness::Held(_) | Liveness::Elsewhere(_))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

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
        assert_eq!(queue.place(&id(3)), Some(2));
    }

    #[test]
    fn changes_do_not_undo_each_other() {
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
    fn one_process_works_on_it() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        assert!(!store.queue_is_worked_on());
        let lock = store.work_on_queue().unwrap();
        assert!(lock.is_some() && store.queue_is_worked_on());
        assert!(store.work_on_queue().unwrap().is_none());
        drop(lock);
        assert!(store.work_on_queue().unwrap().is_some());
    }

    #[test]
    fn only_waiting_runs_are_unqueued_and_discarded_runs_leave_the_queue() {
        use jiff::Timestamp;

        use crate::run::{NewRun, Provenance, RunConfig};

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
        let mut record = dirs[1].record().unwrap();
        record.status = RecordedStatus::Running;
        dirs[1].write_record(&record).unwrap();
        fs::remove_dir_all(dirs[2].path()).unwrap();
        assert_eq!(store.unqueue(&ids[1..]).unwrap(), [ids[3].clone()]);
        assert!(store.queue().unwrap().runs.is_empty() && dirs[1].exists() && !dirs[3].exists());
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
        fn no_file_panics(bytes in any::<Vec<u8>>()) {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join(".queue.json"), bytes).unwrap();
            let _ = Store::open(root.path()).queue();
        }
    }
}
