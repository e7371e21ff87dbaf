//! What training has to work with: data and processor cores.

use crate::data::Source;
use crate::run::RunConfig;

/// Where a run looks for its data, if that is settled.
pub(crate) fn source(config: &RunConfig) -> Option<Source> {
    config.data.clone().map(|data| Source::from(data.into_os_string()))
}

/// With how many threads to compute where nothing is said: one for each core.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}
