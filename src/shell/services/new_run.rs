//! Creating runs.

use jiff::Timestamp;

use crate::run::{NewRun, RunConfig};
use crate::shell::provenance::provenance;

/// A new run with this config, created now by this program.
pub fn new_run(config: RunConfig) -> NewRun {
    let now = Timestamp::now();
    let nonce = u64::from(now.subsec_nanosecond().unsigned_abs()) ^ u64::from(std::process::id());
    NewRun::new(now, nonce, config, provenance())
}
