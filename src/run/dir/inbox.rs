//! `inbox/`: commands for a trainer.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io, process};

use thiserror::Error;

use crate::run::disk::{FileError, file, sanitize, sanitized};
use crate::run::protocol::Command;

/// Maximum size of a command in bytes.
const LIMIT: u64 = 64 << 10;
/// Maximum number of files read by one [`Inbox::take`].
const BATCH: usize = 256;

/// Writes a command to the inbox at `inbox`, for the trainer of that run.
///
/// The file appears atomically. Its name starts with the time, so that commands are taken in order.
pub(crate) fn drop_command(inbox: &Path, command: Command) -> Result<(), FileError> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    file::create_dir(inbox)?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let path = inbox.join(format!("{since_1970:020}-{count:010}-{}.json", process::id()));
    let mut text =
        serde_json::to_vec(&command).map_err(|error| FileError::io("write", &path)(error.into()))?;
    text.push(b'\n');
    file::write_atomic(&path, &text)
}

/// The trainer's end of an inbox.
#[derive(Debug)]
pub struct Inbox {
    path: PathBuf,
    /// Rejected files that could not be removed; they are reported once.
    stuck: HashSet<OsString>,
}

/// A file in the inbox that is not a valid command of this user.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}: {reason}")]
pub struct Rejection {
    /// The file's name.
    pub file: String,
    /// Why it was rejected.
    pub reason: String,
}

impl Inbox {
    /// The inbox at `path`, which need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, stuck: HashSet::new() }
    }

    /// Takes the waiting commands, oldest first, and removes their files.
    ///
    /// A command is a regular file `*.json` of this user of at most 64 KiB. Files whose names start with a dot are still
    /// being written and stay. A file that cannot be removed is rejected, since it would be taken again.
    pub fn take(&mut self) -> Result<Vec<Result<Command, Rejection>>, FileError> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(FileError::io("read", &self.path))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(FileError::io("read", &self.path))?.file_name();
            if is_command(&name) && !self.stuck.contains(&name) {
                names.push(name);
            }
        }
        names.sort_unstable();
        names.truncate(BATCH);
        Ok(names.into_iter().map(|name| self.take_one(name)).collect())
    }

    fn take_one(&mut self, name: OsString) -> Result<Command, Rejection> {
        let path = self.path.join(&name);
        let outcome = read_command(&path);
        let removed = fs::remove_file(&path);
        let file = sanitize(&name.to_string_lossy()).into_owned();
        if let Err(error) = removed {
            self.stuck.insert(name);
            return Err(Rejection {
                file,
                reason: format!("ignored, because it cannot be removed: {error}"),
            });
        }
        outcome.map_err(|reason| Rejection { file, reason: sanitized(reason) })
    }
}

/// Whether a file of this name can be a command.
fn is_command(name: &OsStr) -> bool {
    !name.as_bytes().starts_with(b".") && name.as_bytes().ends_with(b".json")
}

/// Reads a command. The error is the reason for rejecting the file.
fn read_command(path: &Path) -> Result<Command, String> {
    let (file, metadata) = file::open(path).map_err(|error| error.to_string())?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("belongs to another user".to_owned());
    }
    let bytes = file::read_open(file, path, LIMIT).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| format!("not a valid command: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use proptest::prelude::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    const ALL: [Command; 4] = [Command::Pause, Command::Resume, Command::Stop, Command::Checkpoint];

    struct Fixture {
        dir: tempfile::TempDir,
        inbox: Inbox,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let inbox = Inbox::new(dir.path().to_owned());
            Self { dir, inbox }
        }

        fn plant(&self, name: &str, bytes: impl AsRef<[u8]>) {
            fs::write(self.dir.path().join(name), bytes).unwrap();
        }

        /// The only file, which must be rejected.
        fn rejection(&mut self) -> Rejection {
            let mut taken = self.inbox.take().unwrap();
            assert_eq!(taken.len(), 1, "{taken:?}");
            taken.remove(0).unwrap_err()
        }

        fn is_empty(&self) -> bool {
            fs::read_dir(self.dir.path()).unwrap().next().is_none()
        }
    }

    #[test]
    fn commands_are_taken_once_and_in_order() {
        let mut fixture = Fixture::new();
        for command in [ALL, ALL].concat() {
            drop_command(fixture.dir.path(), command).unwrap();
        }
        let taken: Vec<Command> = fixture.inbox.take().unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(taken, [ALL, ALL].concat());
        assert!(fixture.inbox.take().unwrap().is_empty());
        assert!(fixture.is_empty());
    }

    #[test]
    fn a_command_is_private_and_in_a_private_directory() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = dir.path().join("inbox");
        drop_command(&inbox, Command::Pause).unwrap();
        let file = fs::read_dir(&inbox).unwrap().next().unwrap().unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&inbox).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_missing_inbox_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Inbox::new(dir.path().join("inbox")).take().unwrap().is_empty());
    }

    #[test]
    fn unfinished_and_other_files_stay() {
        let mut fixture = Fixture::new();
        fixture.plant(".tmp-1.json", "\"stop\"");
        fixture.plant("readme.txt", "\"stop\"");
        assert!(fixture.inbox.take().unwrap().is_empty());
        assert!(!fixture.is_empty());
    }

    #[test]
    fn invalid_commands_are_rejected_with_a_reason() {
        for (text, reason) in [
            ("", "not a valid command: EOF"),
            ("\"paus", "not a valid command: EOF"),
            ("\"\u{1b}[2J\"", "not a valid command"),
            ("\"explode\"", "unknown variant `explode`, expected one of `pause`"),
            ("{\"pause\":1}", "not a valid command"),
            ("\"pause\" \"stop\"", "trailing characters"),
            (&" ".repeat(70_000), "larger than 65536 bytes"),
        ] {
            let mut fixture = Fixture::new();
            fixture.plant("a\u{1b}.json", text);
            let rejection = fixture.rejection();
            assert_eq!(rejection.file, "a.json");
            assert!(rejection.reason.contains(reason), "{rejection}");
            assert!(!rejection.reason.contains('\u{1b}'));
            assert!(fixture.is_empty());
        }
    }

    #[test]
    fn links_and_pipes_are_removed_and_not_read() {
        let mut fixture = Fixture::new();
        let target = tempfile::NamedTempFile::new().unwrap();
        fs::write(target.path(), "\"stop\"").unwrap();
        symlink(target.path(), fixture.dir.path().join("link.json")).unwrap();
        assert!(fixture.rejection().reason.contains("not a regular file"));
        assert_eq!(fs::read_to_string(target.path()).unwrap(), "\"stop\"");

        mknodat(CWD, fixture.dir.path().join("pipe.json"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(fixture.rejection().reason.contains("not a regular file"));
        assert!(fixture.is_empty());
    }

    #[test]
    fn a_directory_is_rejected_once() {
        let mut fixture = Fixture::new();
        fs::create_dir(fixture.dir.path().join("dir.json")).unwrap();
        assert!(fixture.rejection().reason.contains("cannot be removed"));
        assert!(fixture.inbox.take().unwrap().is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let mut fixture = Fixture::new();
            fixture.plant("any.json", &bytes);
            prop_assert_eq!(fixture.inbox.take().unwrap().len(), 1);
            prop_assert!(fixture.is_empty());
        }
    }
}
