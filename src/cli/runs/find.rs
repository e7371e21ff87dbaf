//! Resolving run arguments.

use crate::run::{RunEntry, RunError, Store};

/// Resolves an ID, name or prefix to a run with its state.
pub(super) fn find(store: &Store, query: &str) -> Result<RunEntry, RunError> {
    store.entry(&store.resolve(query)?)
}
