//! The lock of a run, which shows whether a trainer is alive.

use std::fs::{File, TryLockError};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::holder::Holder;
use crate::run::disk::{FileError, file};

/// Maximum length of the lock file's content in bytes.
const LIMIT: u64 = 4096;
/// Number of retries while a probe shares the lock, and the time between them.
const RETRIES: u32 = 100;
const RETRY_AFTER: Duration = Duration::from_millis(2);

/// The right to train a run and to write to its directory. The operating system releases it when the process ends in any
/// way; the file stays.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

/// Whether a run is held by a trainer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liveness {
    /// A trainer holds it. `None` if the lock does not say which.
    Held(Option<Holder>),
    /// A trainer on another machine has signed the lock and has not released it. Whether it is alive is unknown, since
    /// network file systems may not share locks.
    Elsewhere(Holder),
    /// No trainer holds it.
    Free,
    /// The lock cannot be opened, or the file system does not support locks.
    Unknown,
}

/// Why a lock could not be acquired.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process holds it. `None` if the lock does not say which.
    #[error("another process holds the lock")]
    Held(Option<Holder>),
    /// A process on another machine has signed it and has not released it.
    #[error("a process on {} holds the lock", .0.host)]
    Elsewhere(Holder),
    /// The lock file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
}

impl RunLock {
    /// Acquires the lock at `path`.
    ///
    /// [`liveness`] shares the lock for an instant. Such a probe does not count as a holder: this waits up to a fifth of a
    /// second for it.
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        let (file, _) = file::open_write(path)?;
        let mut retries = 0..RETRIES;
        while !try_lock(file.try_lock(), path)? {
            // If the lock can be shared, only a probe holds it.
            if !try_lock(file.try_lock_shared(), path)? || retries.next().is_none() {
                return Err(LockError::Held(holder(path)));
            }
            file.unlock().map_err(FileError::io("unlock", path))?;
            thread::sleep(RETRY_AFTER);
        }
        if let Some(holder) = holder(path).filter(Holder::is_elsewhere) {
            return Err(LockError::Elsewhere(holder));
        }
        let mut lock = Self { file, path: path.to_owned() };
        lock.sign(None)?;
        Ok(lock)
    }

    /// Path of the lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the holder and, if its directory cannot be written, the reason. The file is already open and allocated, so this
    /// works even on a full disk.
    pub fn sign(&mut self, trouble: Option<&str>) -> Result<(), FileError> {
        let holder = Holder { trouble: trouble.map(str::to_owned), ..Holder::this() };
        let mut text = serde_json::to_vec(&holder).unwrap_or_default();
        text.push(b'\n');
        let mut write = || {
            self.file.rewind()?;
            self.file.write_all(&text)?;
            self.file.set_len(text.len() as u64)
        };
        write().map_err(FileError::io("write", &self.path))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // An empty file tells other machines that the lock was released.
        let _ = self.file.set_len(0);
    }
}

/// Whether a trainer holds the lock at `path`. Tests it by sharing the lock for an instant.
pub(crate) fn liveness(path: &Path) -> Liveness {
    let file = match file::open(path) {
        Ok((file, _)) => file,
        Err(error) if error.is_not_found() => return Liveness::Free,
        Err(_) => return Liveness::Unknown,
    };
    // Closing the file releases the share.
    match try_lock(file.try_lock_shared(), path) {
        Ok(true) => match holder(path).filter(Holder::is_elsewhere) {
            Some(holder) => Liveness::Elsewhere(holder),
            None => Liveness::Free,
        },
        Ok(false) => Liveness::Held(holder(path)),
        Err(_) => Liveness::Unknown,
    }
}

/// Whether the lock was acquired.
fn try_lock(outcome: Result<(), TryLockError>, path: &Path) -> Result<bool, FileError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(FileError::io("lock", path)(error)),
    }
}

/// The last holder that signed the lock.
pub(crate) fn holder(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&file::read(path, LIMIT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock_path(dir: &tempfile::TempDir) -> PathBuf {
        dir.path().join("lock")
    }

    #[test]
    fn a_held_lock_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let lock = RunLock::acquire(&lock_path(&dir)).unwrap();
        assert_eq!(liveness(lock.path()), Liveness::Held(Some(Holder::this())));
        let rejected = RunLock::acquire(lock.path()).unwrap_err();
        assert!(matches!(rejected, LockError::Held(Some(holder)) if holder == Holder::this()));
    }

    #[test]
    fn a_lock_is_free_before_acquire_and_after_drop() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(liveness(&lock_path(&dir)), Liveness::Free);
        drop(RunLock::acquire(&lock_path(&dir)).unwrap());
        assert_eq!(liveness(&lock_path(&dir)), Liveness::Free);
        RunLock::acquire(&lock_path(&dir)).unwrap();
    }

    #[test]
    fn a_lock_that_another_machine_took_is_not_taken_from_it() {
        let dir = tempfile::tempdir().unwrap();
        let holder = Holder { pid: 7, host: "not-this-machine".to_owned(), trouble: None };
        std::fs::write(lock_path(&dir), serde_json::to_vec(&holder).unwrap()).unwrap();
        assert_eq!(liveness(&lock_path(&dir)), Liveness::Elsewhere(holder.clone()));
        let rejected = RunLock::acquire(&lock_path(&dir)).unwrap_err();
        assert!(matches!(&rejected, LockError::Elsewhere(there) if *there == holder), "{rejected}");
        std::fs::remove_file(lock_path(&dir)).unwrap();
        drop(RunLock::acquire(&lock_path(&dir)).unwrap());
        assert_eq!(std::fs::read(lock_path(&dir)).unwrap(), b"", "released");
    }

    #[test]
    fn a_probe_does_not_count_as_a_holder() {
        let dir = tempfile::tempdir().unwrap();
        drop(RunLock::acquire(&lock_path(&dir)).unwrap());
        let probe = File::open(lock_path(&dir)).unwrap();
        probe.try_lock_shared().unwrap();
        assert_eq!(liveness(&lock_path(&dir)), Liveness::Free);
        thread::scope(|scope| {
            let acquired = scope.spawn(|| RunLock::acquire(&lock_path(&dir)).map(drop));
            probe.unlock().unwrap();
            acquired.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_lock_file_with_invalid_text_still_locks() {
        let dir = tempfile::tempdir().unwrap();
        let text = "no JSON, and longer than what a holder writes: ".repeat(10);
        std::fs::write(lock_path(&dir), &text).unwrap();
        let file = File::open(lock_path(&dir)).unwrap();
        file.lock().unwrap();
        assert_eq!(liveness(&lock_path(&dir)), Liveness::Held(None));
        drop(file);
        let lock = RunLock::acquire(&lock_path(&dir)).unwrap();
        assert_eq!(holder(lock.path()), Some(Holder::this()));
    }

    #[test]
    fn a_planted_link_is_not_locked() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("elsewhere"), "kept").unwrap();
        std::os::unix::fs::symlink("elsewhere", lock_path(&dir)).unwrap();
        assert!(matches!(
            RunLock::acquire(&lock_path(&dir)),
            Err(LockError::File(FileError::NotAFile { .. }))
        ));
        assert_eq!(liveness(&lock_path(&dir)), Liveness::Unknown);
        assert_eq!(std::fs::read_to_string(dir.path().join("elsewhere")).unwrap(), "kept");
    }
}
