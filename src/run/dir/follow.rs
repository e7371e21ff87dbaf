//! Following a run on disk.

use std::fmt::Display;

use super::checkpoint::{CHECKPOINT_LIMIT, Checkpoint, CheckpointName};
use super::error::RunError;
use super::journal::{JournalBatch, JournalReader};
use super::labels::LABELS_LIMIT;
use super::manifest::RunManifest;
use super::run_dir::{RECORD_LIMIT, RunDir};
use super::state::RunState;
use crate::run::disk::{LineReader, Lines, PolledFile, ReadFrom, sanitize};
use crate::run::protocol::JournalEntry;

/// Maximum number of bytes of the log read per poll; the first poll reads the end.
const LOG_WINDOW: u64 = 64 << 10;

/// Follows one run, whatever its state, by polling its directory. Polling only reads and never fails: what cannot be read
/// is the [`problem`](Update::problem) of the update, and is retried by the next poll.
#[derive(Debug)]
pub struct Follower {
    dir: RunDir,
    /// The manifest as last read.
    manifest: Option<RunManifest>,
    manifest_file: PolledFile,
    labels_file: PolledFile,
    checkpoint_file: PolledFile,
    journal: JournalReader,
    log: LineReader,
}

/// What has changed since the last poll.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Update {
    /// The manifest, if it changed.
    pub manifest: Option<RunManifest>,
    /// The actual state; `None` until the manifest has been read.
    pub state: Option<RunState>,
    /// The events that were appended to the journal.
    pub entries: Vec<JournalEntry>,
    /// Whether the journal was replaced; then earlier events no longer count.
    pub replaced: bool,
    /// Whether all events have been read. If not, poll again immediately.
    pub caught_up: bool,
    /// The checkpoint `last`, if it changed.
    pub checkpoint: Option<Checkpoint>,
    /// The lines that were appended to the trainer's log, [sanitized](crate::run::sanitize()). The first poll reads
    /// only the end of a long log.
    pub log: Vec<String>,
    /// Why something cannot be read at the moment.
    pub problem: Option<String>,
}

impl Update {
    /// Whether nothing new was read. `state` and `problem` are not considered.
    pub fn is_empty(&self) -> bool {
        self.manifest.is_none()
            && self.entries.is_empty()
            && self.checkpoint.is_none()
            && self.log.is_empty()
            && !self.replaced
    }
}

impl Follower {
    /// Follows the run in this directory from its start.
    pub fn new(dir: RunDir) -> Self {
        Self {
            manifest: None,
            manifest_file: PolledFile::new(dir.manifest_path(), RECORD_LIMIT),
            labels_file: PolledFile::new(dir.labels_path(), LABELS_LIMIT),
            checkpoint_file: PolledFile::new(dir.checkpoint_path(CheckpointName::Last), CHECKPOINT_LIMIT),
            journal: dir.journal_reader(),
            log: LineReader::new(dir.trainer_log(), LOG_WINDOW, ReadFrom::End),
            dir,
        }
    }

    /// The run's directory.
    pub fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// The reader of the journal, which counts unreadable lines.
    pub fn journal(&self) -> &JournalReader {
        &self.journal
    }

    /// Reads what has changed, at most 4 MiB of the journal.
    pub fn poll(&mut self) -> Update {
        if !self.dir.path().is_dir() {
            // Without the lock, nothing is known about the trainer, which waits until the directory is back.
            let problem = RunError::Gone { path: self.dir.path().to_owned() }.to_string();
            return Update { problem: Some(problem), caught_up: true, ..Update::default() };
        }
        let before = self.dir.liveness();
        let manifest = self.poll_manifest();
        let state = self
            .manifest
            .as_ref()
            .map(|manifest| RunState::settled(manifest.status, before, &self.dir.lock_path()));
        let checkpoint_path = self.dir.checkpoint_path(CheckpointName::Last);
        let checkpoint = self.checkpoint_file.poll(|bytes| Checkpoint::parse(&checkpoint_path, bytes));
        let (batch, journal_problem) = or_problem(self.journal.poll());
        let batch = batch.unwrap_or(JournalBatch { caught_up: true, ..JournalBatch::default() });
        let (lines, log_problem) = or_problem(self.log.poll());
        let log = lines.iter().flat_map(Lines::iter).map(shown).collect();

        let is_gone = self.manifest_file.is_missing();
        let gone = is_gone.then(|| RunError::NotARun { path: self.dir.path().to_owned() }.to_string());
        let files = [&self.manifest_file, &self.checkpoint_file];
        let file_problem = files.into_iter().find_map(PolledFile::problem).map(str::to_owned);
        Update {
            manifest,
            state,
            entries: batch.entries,
            replaced: batch.replaced,
            caught_up: batch.caught_up,
            checkpoint,
            log,
            problem: gone.or(file_problem).or(journal_problem).or(log_problem),
        }
    }

    /// The manifest, if it changed.
    fn poll_manifest(&mut self) -> Option<RunManifest> {
        if self.labels_file.poll_changed() {
            self.manifest_file.forget();
        }
        let manifest = self.manifest_file.poll(|bytes| self.dir.parse_manifest(bytes))?;
        self.manifest = Some(manifest.clone());
        Some(manifest)
    }
}

/// Sanitizes a line of the log.
fn shown(line: &[u8]) -> String {
    sanitize(&String::from_utf8_lossy(line)).into_owned()
}

/// The value, or the error's message.
fn or_problem<T>(outcome: Result<T, impl Display>) -> (Option<T>, Option<String>) {
    match outcome {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use jiff::Timestamp;

    use super::*;
    use crate::run::dir::{Provenance, TrainState};
    use crate::run::protocol::{Event, RunStatus};
    use crate::run::settings::RunConfig;
    use crate::run::store::{NewRun, Store};

    struct Fixture {
        _root: tempfile::TempDir,
        dir: RunDir,
    }

    impl Fixture {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let new = NewRun::new(Timestamp::UNIX_EPOCH, 1, RunConfig::default(), Provenance::default());
            let dir = Store::open(root.path()).create(&new).unwrap();
            Self { _root: root, dir }
        }

        fn follower(&self) -> Follower {
            Follower::new(self.dir.clone())
        }

        fn write_status(&self, status: RunStatus) {
            self.dir.write_manifest(&RunManifest { status, ..self.dir.manifest().unwrap() }).unwrap();
        }

        fn write_checkpoint(&self, step: u64) -> Checkpoint {
            let progress = TrainState { step, ..TrainState::default() };
            let checkpoint = Checkpoint { progress, weights: Vec::new(), optimizer: Vec::new() };
            checkpoint.write(&self.dir.checkpoint_path(CheckpointName::Last)).unwrap();
            checkpoint
        }
    }

    fn warning(text: &str) -> JournalEntry {
        JournalEntry { time: 0.0, event: Event::Warning { text: text.to_owned() } }
    }

    #[test]
    fn a_run_is_followed_from_its_creation_to_its_end() {
        let fixture = Fixture::new();
        let mut follower = fixture.follower();
        let update = follower.poll();
        assert_eq!(update.manifest, Some(fixture.dir.manifest().unwrap()));
        assert_eq!(update.state.unwrap().status, RunStatus::Queued);
        assert!(update.caught_up && update.problem.is_none());
        assert!(follower.poll().is_empty());

        let lock = fixture.dir.lock().unwrap();
        let mut journal = fixture.dir.journal().unwrap();
        fixture.write_status(RunStatus::Running);
        journal.append(&[warning("one"), warning("two")]).unwrap();
        let checkpoint = fixture.write_checkpoint(7);
        fixture.dir.open_trainer_log().unwrap().write_all(b"hello\n\x1b[31mred\nunfinished").unwrap();
        let update = follower.poll();
        let state = update.state.unwrap();
        assert_eq!((state.status, state.is_live()), (RunStatus::Running, true));
        assert_eq!(update.entries, [warning("one"), warning("two")]);
        assert_eq!(update.checkpoint, Some(checkpoint));
        assert_eq!(update.log, ["hello", "[31mred"]);
        assert!(follower.poll().is_empty());

        drop(lock);
        assert_eq!(follower.poll().state.unwrap().status, RunStatus::Interrupted);
        fixture.write_status(RunStatus::Finished);
        assert_eq!(follower.poll().state.unwrap().status, RunStatus::Finished);
    }

    #[test]
    fn two_followers_see_the_same() {
        let fixture = Fixture::new();
        fixture.dir.journal().unwrap().append(&[warning("one")]).unwrap();
        fixture.write_checkpoint(1);
        assert_eq!(fixture.follower().poll(), fixture.follower().poll());
    }

    #[test]
    fn a_dropped_command_is_in_the_inbox() {
        let fixture = Fixture::new();
        fixture.dir.drop_command(crate::run::Command::Pause).unwrap();
        assert_eq!(fixture.dir.inbox().take().unwrap(), [Ok(crate::run::Command::Pause)]);
    }

    #[test]
    fn a_problem_is_reported_while_it_lasts_and_hides_nothing() {
        let fixture = Fixture::new();
        let mut follower = fixture.follower();
        follower.poll();
        let manifest = fs::read(fixture.dir.manifest_path()).unwrap();
        fs::write(fixture.dir.manifest_path(), "{torn").unwrap();
        fixture.dir.journal().unwrap().append(&[warning("one")]).unwrap();
        let update = follower.poll();
        assert!(update.problem.unwrap().contains("run.json: invalid run.json"));
        assert_eq!(update.entries, [warning("one")]);
        assert_eq!(update.state.unwrap().status, RunStatus::Queued, "as last read");
        assert!(follower.poll().problem.is_some());
        fs::write(fixture.dir.manifest_path(), manifest).unwrap();
        let update = follower.poll();
        assert!(update.problem.is_none() && update.manifest.is_some());

        let path = fixture.dir.checkpoint_path(CheckpointName::Last);
        fs::write(&path, "torn").unwrap();
        for _ in 0..2 {
            assert!(follower.poll().problem.unwrap().contains("last.safetensors: not a valid"));
        }
        let checkpoint = fixture.write_checkpoint(2);
        let update = follower.poll();
        assert_eq!((update.checkpoint, update.problem), (Some(checkpoint), None));
    }

    #[test]
    fn a_removed_run_is_a_problem() {
        let fixture = Fixture::new();
        let mut follower = fixture.follower();
        fixture.dir.journal().unwrap().append(&[warning("one")]).unwrap();
        follower.poll();
        fs::remove_dir_all(fixture.dir.path()).unwrap();
        let update = follower.poll();
        assert!(update.problem.as_ref().unwrap().contains("no longer exists"), "{update:?}");
        assert!(update.is_empty());
    }

    #[test]
    fn a_run_without_a_manifest_has_no_state() {
        let fixture = Fixture::new();
        fs::remove_file(fixture.dir.manifest_path()).unwrap();
        let update = fixture.follower().poll();
        assert!(update.state.is_none() && update.problem.is_some());
    }

    #[test]
    fn a_replaced_journal_restarts_the_update() {
        let fixture = Fixture::new();
        fixture.dir.journal().unwrap().append(&[warning("one"), warning("two")]).unwrap();
        let mut follower = fixture.follower();
        follower.poll();
        fs::remove_file(fixture.dir.journal_path()).unwrap();
        fixture.dir.journal().unwrap().append(&[warning("three")]).unwrap();
        let update = follower.poll();
        assert_eq!((update.replaced, update.entries), (true, vec![warning("three")]));
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let fixture = Fixture::new();
        let line = format!("{}\n", "x".repeat(99));
        fixture.dir.open_trainer_log().unwrap().write_all(line.repeat(5000).as_bytes()).unwrap();
        let update = fixture.follower().poll();
        assert!(update.log.len() < 700 && update.log.iter().all(|shown| shown.len() == 99));
    }
}
