//! Forks of runs.

use super::new_run::new_run;
use crate::run::{Change, CheckpointName, NewRun, RunConfig, RunDir, RunError, Store};

/// Creates a run that goes on from a checkpoint of another one with these changes.
pub fn fork(
    store: &Store,
    parent: &RunDir,
    from: CheckpointName,
    change: Change,
    name: Option<String>,
) -> Result<RunDir, RunError> {
    // Its settings are the parent's with the changes, whatever stands here.
    store.fork(parent, from, change, NewRun { name, ..new_run(RunConfig::default()) })
}
