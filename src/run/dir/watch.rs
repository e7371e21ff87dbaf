//! Whether a dashboard shows a run: dashboards hold a shared lock on a file in its directory, which the system releases when
//! they end.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use super::run_dir::RunDir;
use crate::run::disk::{FileError, file};

/// Marks a run as shown by a dashboard until this is dropped or the process ends.
#[derive(Debug)]
pub struct Watch {
    #[expect(dead_code, reason = "closing the file releases the lock")]
    file: File,
}

impl RunDir {
    fn watch_path(&self) -> PathBuf {
        self.path().join("watched")
    }

    /// Marks this run as shown by a dashboard.
    pub fn watch(&self) -> Result<Watch, FileError> {
        let path = self.watch_path();
        let (file, _) = file::open_write(&path)?;
        file.lock_shared().map_err(FileError::io("lock", &path))?;
        Ok(Watch { file })
    }

    /// Whether a dashboard shows this run; always true on file systems without locks.
    pub fn is_watched(&self) -> bool {
        match file::open(&self.watch_path()) {
            // Closing the file releases the lock.
            Ok((file, _)) => {
                matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_)))
            }
            Err(error) => !error.is_not_found(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::run::{NewRun, Provenance, RunConfig, Store};

    #[test]
    fn a_run_is_watched_while_a_dashboard_shows_it() {
        let root = tempfile::tempdir().unwrap();
        let new = NewRun::new(Timestamp::UNIX_EPOCH, 1, RunConfig::default(), Provenance::default());
        let dir = Store::open(root.path()).create(&new).unwrap();
        assert!(!dir.is_watched());
        let (one, other) = (dir.watch().unwrap(), dir.watch().unwrap());
        assert!(dir.is_watched());
        drop(one);
        assert!(dir.is_watched());
        drop(other);
        assert!(!dir.is_watched());
    }
}
