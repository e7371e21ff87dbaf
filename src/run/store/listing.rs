//! Entries of a list of runs.

use std::sync::Arc;

use crate::run::dir::{RunDir, RunManifest, RunState, StateName};

/// An entry of the runs directory.
#[derive(Debug, Clone, PartialEq)]
pub enum Listing {
    /// A readable run.
    Run(Arc<ListedRun>),
    /// A directory that cannot be read as a run.
    Broken {
        /// The directory's name.
        name: String,
        /// Why it cannot be read.
        reason: String,
    },
}

/// A run with its manifest and state, as tables show it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRun {
    /// Its directory.
    pub dir: RunDir,
    /// Its manifest, as last read.
    pub manifest: RunManifest,
    /// Its actual state.
    pub state: RunState,
    /// Which directory of runs it is in.
    pub origin: Origin,
}

/// Which directory of runs a run is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// In the store's own directory.
    Own,
    /// Among the reference runs, which are never changed.
    Reference,
}

impl Listing {
    /// The run, unless it is broken.
    pub fn run(self) -> Option<ListedRun> {
        match self {
            Self::Run(run) => Some(Arc::unwrap_or_clone(run)),
            Self::Broken { .. } => None,
        }
    }
}

impl ListedRun {
    /// Its state in one word.
    pub fn state_name(&self) -> StateName {
        self.state.name(&self.manifest)
    }

    /// The names that identify it on the command line.
    pub(super) fn names(&self) -> [&str; 3] {
        [self.dir.id().as_str(), self.dir.id().name(), &self.manifest.name]
    }
}
