//! Finding runs by id, name or prefix.

use std::time::Duration;

use super::directory::Store;
use super::lister::Lister;
use super::listing::{ListedRun, Listing};
use crate::run::dir::{RunDir, RunError};

impl Store {
    /// All runs, newest first, followed by unreadable ones. An own run hides a reference run with the same id.
    pub fn list(&self) -> Vec<Listing> {
        let mut lister = Lister::new(self.clone());
        lister.scan(Duration::MAX);
        lister.runs()
    }

    /// The run with this id or name, or the only one with this prefix.
    pub fn resolve(&self, query: &str) -> Result<RunDir, RunError> {
        if let Ok(dir) = query.parse().map_err(RunError::from).and_then(|id| self.run(&id)) {
            return Ok(dir);
        }
        let runs: Vec<ListedRun> = self.list().into_iter().filter_map(Listing::run).collect();
        let mut matches: Vec<_> = runs.iter().filter(|run| run.manifest.name == query).collect();
        if matches.is_empty() && !query.is_empty() {
            matches =
                runs.iter().filter(|run| run.names().iter().any(|name| name.starts_with(query))).collect();
        }
        match matches.as_slice() {
            [] => Err(self.unknown(query)),
            [run] => Ok(run.dir.clone()),
            several => {
                let candidates = several.iter().map(|run| run.dir.id().to_string()).collect();
                Err(RunError::Ambiguous { query: query.to_owned(), candidates })
            }
        }
    }
}
