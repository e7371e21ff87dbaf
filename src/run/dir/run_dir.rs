//! The directory of a run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::{Checkpoint, CheckpointName};
use super::error::RunError;
use super::id::RunId;
use super::inbox::{self, Inbox};
use super::journal::{JournalReader, JournalWriter};
use super::labels::RunLabels;
use super::lock::{Liveness, RunLock, liveness};
use super::manifest::RunManifest;
use super::state::RunState;
use crate::run::disk::{FileError, file};
use crate::run::protocol::Command;

/// Maximum size of `run.json` in bytes.
pub(crate) const RECORD_LIMIT: u64 = 1 << 20;

/// The directory of a run, with schema 1:
///
/// | name | what it is |
/// |-|-|
/// | `run.json` | [`RunManifest`]: settings, origin, status and results |
/// | `labels.json` | [`RunLabels`]: name, notes and tags, if somebody changed them |
/// | `metrics.jsonl` | the journal: one [`JournalEntry`](crate::run::JournalEntry) a line, append only |
/// | `checkpoints/*.safetensors` | [`Checkpoint`]s: `last`, `best`, `epoch-NNN` |
/// | `inbox/*.json` | [`Command`]s that the trainer has not taken yet |
/// | `lock` | held by the trainer; its [`Holder`](super::holder::Holder) as JSON |
/// | `trainer.log` | the trainer's output |
///
/// Its name is the run's id. Directories (0700) and files (0600) are private to their user. Names that begin with a dot
/// are unfinished and not part of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    id: RunId,
    path: PathBuf,
}

impl RunDir {
    /// The run in the directory at `path`.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let path = fs::canonicalize(path).map_err(FileError::io("read", path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let dir = Self { id: RunId::try_from(name)?, path };
        if dir.exists() { Ok(dir) } else { Err(RunError::NotARun { path: dir.path }) }
    }

    /// The directory of this run under `root`, whether it exists or not.
    pub fn under(root: &Path, id: RunId) -> Self {
        Self { path: root.join(id.as_str()), id }
    }

    /// Whether the directory holds a run.
    pub(crate) fn exists(&self) -> bool {
        self.manifest_path().symlink_metadata().is_ok()
    }

    /// The run's id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The path of the directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads `run.json`. The id is the directory's name, even if the directory was renamed or copied.
    pub fn manifest(&self) -> Result<RunManifest, RunError> {
        match file::read(&self.manifest_path(), RECORD_LIMIT) {
            Err(error) if error.is_not_found() => Err(RunError::NotARun { path: self.path.clone() }),
            bytes => self.parse_manifest(&bytes?),
        }
    }

    /// Parses `run.json` and applies the run's current labels.
    pub(crate) fn parse_manifest(&self, bytes: &[u8]) -> Result<RunManifest, RunError> {
        let manifest = RunManifest::parse(&self.manifest_path(), bytes)?;
        Ok(RunManifest { id: self.id.clone(), ..manifest }.labelled(RunLabels::read(&self.labels_path())))
    }

    /// Sets these labels and leaves the others. The run may be training.
    pub(crate) fn label(&self, labels: RunLabels) -> Result<(), RunError> {
        let path = self.labels_path();
        let labels = labels.over(RunLabels::read(&path));
        labels.validate()?;
        Ok(labels.write(&path)?)
    }

    pub(crate) fn labels_path(&self) -> PathBuf {
        self.path.join("labels.json")
    }

    /// Replaces `run.json`. Only for the holder of the [lock](Self::lock), since two writers would undo each other's changes.
    pub fn write_manifest(&self, manifest: &RunManifest) -> Result<(), RunError> {
        let path = self.manifest_path();
        Ok(file::write_atomic(&path, &manifest.to_bytes(&path)?)?)
    }

    /// Reads `run.json` and the run's actual state.
    pub fn read(&self) -> Result<(RunManifest, RunState), RunError> {
        let before = self.liveness();
        let manifest = self.manifest()?;
        let state = RunState::settled(manifest.status, before, &self.lock_path());
        Ok((manifest, state))
    }

    /// Locks the run for this process, to train it or to change its manifest, and removes unfinished files left by a killed
    /// trainer.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let path = self.lock_path();
        let name = || {
            let name = self.manifest().map(|manifest| manifest.name).unwrap_or_default();
            if name.is_empty() { self.id.name().to_owned() } else { name }
        };
        let lock = RunLock::acquire(&path).map_err(RunError::lock(&path, name))?;
        file::create_dir(&self.checkpoints_path())?;
        file::sweep(&self.checkpoints_path());
        file::sweep(&self.path);
        Ok(lock)
    }

    /// Whether a trainer holds the run.
    pub fn liveness(&self) -> Liveness {
        liveness(&self.lock_path())
    }

    /// Opens the journal for appending. Only for the holder of the [lock](Self::lock).
    pub fn journal(&self) -> Result<JournalWriter, RunError> {
        Ok(JournalWriter::open(&self.journal_path())?)
    }

    /// A reader of the journal from its start.
    pub fn journal_reader(&self) -> JournalReader {
        JournalReader::new(self.journal_path())
    }

    /// The trainer's end of the inbox. Only for the holder of the [lock](Self::lock).
    pub fn inbox(&self) -> Inbox {
        Inbox::new(self.inbox_path())
    }

    /// Sends a command to the trainer.
    pub fn drop_command(&self, command: Command) -> Result<(), RunError> {
        Ok(inbox::drop_command(&self.inbox_path(), command)?)
    }

    /// Opens the trainer's log for appending.
    pub fn open_trainer_log(&self) -> Result<File, RunError> {
        Ok(file::open_append(&self.trainer_log())?.0)
    }

    /// The trainer's log, `trainer.log`.
    pub fn trainer_log(&self) -> PathBuf {
        self.path.join("trainer.log")
    }

    /// The file of a checkpoint.
    pub fn checkpoint_path(&self, name: CheckpointName) -> PathBuf {
        self.checkpoints_path().join(format!("{name}.safetensors"))
    }

    /// Reads a checkpoint. If the run has none of this name, the error lists those that it has.
    pub fn checkpoint(&self, name: CheckpointName) -> Result<Checkpoint, RunError> {
        let path = self.checkpoint_path(name);
        match Checkpoint::read(&path) {
            Err(error) if error.is_not_found() => {
                let mut available: Vec<_> = self.checkpoints()?.into_iter().map(|(name, _)| name).collect();
                available.sort_unstable();
                Err(RunError::NoCheckpoint { path, available })
            }
            read => read,
        }
    }

    /// The run's checkpoints, in arbitrary order.
    fn checkpoints(&self) -> Result<Vec<(CheckpointName, PathBuf)>, RunError> {
        let path = self.checkpoints_path();
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(FileError::io("read", &path))?,
        };
        let mut checkpoints = Vec::new();
        for entry in entries {
            let entry = entry.map_err(FileError::io("read", &path))?;
            let name = entry.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(".safetensors"));
            if let Some(Ok(name)) = name.map(str::parse) {
                checkpoints.push((name, entry.path()));
            }
        }
        Ok(checkpoints)
    }

    /// Whether the run has any checkpoint.
    pub fn has_checkpoints(&self) -> Result<bool, RunError> {
        Ok(!self.checkpoints()?.is_empty())
    }

    /// The newest checkpoint other than `last` that can be read.
    pub fn newest_usable_checkpoint(&self) -> Result<Option<CheckpointName>, RunError> {
        let mut names: Vec<_> = self.checkpoints()?.into_iter().map(|(name, _)| name).collect();
        names.retain(|name| *name != CheckpointName::Last);
        // The name `best` comes before those of epochs.
        names.sort_unstable();
        Ok(names.into_iter().rev().find(|name| self.checkpoint(*name).is_ok()))
    }

    /// Makes another checkpoint the one that the run resumes from.
    pub fn resume_from(&self, name: CheckpointName) -> Result<(), RunError> {
        let checkpoint = self.checkpoint(name)?;
        let _lock = self.lock()?;
        checkpoint.write(&self.checkpoint_path(CheckpointName::Last))
    }

    /// Removes the oldest epoch checkpoints until the rest take at most `space` bytes. `last` and `best` stay and do not
    /// count.
    pub fn make_room(&self, space: u64) -> Result<(), RunError> {
        let mut epochs = Vec::new();
        for (name, path) in self.checkpoints()? {
            if let CheckpointName::Epoch(epoch) = name {
                let size = fs::symlink_metadata(&path).map_err(FileError::io("read", &path))?.len();
                epochs.push((epoch, size, path));
            }
        }
        epochs.sort_unstable();
        let mut total: u64 = epochs.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in epochs {
            if total <= space {
                break;
            }
            fs::remove_file(&path).map_err(FileError::io("remove", &path))?;
            total -= size;
        }
        Ok(())
    }

    /// The file `run.json`.
    pub fn manifest_path(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// The file `metrics.jsonl`.
    pub fn journal_path(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.path.join("lock")
    }

    pub(crate) fn inbox_path(&self) -> PathBuf {
        self.path.join("inbox")
    }

    pub(crate) fn checkpoints_path(&self) -> PathBuf {
        self.path.join("checkpoints")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::run::protocol::RunStatus;

    const ID: &str = "20261124-063012-swift-otter";

    struct Fixture {
        root: tempfile::TempDir,
        dir: RunDir,
    }

    impl Fixture {
        /// A run with this manifest and nothing else.
        fn with(manifest: &Value) -> Self {
            let root = tempfile::tempdir().unwrap();
            let dir = RunDir::under(root.path(), ID.parse().unwrap());
            fs::create_dir(dir.path()).unwrap();
            fs::write(dir.manifest_path(), manifest.to_string()).unwrap();
            Self { root, dir }
        }
    }

    fn manifest() -> Value {
        json!({"schema": 1, "id": ID, "status": "queued", "created": 0.0, "stars": 5})
    }

    #[test]
    fn a_changed_manifest_keeps_what_a_newer_version_added() {
        let Fixture { root: _root, dir } = Fixture::with(&manifest());
        let changed = RunManifest { notes: "good".to_owned(), ..dir.manifest().unwrap() };
        dir.write_manifest(&changed).unwrap();
        assert_eq!(dir.manifest().unwrap(), changed);
        let json: Value = serde_json::from_slice(&fs::read(dir.manifest_path()).unwrap()).unwrap();
        assert_eq!((&json["notes"], &json["stars"]), (&json!("good"), &json!(5)));
    }

    #[test]
    fn a_killed_write_leaves_the_old_manifest_and_is_cleaned_up() {
        let Fixture { root: _root, dir } = Fixture::with(&manifest());
        fs::create_dir(dir.checkpoints_path()).unwrap();
        let left = [dir.path().join(".tmp-1"), dir.checkpoints_path().join(".tmp-2")];
        for path in &left {
            fs::write(path, "{\"schema\":1,\"st").unwrap();
        }
        assert_eq!(dir.manifest().unwrap().status, RunStatus::Queued);
        let lock = dir.lock().unwrap();
        assert!(left.iter().all(|path| !path.exists()));
        assert_eq!(dir.liveness(), Liveness::Held(crate::run::dir::lock::holder(lock.path())));
        let rejected = dir.lock().unwrap_err().to_string();
        assert_eq!(rejected, format!("swift-otter is training (pid {}); stop it first", std::process::id()));
    }

    #[test]
    fn a_missing_checkpoint_is_an_error_that_lists_the_others() {
        let Fixture { root: _root, dir } = Fixture::with(&manifest());
        let message = |name| dir.checkpoint(name).unwrap_err().to_string();
        assert!(message(CheckpointName::Best).ends_with("best.safetensors; the run has no checkpoints"));
        fs::create_dir(dir.checkpoints_path()).unwrap();
        for name in ["epoch-002", "last", "epoch-010"] {
            fs::write(dir.checkpoints_path().join(format!("{name}.safetensors")), "").unwrap();
        }
        let there = "best.safetensors; the run has last, epoch-002, epoch-010";
        assert!(message(CheckpointName::Best).ends_with(there), "{}", message(CheckpointName::Best));
        assert!(message(CheckpointName::Last).contains("not a valid safetensors file"));
    }

    #[test]
    fn only_a_directory_with_a_manifest_and_an_id_is_a_run() {
        let Fixture { root, dir } = Fixture::with(&manifest());
        assert_eq!(RunDir::open(dir.path()).unwrap().id().as_str(), ID);
        fs::create_dir(root.path().join("empty")).unwrap();
        let message = RunDir::open(&root.path().join("empty")).unwrap_err().to_string();
        assert!(message.ends_with("empty: not a run (no run.json)"), "{message}");
        assert!(RunDir::open(&root.path().join("none")).unwrap_err().is_not_found());
        fs::rename(dir.path(), root.path().join("My Run")).unwrap();
        assert!(matches!(RunDir::open(&root.path().join("My Run")), Err(RunError::Id(_))));
        assert!(matches!(RunDir::open(Path::new("/")), Err(RunError::Id(_))));
    }
}
