//! Specifications of new runs.

use jiff::Timestamp;

use crate::run::dir::{Provenance, Results, RunId, RunManifest, SCHEMA};
use crate::run::disk::Extra;
use crate::run::protocol::RunStatus;
use crate::run::settings::{Change, RunConfig};

/// The specification of a new run.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Creation time, which is the first part of its id.
    pub created: Timestamp,
    /// An arbitrary number that selects the words of the id.
    pub nonce: u64,
    /// Its name; by default the words of its id.
    pub name: Option<String>,
    /// Free text on one line.
    pub notes: String,
    /// Tags, one word each.
    pub tags: Vec<String>,
    /// The run it is forked from.
    pub parent: Option<RunId>,
    /// Its settings.
    pub config: RunConfig,
    /// Program, machine and command that create it.
    pub provenance: Provenance,
}

impl NewRun {
    /// A new run without a name, notes or tags.
    pub fn new(created: Timestamp, nonce: u64, config: RunConfig, provenance: Provenance) -> Self {
        let (notes, tags) = (String::new(), Vec::new());
        Self { created, nonce, name: None, notes, tags, parent: None, config, provenance }
    }

    /// Its manifest with this id.
    pub(super) fn manifest(&self, id: RunId) -> RunManifest {
        RunManifest {
            schema: SCHEMA,
            name: self.name.clone().unwrap_or_else(|| id.name().to_owned()),
            id,
            notes: self.notes.clone(),
            tags: self.tags.clone(),
            parent: self.parent.clone(),
            status: RunStatus::Queued,
            reason: None,
            created: self.created.as_duration().as_secs_f64(),
            config: self.config.clone(),
            provenance: self.provenance.clone(),
            summary: Results::default(),
            pauses: Vec::new(),
            changed: Change::default(),
            changes: Vec::new(),
            fork: None,
            extra: Extra::new(),
        }
    }
}
