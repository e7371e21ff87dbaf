//! Runs for tests, without a directory.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::run::{
    Change, Extra, ListedRun, Listing, Liveness, Origin, Provenance, Results, RunConfig, RunDir, RunId,
    RunManifest, RunState, RunStatus, SCHEMA,
};

pub(crate) fn run_id(seed: u64) -> RunId {
    RunId::new(Timestamp::UNIX_EPOCH, seed)
}

/// The `run.json` of a queued run with the default settings.
pub(crate) fn manifest(id: RunId) -> RunManifest {
    RunManifest {
        schema: SCHEMA,
        name: id.name().to_owned(),
        id,
        notes: String::new(),
        tags: Vec::new(),
        parent: None,
        status: RunStatus::Queued,
        reason: None,
        created: 0.0,
        config: RunConfig::default(),
        changed: Change::default(),
        changes: Vec::new(),
        fork: None,
        provenance: Provenance::default(),
        summary: Results::default(),
        pauses: Vec::new(),
        extra: Extra::new(),
    }
}

/// The run as a row of the list of runs.
pub(crate) fn listed(id: &RunId, status: RunStatus) -> Listing {
    Listing::Run(Arc::new(ListedRun {
        dir: RunDir::under(Path::new("/runs"), id.clone()),
        manifest: manifest(id.clone()),
        state: state(status),
        origin: Origin::Own,
    }))
}

pub(crate) fn state(status: RunStatus) -> RunState {
    let live = matches!(status, RunStatus::Running | RunStatus::Paused);
    RunState { status, liveness: if live { Liveness::Held(None) } else { Liveness::Free } }
}
