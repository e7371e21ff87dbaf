//! Forking runs.

use super::new_run::new_run;
use crate::run::{Change, CheckpointName, NewRun, RunConfig, RunDir, RunError, Store};

/// Creates a run that starts from a checkpoint of `parent`, with its settings and these changes.
pub fn fork(
    store: &Store,
    parent: &RunDir,
    from: CheckpointName,
    change: Change,
    name: Option<String>,
) -> Result<RunDir, RunError> {
    // The config is ignored: a fork takes its parent's, with the changes.
    store.fork(parent, from, change, NewRun { name, ..new_run(RunConfig::default()) })
}
