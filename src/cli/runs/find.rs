//! Resolving run arguments and queries.

use crate::cli::CliError;
use crate::run::{ListedRun, QueryError, RunError, Store};

/// Resolves an ID, name or prefix to a run with its state.
pub(super) fn find(store: &Store, query: &str) -> Result<ListedRun, RunError> {
    store.entry(&store.resolve(query)?)
}

/// The error for an invalid query, with its position.
pub(super) fn query_error(query: &str, error: &QueryError) -> CliError {
    let column = query[..error.at.start].chars().count() + 1;
    CliError::Usage(format!("{error} (at character {column} of '{query}')"))
}
