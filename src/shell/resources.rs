//! Data source and threads of a run.

use crate::data::Source;
use crate::run::RunConfig;

/// The configured data source; `None` means to search the default locations.
pub(crate) fn source(config: &RunConfig) -> Option<Source> {
    config.data.clone().map(|data| Source::from(data.into_os_string()))
}

/// The default number of threads: one per available core.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}
