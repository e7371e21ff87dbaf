//! Recipes, which are equal for runs that differ only in their seeds.

use crate::run::dir::{RunId, RunManifest};
use crate::run::settings::{RunConfig, Setting};

/// How a run was trained, apart from seed and data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipe {
    settings: Vec<Option<String>>,
    /// The changes during training, with their steps.
    changed: Vec<(u64, String)>,
    /// Its id if it is a fork: the result also depends on the parent, so that no other run has its recipe.
    fork: Option<RunId>,
}

impl RunConfig {
    /// Whether every setting that can change the result is equal. The data is not compared, since a path does not identify it.
    pub fn has_same_result(&self, other: &Self) -> bool {
        self.seed == other.seed
            && Setting::all()
                .filter(|setting| setting.is_in_recipe())
                .all(|setting| setting.get(self) == setting.get(other))
    }
}

impl RunManifest {
    /// The recipe of the run.
    pub fn recipe(&self) -> Recipe {
        let settings = Setting::all().filter(|setting| setting.is_in_recipe());
        Recipe {
            settings: settings.map(|setting| setting.get(&self.config)).collect(),
            changed: match &self.changes[..] {
                [] if self.changed.is_empty() => Vec::new(),
                // Older versions did not record when.
                [] => vec![(0, self.changed.to_string())],
                changes => changes.iter().map(|change| (change.step, change.change.to_string())).collect(),
            },
            fork: self.parent.as_ref().map(|_| self.id.clone()),
        }
    }

    /// The checksum of its data; `None` until it has started.
    pub fn data_checksum(&self) -> Option<&str> {
        self.provenance.dataset.as_ref().map(|data| data.checksum.as_str())
    }

    /// Whether both were trained in the same way on the same data, apart from their seeds.
    pub fn repeats(&self, other: &Self) -> bool {
        let has_data = self.data_checksum().is_some() && self.data_checksum() == other.data_checksum();
        has_data && self.parent.is_none() && self.recipe() == other.recipe()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{Change, DataInfo, NewRun, OptimizerSettings, Provenance, Store};

    fn manifest(config: RunConfig, checksum: &str) -> RunManifest {
        let (description, source) = Default::default();
        let checksum = checksum.to_owned();
        let data = DataInfo { description, train: 1, test: 1, checksum, source };
        let provenance = Provenance { dataset: Some(data), ..Provenance::default() };
        let root = tempfile::tempdir().unwrap();
        let new = NewRun::new(Timestamp::UNIX_EPOCH, 1, config, provenance);
        Store::open(root.path()).create(&new).unwrap().manifest().unwrap()
    }

    #[test]
    fn seeds_threads_paths_and_disk_space_do_not_distinguish_repetitions() {
        let first = manifest(RunConfig::default(), "a");
        let other = RunConfig {
            seed: 7,
            threads: Some(3),
            data: Some("/elsewhere".into()),
            checkpoint_space: 1,
            ..RunConfig::default()
        };
        assert!(first.repeats(&manifest(other, "a")) && first.repeats(&first));
    }

    #[test]
    fn threads_paths_and_disk_space_do_not_distinguish_results() {
        let config = RunConfig::default();
        let neutral = RunConfig {
            threads: Some(3),
            data: Some("/elsewhere".into()),
            checkpoint_space: 1,
            ..config.clone()
        };
        assert!(config.has_same_result(&neutral));
        assert!(!config.has_same_result(&RunConfig { seed: 1, ..config.clone() }));
        assert!(!config.has_same_result(&RunConfig { patience: 3, ..config.clone() }));
    }

    #[test]
    fn other_settings_data_or_histories_are_no_repetition() {
        let first = manifest(RunConfig::default(), "a");
        let optimizer = OptimizerSettings::Sgd { learning_rate: 0.02, momentum: 0.5 };
        assert!(!first.repeats(&manifest(RunConfig { optimizer, ..RunConfig::default() }, "a")));
        assert!(!first.repeats(&manifest(RunConfig::default(), "b")));
        let changed = Change { learning_rate: Some(0.01), ..Change::default() };
        assert!(!first.repeats(&RunManifest { changed, ..first.clone() }), "changed on the way");
        let parent = Some(first.id.clone());
        assert!(!first.repeats(&RunManifest { parent, ..first.clone() }), "forked");
    }
}
