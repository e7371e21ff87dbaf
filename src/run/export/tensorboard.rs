//! TensorBoard's log directories: an event file for each run.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::event_file::{Outcome, RunSession, event_file};
use crate::run::dir::{RunDir, RunError, RunManifest, RunState, StateName};
use crate::run::disk::{FileError, file, write_new};
use crate::run::settings::Setting;

/// An event file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFile {
    /// Its path.
    pub path: PathBuf,
    /// Lines of the journal that could not be read.
    pub damaged: u64,
}

/// The event files in a directory.
struct EventFiles {
    directory: PathBuf,
    /// The name of the run's first event file. Those that replaced it have a number behind it.
    name: String,
    /// The files of this run, in order.
    own: Vec<PathBuf>,
}

impl EventFiles {
    /// Lists the files of a run in `directory`, which need not exist.
    ///
    /// # Errors
    ///
    /// If it contains event files of another run: TensorBoard would show both as one.
    fn find(directory: &Path, manifest: &RunManifest) -> Result<Self, RunError> {
        let name = event_file_name(manifest);
        let mut own = Vec::new();
        let entries = match fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            entries => Some(entries.map_err(FileError::io("read", directory))?),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(FileError::io("read", directory))?.path();
            let found = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let number = found.strip_prefix(&name).and_then(|rest| rest.strip_prefix('.'));
            if found == name || number.is_some_and(|number| number.parse::<u32>().is_ok()) {
                own.push(path);
            } else if found.contains("tfevents") {
                return Err(FileError::AlreadyExists { path }.into());
            }
        }
        own.sort();
        Ok(Self { directory: directory.to_owned(), name, own })
    }

    /// The path of the next file: the name of the first one, or that with the next number.
    fn next(&self) -> PathBuf {
        let number = |path: &PathBuf| path.extension().and_then(OsStr::to_str)?.parse::<u32>().ok();
        match self.own.last() {
            None => self.directory.join(&self.name),
            Some(last) => {
                // Five digits keep the order, in which TensorBoard reads files.
                let next = number(last).unwrap_or(0).saturating_add(1);
                self.directory.join(format!("{}.{next:05}", self.name))
            }
        }
    }

    /// Appends what is new in `bytes` to the last file, or writes a new one if its content has changed.
    fn write(&self, bytes: &[u8]) -> Result<PathBuf, FileError> {
        if let Some(last) = self.own.last() {
            let (mut file, _) = file::open_append(last)?;
            let mut before = Vec::new();
            file.read_to_end(&mut before).map_err(FileError::io("read", last))?;
            if let Some(more) = bytes.strip_prefix(before.as_slice()) {
                file.write_all(more).and_then(|()| file.sync_all()).map_err(FileError::io("write", last))?;
                return Ok(last.clone());
            }
        }
        fs::create_dir_all(&self.directory).map_err(FileError::io("create", &self.directory))?;
        let path = self.next();
        write_new(&path, bytes)?;
        for old in &self.own {
            fs::remove_file(old).map_err(FileError::io("remove", old))?;
        }
        Ok(path)
    }
}

impl RunDir {
    /// Returns the error with which [`write_event_file`](Self::write_event_file) would refuse this directory.
    pub fn check_event_directory(&self, into: &Path) -> Result<(), RunError> {
        EventFiles::find(into, &self.manifest()?).map(drop)
    }

    /// Writes settings and measurements of a run as a TensorBoard event file in the directory `into`, which is created.
    ///
    /// Each step has `loss/train` and, if the journal has it, `learning_rate`. The last step of each epoch also has the
    /// [metrics](crate::run::EpochMetric) that have a tag, such as `loss/test` and `accuracy/test`; accuracies are fractions.
    /// Wall times are those of the journal. Non-finite values are written as they are. The settings in force and how the run
    /// ended are on the HPARAMS page.
    ///
    /// Into the same directory again, what is new is appended to the file. If the run was rewound or its settings changed, a
    /// new file replaces it. A running TensorBoard follows both.
    ///
    /// # Errors
    ///
    /// If the directory contains event files of another run, or cannot be written.
    pub fn write_event_file(&self, into: &Path) -> Result<EventFile, RunError> {
        let (manifest, state) = self.read()?;
        let files = EventFiles::find(into, &manifest)?;
        let (history, damaged) = self.history_and_damage()?;
        let path = files.write(&event_file(&session(&manifest, &state), &history))?;
        Ok(EventFile { path, damaged })
    }
}

fn session(manifest: &RunManifest, state: &RunState) -> RunSession {
    let config = manifest.settings();
    let settings = Setting::all().filter_map(|setting| Some((setting.key(), setting.value(&config)?)));
    let outcome = match state.name(manifest) {
        _ if state.is_live() => None,
        StateName::Finished | StateName::Stopped => Some(Outcome::Success),
        StateName::Failed | StateName::Diverged => Some(Outcome::Failure),
        _ => None,
    };
    RunSession { created: manifest.created, settings: settings.collect(), outcome }
}

/// The file's name as TensorBoard would choose it: `events.out.tfevents.<when it was created>.<its host>.<the run's id>`.
fn event_file_name(manifest: &RunManifest) -> String {
    let host = manifest.provenance.host.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    // TensorBoard uses ten digits.
    let created = manifest.created.floor().clamp(0.0, 9_999_999_999.0);
    format!("events.out.tfevents.{created:010.0}.{}.{}", host.collect::<String>(), manifest.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::protocol::{Event, JournalEntry, StepBatch};
    use crate::run::{NewRun, Provenance, RunConfig, Store};

    fn new_run(host: &str) -> NewRun {
        let provenance = Provenance { host: host.to_owned(), ..Provenance::default() };
        NewRun::new("2026-11-24T06:30:12Z".parse().unwrap(), 0, RunConfig::default(), provenance)
    }

    fn steps(first: u64, losses: &[f32]) -> Event {
        let losses = losses.to_vec();
        Event::Steps(StepBatch { first, losses, learning_rate: 0.5, active_seconds: 1.0, spent: None })
    }

    fn append(dir: &RunDir, event: Event) {
        dir.journal().unwrap().append(&[JournalEntry { time: 1.0, event }]).unwrap();
    }

    #[test]
    fn an_export_again_appends_and_after_a_rewind_replaces() {
        let root = tempfile::tempdir().unwrap();
        let dir = Store::open(root.path().join("runs")).create(&new_run("host")).unwrap();
        let into = root.path().join("board").join("mine");
        let first = dir.write_event_file(&into).unwrap().path;
        let before = fs::read(&first).unwrap();
        fs::write(into.join("notes.txt"), "mine").unwrap();
        append(&dir, steps(1, &[2.0, 1.0]));
        let again = dir.write_event_file(&into).unwrap().path;
        let after = fs::read(&again).unwrap();
        assert_eq!(again, first);
        assert!(after.starts_with(&before) && after.len() > before.len());
        assert_eq!(dir.write_event_file(&into).unwrap().path, first);
        assert_eq!(fs::read(&first).unwrap(), after, "nothing is new");

        append(&dir, Event::Rewound { step: 1 });
        append(&dir, steps(2, &[3.0]));
        let replaced = dir.write_event_file(&into).unwrap().path;
        assert!(replaced > first && !first.exists(), "{}", replaced.display());
        append(&dir, steps(3, &[2.5]));
        assert_eq!(dir.write_event_file(&into).unwrap().path, replaced);
        append(&dir, Event::Rewound { step: 0 });
        assert!(dir.write_event_file(&into).unwrap().path > replaced);
        assert_eq!(fs::read_dir(&into).unwrap().count(), 2, "one event file, and one that is not ours");
    }

    #[test]
    fn a_cut_file_is_completed_and_another_run_is_rejected() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path().join("runs"));
        let dir = store.create(&new_run("host")).unwrap();
        append(&dir, steps(1, &[2.0, 1.0]));
        let into = root.path().join("board");
        let path = dir.write_event_file(&into).unwrap().path;
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 7]).unwrap();
        assert_eq!(dir.write_event_file(&into).unwrap().path, path);
        assert_eq!(fs::read(&path).unwrap(), whole);

        let other = store.create(&new_run("host")).unwrap();
        let rejected = other.write_event_file(&into).unwrap_err().to_string();
        assert!(rejected.ends_with(": already exists; choose another path"), "{rejected}");
        assert_eq!(other.check_event_directory(&into).unwrap_err().to_string(), rejected);
    }

    #[test]
    fn the_file_is_named_after_when_where_and_which_run() {
        let root = tempfile::tempdir().unwrap();
        let name = |host| {
            let dir = Store::open(root.path()).create(&new_run(host)).unwrap();
            let manifest = dir.manifest().unwrap();
            let name = event_file_name(&manifest);
            name.strip_suffix(manifest.id.as_str()).unwrap().to_owned()
        };
        assert_eq!(name("gpu-box"), "events.out.tfevents.1795501812.gpu-box.");
        assert_eq!(name("../etc/a b"), "events.out.tfevents.1795501812.etcab.");
    }
}
