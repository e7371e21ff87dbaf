//! A directory of runs.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::listing::{ListedRun, Origin};
use super::new_run::NewRun;
use crate::run::dir::{RunDir, RunError, RunId, RunLabels};
use crate::run::disk::{FileError, file};

/// Number of ids to try for a new run, since runs of the same second may have the same words.
const IDS: u64 = 32;

/// A directory of runs, optionally with another one of read-only reference runs.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    references: Option<PathBuf>,
}

impl Store {
    /// The runs under `root`, which is created with the first run.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), references: None }
    }

    /// The same with the reference runs under `root`.
    #[must_use]
    pub fn with_references(self, root: impl Into<PathBuf>) -> Self {
        Self { references: Some(root.into()), ..self }
    }

    /// The directory where new runs are created.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Creates a run with the status `queued`, atomically.
    pub fn create(&self, new: &NewRun) -> Result<RunDir, RunError> {
        new.config.validate()?;
        self.try_create(new).map_err(|error| match error {
            RunError::File(FileError::Io { source, .. }) => {
                RunError::Root { root: self.root.clone(), source }
            }
            other => other,
        })
    }

    fn try_create(&self, new: &NewRun) -> Result<RunDir, RunError> {
        file::create_dir(&self.root)?;
        let failed = || FileError::io("create", &self.root);
        let unfinished = file::temp_dir(&self.root).map_err(failed())?;
        for sub in ["inbox", "checkpoints"] {
            file::create_dir(&unfinished.path().join(sub))?;
        }
        let manifest_path = unfinished.path().join("run.json");
        for attempt in 0..IDS {
            let dir = RunDir::under(&self.root, RunId::new(new.created, new.nonce.wrapping_add(attempt)));
            file::write_atomic(&manifest_path, &new.manifest(dir.id().clone()).to_bytes(&manifest_path)?)?;
            match fs::rename(unfinished.path(), dir.path()) {
                Err(error) if is_taken(&error) => {}
                renamed => {
                    renamed.and_then(|()| file::sync_dir(&self.root)).map_err(failed())?;
                    return Ok(dir);
                }
            }
        }
        let source = io::Error::new(io::ErrorKind::AlreadyExists, "every id for this second is taken");
        Err(failed()(source).into())
    }

    /// The run with this id.
    pub fn run(&self, id: &RunId) -> Result<RunDir, RunError> {
        self.roots()
            .map(|(_, root)| RunDir::under(root, id.clone()))
            .find(RunDir::exists)
            .ok_or_else(|| self.unknown(id.as_str()))
    }

    /// Sets these labels of an own run and leaves the others. The run may be training.
    pub fn label(&self, dir: &RunDir, labels: RunLabels) -> Result<(), RunError> {
        self.check_own(dir)?;
        dir.label(labels)
    }

    /// Returns an error for reference runs.
    pub(crate) fn check_own(&self, dir: &RunDir) -> Result<(), RunError> {
        if dir.path().parent() == Some(self.root()) {
            return Ok(());
        }
        Err(RunError::ReadOnlyReference { path: dir.path().to_owned() })
    }

    /// The entry of a run in lists.
    pub fn entry(&self, dir: &RunDir) -> Result<ListedRun, RunError> {
        let (manifest, state) = dir.read()?;
        let origin = if self.check_own(dir).is_ok() { Origin::Own } else { Origin::Reference };
        Ok(ListedRun { dir: dir.clone(), manifest, state, origin })
    }

    /// The directories of runs, own runs first.
    pub(crate) fn roots(&self) -> impl Iterator<Item = (Origin, &Path)> {
        let references = self.references.as_deref().map(|root| (Origin::Reference, root));
        std::iter::once((Origin::Own, self.root.as_path())).chain(references)
    }

    pub(super) fn unknown(&self, query: &str) -> RunError {
        RunError::Unknown { query: query.to_owned(), root: self.root.clone() }
    }
}

/// Whether the error means that the id is taken.
fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use jiff::Timestamp;

    use super::*;
    use crate::run::dir::{Provenance, RunManifest, SCHEMA};
    use crate::run::protocol::RunStatus;
    use crate::run::settings::RunConfig;
    use crate::run::store::Listing;

    fn new_run(second: i64, nonce: u64) -> NewRun {
        let created = Timestamp::from_second(1_795_501_812 + second).unwrap();
        NewRun::new(created, nonce, RunConfig::default(), Provenance::default())
    }

    struct Fixture {
        dir: tempfile::TempDir,
        store: Store,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path().join("data").join("runs"))
                .with_references(dir.path().join("reference"));
            Self { dir, store }
        }

        fn create(&self, second: i64) -> RunDir {
            self.store.create(&new_run(second, 1)).unwrap()
        }

        fn named(&self, second: i64, name: &str) -> RunDir {
            self.store.create(&NewRun { name: Some(name.to_owned()), ..new_run(second, 1) }).unwrap()
        }

        fn ids(&self) -> Vec<String> {
            self.store
                .list()
                .into_iter()
                .filter_map(Listing::run)
                .map(|run| run.dir.id().to_string())
                .collect()
        }

        fn broken(&self) -> Vec<(String, String)> {
            let broken = |listed| match listed {
                Listing::Run(_) => None,
                Listing::Broken { name, reason } => Some((name, reason)),
            };
            self.store.list().into_iter().filter_map(broken).collect()
        }
    }

    #[test]
    fn a_new_run_is_queued_and_private() {
        let fixture = Fixture::new();
        let dir = fixture.create(0);
        let manifest = dir.manifest().unwrap();
        assert_eq!((manifest.schema, manifest.status), (SCHEMA, RunStatus::Queued));
        assert_eq!((&manifest.id, manifest.name.as_str()), (dir.id(), dir.id().name()));
        assert!((manifest.created - 1_795_501_812.0).abs() < f64::EPSILON);
        assert_eq!(manifest.config, RunConfig::default());
        for path in [fixture.store.root(), dir.path(), &dir.inbox_path(), &dir.checkpoints_path()] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
        }
        assert_eq!(fs::metadata(dir.manifest_path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(fixture.store.root()).unwrap().count(), 1, "nothing unfinished is left");
        assert_eq!(RunDir::open(dir.path()).unwrap().id(), dir.id());
    }

    #[test]
    fn runs_of_one_second_have_different_ids() {
        let fixture = Fixture::new();
        let ids: Vec<_> = (0..4).map(|_| fixture.create(0).id().clone()).collect();
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id));
            assert_eq!(fixture.store.run(id).unwrap().manifest().unwrap().id, *id);
        }
    }

    #[test]
    fn a_run_with_an_invalid_setting_is_not_created() {
        let fixture = Fixture::new();
        let config = RunConfig { epochs: 0, ..RunConfig::default() };
        let rejected = fixture.store.create(&NewRun { config, ..new_run(0, 1) }).unwrap_err();
        assert_eq!(rejected.to_string(), "epochs must be between 1 and 100,000 (got 0)");
        assert!(fixture.store.list().is_empty());
    }

    #[test]
    fn newest_runs_come_first_and_reference_runs_are_among_them() {
        let fixture = Fixture::new();
        assert!(fixture.store.list().is_empty(), "no directory is no run");
        let (b, a) = (fixture.create(2), fixture.create(0));
        let reference = Store::open(fixture.dir.path().join("reference")).create(&new_run(1, 1)).unwrap();
        assert_eq!(fixture.ids(), [b.id().as_str(), reference.id().as_str(), a.id().as_str()]);
        let origins: Vec<_> =
            fixture.store.list().into_iter().filter_map(Listing::run).map(|run| run.origin).collect();
        assert_eq!(origins, [Origin::Own, Origin::Reference, Origin::Own]);
        assert_eq!(fixture.store.run(reference.id()).unwrap().path(), reference.path());
    }

    #[test]
    fn a_run_hides_a_reference_run_with_its_id() {
        let fixture = Fixture::new();
        let own = fixture.create(0);
        Store::open(fixture.dir.path().join("reference")).create(&new_run(0, 1)).unwrap();
        assert_eq!(fixture.ids(), [own.id().as_str()]);
        assert_eq!(fixture.store.resolve(own.id().as_str()).unwrap(), own);
    }

    #[test]
    fn a_broken_run_is_listed_and_hides_no_other() {
        let fixture = Fixture::new();
        let good = fixture.create(0);
        let root = fixture.store.root();
        let plant = |name: &str, text: Option<&str>| {
            fs::create_dir(root.join(name)).unwrap();
            if let Some(text) = text {
                fs::write(root.join(name).join("run.json"), text).unwrap();
            }
        };
        plant("empty", None);
        plant("newer", Some("{\"schema\": 2, \"whatever\": true}"));
        plant("torn", Some("{\"schema\": 1, \"id\": \"to"));
        plant("Bad \u{1b}[2J", None);
        plant(".tmp-unfinished", None);
        fs::write(root.join("README"), "no run").unwrap();
        symlink("nowhere", root.join("link")).unwrap();
        fs::create_dir(root.join("planted")).unwrap();
        symlink("/etc/passwd", root.join("planted").join("run.json")).unwrap();

        assert_eq!(fixture.ids(), [good.id().as_str()]);
        let reasons = [
            ("torn", "run.json: invalid run.json: EOF"),
            ("planted", "run.json: not a regular file"),
            ("newer", "written by a newer cnn-tui (schema 2"),
            ("link", "not a run (no run.json)"),
            ("empty", "not a run (no run.json)"),
            ("Bad [2J", "is not a run id"),
        ];
        let broken = fixture.broken();
        assert_eq!(broken.len(), reasons.len(), "{broken:?}");
        for ((name, reason), (expected_name, expected)) in broken.iter().zip(reasons) {
            assert_eq!(name, expected_name);
            assert!(reason.contains(expected), "{reason}");
            assert!(!reason.contains('\u{1b}'));
        }
    }

    #[test]
    fn an_unreadable_directory_is_listed_as_broken_and_hides_no_run() {
        let fixture = Fixture::new();
        let good = fixture.create(0);
        fs::write(fixture.dir.path().join("reference"), "a file").unwrap();
        assert_eq!(fixture.ids(), [good.id().as_str()]);
        assert!(fixture.broken()[0].1.contains("cannot read "));
    }

    #[test]
    fn a_link_to_a_run_elsewhere_is_a_run() {
        let fixture = Fixture::new();
        let dir = fixture.create(0);
        let moved = fixture.dir.path().join(dir.id().as_str());
        fs::rename(dir.path(), &moved).unwrap();
        symlink(&moved, dir.path()).unwrap();
        assert_eq!(fixture.ids(), [dir.id().as_str()]);
    }

    #[test]
    fn a_copied_run_has_an_id_of_its_own() {
        let fixture = Fixture::new();
        let dir = fixture.create(0);
        let copy = fixture.store.root().join("copy");
        fs::create_dir(&copy).unwrap();
        fs::copy(dir.manifest_path(), copy.join("run.json")).unwrap();
        assert_eq!(RunDir::open(&copy).unwrap().manifest().unwrap().id.as_str(), "copy");
    }

    #[test]
    fn runs_are_found_by_id_name_and_prefix() {
        let fixture = Fixture::new();
        let (first, second) = (fixture.named(0, "baseline"), fixture.named(86_400, "base"));
        let third = fixture.create(172_800);
        for (query, dir) in [
            (first.id().as_str(), &first),
            ("baseline", &first),
            ("basel", &first),
            ("base", &second),
            (second.id().as_str(), &second),
            (&second.id().as_str()[..8], &second),
        ] {
            assert_eq!(&fixture.store.resolve(query).unwrap(), dir, "{query}");
        }
        // The words of all three ids are the same, but only the third has them as its name.
        assert_eq!(fixture.store.resolve(third.id().name()).unwrap(), third);
    }

    #[test]
    fn unknown_and_ambiguous_names_are_errors() {
        let fixture = Fixture::new();
        let (first, second) = (fixture.create(0), fixture.create(1));
        for query in ["zebra", "", "..", "../data", "\u{1b}[2J", "-x"] {
            let message = fixture.store.resolve(query).unwrap_err().to_string();
            assert!(message.starts_with("no run named "), "{message}");
            assert!(!message.contains('\u{1b}'));
        }
        let message = fixture.store.resolve("2026").unwrap_err().to_string();
        assert_eq!(
            message,
            format!("'2026' matches 2 runs; use one of these ids: {}, {}", second.id(), first.id())
        );
        assert!(matches!(fixture.store.resolve(first.id().name()), Err(RunError::Ambiguous { .. })));
    }

    #[test]
    fn a_broken_run_is_found_by_its_id() {
        let fixture = Fixture::new();
        let dir = fixture.create(0);
        fs::write(dir.manifest_path(), "torn").unwrap();
        assert_eq!(fixture.store.resolve(dir.id().as_str()).unwrap(), dir);
    }

    #[test]
    fn a_killed_run_is_interrupted_at_once() {
        let fixture = Fixture::new();
        let dir = fixture.create(0);
        let state = || fixture.store.list().remove(0).run().unwrap().state;
        assert_eq!(state().status, RunStatus::Queued);
        let lock = dir.lock().unwrap();
        dir.write_manifest(&RunManifest { status: RunStatus::Running, ..dir.manifest().unwrap() }).unwrap();
        assert_eq!(state().status, RunStatus::Running);
        assert_eq!(state().holder().unwrap().pid, std::process::id());
        drop(lock);
        assert_eq!(state().status, RunStatus::Interrupted);
        assert!(!state().is_live());
    }
}
