//! Runs that begin now.

use jiff::Timestamp;

use crate::run::{NewRun, RunConfig};
use crate::shell::provenance::provenance;

/// A run that begins now.
pub fn new_run(config: RunConfig) -> NewRun {
    let now = Timestamp::now();
    let nonce = u64::from(now.subsec_nanosecond().unsigned_abs()) ^ u64::from(std::process::id());
    NewRun::new(now, nonce, config, provenance())
}
