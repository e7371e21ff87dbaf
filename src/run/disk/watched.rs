//! A small file that is replaced now and then.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::file;
use crate::run::dir::RunError;

/// A file that is read when it is first seen and whenever it was replaced or changed since.
#[derive(Debug)]
pub(crate) struct Watched {
    path: PathBuf,
    /// What was last read; none where it is to be read again in any case.
    stamp: Option<Stamp>,
    /// Why what is there cannot be read.
    problem: Option<String>,
    is_missing: bool,
}

impl Watched {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, stamp: None, problem: None, is_missing: false }
    }

    /// What `read` finds in the file, where that changed since the last look.
    pub(crate) fn poll<T>(&mut self, read: impl FnOnce(File) -> Result<T, RunError>) -> Option<T> {
        self.try_poll(read).unwrap_or_else(|error| {
            self.is_missing = error.is_not_found();
            self.problem = (!self.is_missing).then(|| error.to_string());
            if matches!(error, RunError::Io { .. }) {
                self.stamp = None;
            }
            None
        })
    }

    fn try_poll<T>(&mut self, read: impl FnOnce(File) -> Result<T, RunError>) -> Result<Option<T>, RunError> {
        let (file, metadata) = file::open(&self.path)?;
        self.is_missing = false;
        let stamp = Some(Stamp::of(&metadata));
        if stamp == self.stamp {
            return Ok(None);
        }
        self.stamp = stamp;
        let content = read(file)?;
        self.problem = None;
        Ok(Some(content))
    }

    /// Has the file read anew.
    pub(crate) fn forget(&mut self) {
        self.stamp = None;
    }

    /// Why the file cannot be read, where it is there.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether the last look found no file.
    pub(crate) fn is_missing(&self) -> bool {
        self.is_missing
    }
}

/// By what a file that was replaced or grew can be told from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Fixture {
        dir: tempfile::TempDir,
        watched: Watched,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let watched = Watched::new(dir.path().join("file"));
            Self { dir, watched }
        }

        fn write(&self, text: &str) {
            file::write_atomic(&self.dir.path().join("file"), text.as_bytes()).unwrap();
        }

        fn poll(&mut self) -> Option<Vec<u8>> {
            let path = self.watched.path.clone();
            self.watched.poll(|file| file::read_open(file, &path, 8))
        }
    }

    #[test]
    fn a_file_is_read_once_for_each_change() {
        let mut fixture = Fixture::new();
        assert_eq!(fixture.poll(), None);
        assert!(fixture.watched.is_missing());
        fixture.write("one");
        assert_eq!(fixture.poll().unwrap(), b"one");
        assert_eq!(fixture.poll(), None);
        assert!(!fixture.watched.is_missing());
        fixture.write("two");
        assert_eq!(fixture.poll().unwrap(), b"two");
        assert_eq!(fixture.watched.problem(), None);
    }

    #[test]
    fn a_problem_stays_as_long_as_the_file() {
        let mut fixture = Fixture::new();
        fixture.write("far too long");
        for _ in 0..2 {
            assert_eq!(fixture.poll(), None);
            assert!(fixture.watched.problem().unwrap().contains("larger than 8 bytes"));
        }
        fixture.write("fine");
        assert_eq!(fixture.poll().unwrap(), b"fine");
        assert_eq!(fixture.watched.problem(), None);
        fs::remove_file(fixture.dir.path().join("file")).unwrap();
        assert_eq!(fixture.poll(), None);
        assert!(fixture.watched.is_missing());
        assert_eq!(fixture.watched.problem(), None);
    }
}
