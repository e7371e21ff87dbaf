//! The trash: deleted runs, which can be restored.

use std::fs;
use std::path::{Path, PathBuf};

use super::directory::Store;
use super::listing::{ListedRun, Listing};
use crate::run::dir::{RunDir, RunError};
use crate::run::disk::{FileError, file};

/// The trash directory inside the runs directory. Names that start with a dot are not listed.
const TRASH: &str = ".trash";

impl Store {
    fn trash_path(&self) -> PathBuf {
        self.root().join(TRASH)
    }

    /// Moves an own run to the trash, unless it is training. It can be [restored](Self::restore).
    pub fn delete(&self, dir: &RunDir) -> Result<(), RunError> {
        self.check_own(dir)?;
        // A damaged queue must not keep a run that was deleted.
        self.queue()?;
        // The lock keeps trainers away while it is moved.
        let lock = dir.lock()?;
        let trash = self.trash_path();
        file::create_dir(&trash)?;
        rename(dir.path(), &trash.join(dir.id().as_str()))?;
        drop(lock);
        self.change_queue(|queue| {
            queue.deleted.retain(|id, _| trash.join(id.as_str()).is_dir());
            if let Some(index) = queue.position(dir.id()) {
                queue.runs.remove(index);
                queue.deleted.insert(dir.id().clone(), index);
            }
        })
    }

    /// The runs in the trash, newest first.
    pub fn deleted(&self) -> Vec<ListedRun> {
        Store::open(self.trash_path()).list().into_iter().filter_map(Listing::run).collect()
    }

    /// Restores a run from the trash by id, name or prefix, also to its index in the queue.
    pub fn restore(&self, query: &str) -> Result<RunDir, RunError> {
        let thrown = Store::open(self.trash_path()).resolve(query)?;
        let path = self.root().join(thrown.id().as_str());
        if path.symlink_metadata().is_ok() {
            return Err(RunError::CannotRestore { path });
        }
        self.try_change_queue(|queue| {
            rename(thrown.path(), &path)?;
            if let Some(index) = queue.deleted.remove(thrown.id()) {
                queue.runs.insert(index.min(queue.runs.len()), thrown.id().clone());
            }
            Ok(())
        })?;
        RunDir::open(&path)
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::io("move", from))?;
    for dir in [from, to].into_iter().filter_map(Path::parent) {
        file::sync_dir(dir).map_err(FileError::io("write", dir))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{NewRun, Provenance, RunConfig};

    #[test]
    fn a_discarded_run_is_restored_unchanged() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let new = NewRun::new(Timestamp::UNIX_EPOCH, 1, RunConfig::default(), Provenance::default());
        let dir = store.create(&new).unwrap();
        let manifest = dir.manifest().unwrap();

        let lock = dir.lock().unwrap();
        assert!(matches!(store.delete(&dir), Err(RunError::Locked { .. })), "it trains");
        drop(lock);
        store.delete(&dir).unwrap();
        assert!(store.list().is_empty());
        assert_eq!(store.deleted().len(), 1);
        assert!(store.restore("nothing").is_err());

        let back = store.restore(manifest.id.name()).unwrap();
        assert_eq!((back.path(), back.manifest().unwrap()), (dir.path(), manifest));
        assert!(store.deleted().is_empty());
    }

    #[test]
    fn only_own_runs_are_discarded() {
        let roots = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let new = NewRun::new(Timestamp::UNIX_EPOCH, 1, RunConfig::default(), Provenance::default());
        let reference = Store::open(roots[1].path()).create(&new).unwrap();
        let store = Store::open(roots[0].path()).with_references(roots[1].path());
        let error = store.delete(&reference).unwrap_err();
        assert!(matches!(error, RunError::ReadOnlyReference { .. }), "{error}");
        assert_eq!(store.list().len(), 1);
    }
}
