//! Finding runs by what people call them.

use std::time::Duration;

use super::directory::Store;
use super::lister::Lister;
use super::listing::{Listing, RunEntry};
use crate::run::dir::{RunDir, RunError};

impl Store {
    /// All runs, newest first, and last those that cannot be read. A run of the store hides a reference run with the
    /// same id.
    pub fn list(&self) -> Vec<Listing> {
        let mut lister = Lister::new(self.clone());
        lister.look(Duration::MAX);
        lister.runs()
    }

    /// The run with this id or name, or whose id or name is the only one that begins so.
    pub fn resolve(&self, query: &str) -> Result<RunDir, RunError> {
        if let Ok(dir) = query.parse().map_err(RunError::from).and_then(|id| self.run(&id)) {
            return Ok(dir);
        }
        let runs: Vec<RunEntry> = self.list().into_iter().filter_map(Listing::run).collect();
        let mut matches: Vec<_> = runs.iter().filter(|run| run.record.name == query).collect();
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
