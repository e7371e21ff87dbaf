//! Repeated listing of runs that reads only changed ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::directory::Store;
use super::listing::{Listing, Origin};
use super::scan::{list_one, names};
use crate::run::dir::Liveness;
use crate::run::disk::sanitize;
use crate::run::protocol::RunStatus;

/// A directory changed within this time after it was read may keep its modification time: file systems have coarse
/// timestamps, and network file systems have their own clocks.
const COARSE: Duration = Duration::from_secs(2);

/// Lists the runs of a store. The first scan reads every run. Later ones read only changed runs and those that could
/// change unnoticed, because they are or should be training.
///
/// Changes are detected by the directory's modification time, which changes when a file in it is replaced.
#[derive(Debug)]
pub struct Lister {
    store: Store,
    known: BTreeMap<String, Known>,
    /// The runs that the current scan has not read yet, newest last.
    left: Vec<(Origin, String)>,
}

#[derive(Debug)]
struct Known {
    origin: Origin,
    listed: Listing,
    /// The directory's modification time when it was read; `None` if it must be read again.
    modified: Option<SystemTime>,
}

impl Lister {
    /// Creates a lister; nothing is read until the first [`scan`](Self::scan).
    pub fn new(store: Store) -> Self {
        Self { store, known: BTreeMap::new(), left: Vec::new() }
    }

    /// Continues the current scan, or starts another one, for about this time. The newest runs are read first.
    pub fn scan(&mut self, time: Duration) -> ListUpdate {
        let start = Instant::now();
        let mut update = ListUpdate::default();
        if self.left.is_empty() {
            update.changed = self.start_scan();
        }
        let store = self.store.clone();
        let roots: BTreeMap<Origin, &Path> = store.roots().collect();
        while let Some((origin, name)) = self.left.pop() {
            if let Some(root) = roots.get(&origin) {
                update.changed |= self.read(origin, root, name);
            }
            if start.elapsed() >= time {
                break;
            }
        }
        update.finished = self.left.is_empty();
        update
    }

    /// The runs as last read, newest first, followed by unreadable ones.
    pub fn runs(&self) -> Vec<Listing> {
        let mut runs: Vec<Listing> = self.known.values().rev().map(|known| known.listed.clone()).collect();
        runs.sort_by(|one, other| created(other).total_cmp(&created(one)));
        runs
    }

    /// Finds the names of all runs, and forgets those that no longer exist. Returns whether the list changed.
    fn start_scan(&mut self) -> bool {
        let mut found = BTreeMap::new();
        let mut broken = BTreeMap::new();
        for (origin, root) in self.store.roots() {
            match names(root) {
                Ok(names) => {
                    for name in names {
                        found.entry(name).or_insert(origin);
                    }
                }
                Err(error) => {
                    let name = sanitize(&root.to_string_lossy()).into_owned();
                    let listed = Listing::Broken { name: name.clone(), reason: error.to_string() };
                    broken.insert(name, Known { origin, listed, modified: None });
                }
            }
        }
        let before = self.known.len();
        let is_news = broken
            .iter()
            .any(|(name, known)| self.known.get(name).is_none_or(|before| before.listed != known.listed));
        self.known.retain(|name, known| found.get(name) == Some(&known.origin) || broken.contains_key(name));
        let are_gone = self.known.len() < before;
        self.known.extend(broken);
        self.left = found.into_iter().map(|(name, origin)| (origin, name)).collect();
        are_gone || is_news
    }

    /// Reads a run unless it is unchanged. Returns whether the list changed.
    fn read(&mut self, origin: Origin, root: &Path, name: String) -> bool {
        let path = root.join(&name);
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
        let before = self.known.get(&name);
        if before.is_some_and(|known| known.modified.is_some() && known.modified == modified) {
            return false;
        }
        let listed = list_one(origin, root, &name);
        if before.is_none() && path.symlink_metadata().is_err() {
            // It was removed while it was read.
            return false;
        }
        let is_news = before.is_none_or(|known| known.listed != listed);
        let quiet = modified.filter(|&time| is_at_rest(&listed) && is_long_ago(time));
        self.known.insert(name, Known { origin, listed, modified: quiet });
        is_news
    }
}

/// The outcome of a [scan](Lister::scan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListUpdate {
    /// Whether the list changed.
    pub changed: bool,
    /// Whether every run was read.
    pub finished: bool,
}

/// Whether a run can only change by a new file in its directory.
fn is_at_rest(listed: &Listing) -> bool {
    match listed {
        Listing::Run(run) => {
            let has_ended =
                matches!(run.manifest.status, RunStatus::Finished | RunStatus::Stopped | RunStatus::Failed);
            has_ended && run.state.liveness == Liveness::Free
        }
        Listing::Broken { .. } => false,
    }
}

fn is_long_ago(time: SystemTime) -> bool {
    time.elapsed().is_ok_and(|elapsed| elapsed > COARSE)
}

fn created(listed: &Listing) -> f64 {
    match listed {
        Listing::Run(run) => run.manifest.created,
        Listing::Broken { .. } => f64::NEG_INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{NewRun, Provenance, RunConfig, RunDir, RunLabels};

    struct Fixture {
        _root: tempfile::TempDir,
        store: Store,
        lister: Lister,
    }

    impl Fixture {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let store = Store::open(root.path().join("runs")).with_references(root.path().join("reference"));
            Self { _root: root, lister: Lister::new(store.clone()), store }
        }

        fn create(&self, second: i64) -> RunDir {
            let created = Timestamp::from_second(second).unwrap();
            let new = NewRun::new(created, 1, RunConfig::default(), Provenance::default());
            let dir = self.store.create(&new).unwrap();
            let mut manifest = dir.manifest().unwrap();
            manifest.status = RunStatus::Finished;
            dir.write_manifest(&manifest).unwrap();
            dir
        }

        /// Backdates a directory by a minute.
        fn rest(dir: &RunDir) {
            let then = SystemTime::now() - Duration::from_mins(1);
            fs::File::open(dir.path()).unwrap().set_modified(then).unwrap();
        }

        fn scan(&mut self) -> bool {
            let update = self.lister.scan(Duration::MAX);
            assert!(update.finished);
            update.changed
        }

        fn names(&self) -> Vec<String> {
            self.lister.runs().into_iter().filter_map(Listing::run).map(|run| run.manifest.name).collect()
        }
    }

    #[test]
    fn only_changes_are_reported() {
        let mut fixture = Fixture::new();
        let (old, new) = (fixture.create(1), fixture.create(2));
        assert!(fixture.scan());
        let named = |name: &str| RunLabels { name: Some(name.to_owned()), ..RunLabels::default() };
        assert!(!fixture.scan());
        old.label(named("first")).unwrap();
        new.label(named("second")).unwrap();
        assert!(fixture.scan());
        assert_eq!(fixture.names(), ["second", "first"]);
        Fixture::rest(&old);
        assert!(!fixture.scan());
        old.label(named("oldest")).unwrap();
        assert!(fixture.scan());
        assert_eq!(fixture.names(), ["second", "oldest"]);
        fs::remove_dir_all(new.path()).unwrap();
        assert!(fixture.scan());
        assert_eq!(fixture.names(), ["oldest"]);
    }

    #[test]
    fn unchanged_runs_are_not_read_again() {
        let mut fixture = Fixture::new();
        let dir = fixture.create(1);
        Fixture::rest(&dir);
        fixture.scan();
        // The program replaces this file and so changes the directory; written in place, only reading it shows the change.
        fs::write(dir.path().join("run.json"), "{}").unwrap();
        assert!(!fixture.scan());
        fs::write(dir.path().join("more"), "").unwrap();
        assert!(fixture.scan());
    }

    #[test]
    fn training_runs_are_always_read() {
        let mut fixture = Fixture::new();
        let dir = fixture.create(1);
        let mut manifest = dir.manifest().unwrap();
        manifest.status = RunStatus::Running;
        let lock = dir.lock().unwrap();
        dir.write_manifest(&manifest).unwrap();
        Fixture::rest(&dir);
        fixture.scan();
        drop(lock);
        assert!(fixture.scan());
        let state = fixture.lister.runs().remove(0).run().unwrap().state;
        assert_eq!(state.status, RunStatus::Interrupted);
    }

    #[test]
    fn newest_runs_are_read_first() {
        let mut fixture = Fixture::new();
        for second in 1..=5 {
            fixture.create(second);
        }
        let mut counts = Vec::new();
        loop {
            let update = fixture.lister.scan(Duration::ZERO);
            counts.push(fixture.lister.runs().len());
            let newest = fixture.lister.runs().remove(0).run().unwrap();
            assert!((newest.manifest.created - 5.0).abs() < 1e-9);
            if update.finished {
                break;
            }
        }
        assert_eq!(counts, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn lister_agrees_with_the_store() {
        let mut fixture = Fixture::new();
        fixture.create(1);
        fs::create_dir(fixture.store.root().join("odd")).unwrap();
        fixture.scan();
        assert_eq!(fixture.lister.runs(), fixture.store.list());
        assert!(!fixture.scan());
    }
}
