//! Which runs of a sweep are new.

use crate::run::{ListedRun, Listing, RunConfig, RunStatus, Store};

/// The configs of a sweep, split by whether their results are already there.
#[derive(Debug, Default)]
pub struct Untrained {
    /// Those to train.
    pub new: Vec<RunConfig>,
    /// Configs that a finished or pending run already covers, each with that run.
    pub known: Vec<(RunConfig, String)>,
}

/// Splits the configs of a sweep, each with the checksum of its data, into new and known ones. Of equal configs, the first is
/// new.
///
/// The result is the same if the data and every setting that can change it are the same.
pub fn untrained(store: &Store, configs: impl IntoIterator<Item = (RunConfig, String)>) -> Untrained {
    let listed = store.list();
    let mut runs: Vec<&ListedRun> = Vec::new();
    for listed in &listed {
        if let Listing::Run(run) = listed
            && counts(run)
        {
            runs.push(run);
        }
    }
    let mut split = Untrained::default();
    for (config, checksum) in configs {
        let is_same = |run: &&&ListedRun| {
            let has_data = match run.manifest.data_checksum() {
                Some(other) => other == checksum,
                // It has not started, so the data that would be found now is assumed.
                None => run.manifest.config.data == config.data,
            };
            has_data && run.manifest.config.has_same_result(&config)
        };
        if let Some(run) = runs.iter().find(is_same) {
            split.known.push((config, run.manifest.name.clone()));
        } else if split.new.iter().any(|twin| twin.has_same_result(&config)) {
            split.known.push((config, "an earlier run of this sweep".to_owned()));
        } else {
            split.new.push(config);
        }
    }
    split
}

/// Whether a run has the result of its config, or will have it.
fn counts(run: &ListedRun) -> bool {
    let has_result = matches!(
        run.state.status,
        RunStatus::Finished | RunStatus::Running | RunStatus::Paused | RunStatus::Queued
    );
    has_result && run.manifest.parent.is_none() && run.manifest.changed.is_empty()
}
