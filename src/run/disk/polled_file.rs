//! Watching small files for changes.

use std::fmt::Display;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::error::FileError;
use super::file;

/// A file that is read again whenever it was replaced or changed.
#[derive(Debug)]
pub(crate) struct PolledFile {
    path: PathBuf,
    /// Maximum size of the file in bytes.
    limit: u64,
    /// The state of the file when it was last read; `None` forces it to be read again.
    stamp: Option<Stamp>,
    /// Why the file cannot be used.
    problem: Option<String>,
    is_missing: bool,
}

impl PolledFile {
    /// Watches the file at `path`, which may have at most `limit` bytes and need not exist yet.
    pub(crate) fn new(path: PathBuf, limit: u64) -> Self {
        Self { path, limit, stamp: None, problem: None, is_missing: false }
    }

    /// Parses the file if it has changed since the last poll. An error becomes the [`problem`](Self::problem) until the file
    /// changes again.
    pub(crate) fn poll<T, E: Display>(&mut self, parse: impl FnOnce(&[u8]) -> Result<T, E>) -> Option<T> {
        let bytes = match self.changed_bytes() {
            Ok(bytes) => bytes?,
            Err(error) => {
                self.fail(&error);
                return None;
            }
        };
        match parse(&bytes) {
            Ok(content) => {
                self.problem = None;
                Some(content)
            }
            Err(error) => {
                self.problem = Some(error.to_string());
                None
            }
        }
    }

    /// Whether the file changed since the last poll. Its content is not read.
    pub(crate) fn poll_changed(&mut self) -> bool {
        self.open_changed()
            .unwrap_or_else(|error| {
                self.fail(&error);
                None
            })
            .is_some()
    }

    fn changed_bytes(&mut self) -> Result<Option<Vec<u8>>, FileError> {
        let Some(file) = self.open_changed()? else { return Ok(None) };
        file::read_open(file, &self.path, self.limit).map(Some)
    }

    fn open_changed(&mut self) -> Result<Option<File>, FileError> {
        let (file, metadata) = file::open(&self.path)?;
        self.is_missing = false;
        let stamp = Some(Stamp::of(&metadata));
        if stamp == self.stamp {
            return Ok(None);
        }
        self.stamp = stamp;
        Ok(Some(file))
    }

    fn fail(&mut self, error: &FileError) {
        self.is_missing = error.is_not_found();
        self.problem = (!self.is_missing).then(|| error.to_string());
        if error.is_os_error() {
            self.stamp = None;
        }
    }

    /// Makes the next poll read the file even if it has not changed.
    pub(crate) fn forget(&mut self) {
        self.stamp = None;
    }

    /// Why the file cannot be used, if it exists.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether the last poll found no file.
    pub(crate) fn is_missing(&self) -> bool {
        self.is_missing
    }
}

/// Identifies the content of a file: differs after the file was replaced or has grown.
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
        watched: PolledFile,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let watched = PolledFile::new(dir.path().join("file"), 8);
            Self { dir, watched }
        }

        fn write(&self, text: &str) {
            file::write_atomic(&self.dir.path().join("file"), text.as_bytes()).unwrap();
        }

        fn poll(&mut self) -> Option<Vec<u8>> {
            self.watched.poll(|bytes| Ok::<_, FileError>(bytes.to_vec()))
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
