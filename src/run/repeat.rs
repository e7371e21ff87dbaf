//! Runs that repeat each other with other seeds.

use super::{record::RunRecord, setting::Setting};

/// Settings that decide nothing about the result, or that repeated runs differ by. Where the data lies says less than
/// its checksum.
const APART: [&str; 5] = ["seed", "data", "device", "threads", "checkpoint-space"];

impl RunRecord {
    /// Whether both were trained in the same way on the same data, seeds apart. A fork repeats nothing: it was trained
    /// in two ways.
    pub fn repeats(&self, other: &Self) -> bool {
        let settings = |record: &Self| {
            let config = record.settings();
            Setting::all()
                .filter(|setting| !APART.contains(&setting.name()))
                .map(|setting| setting.get(&config))
                .collect::<Vec<_>>()
        };
        let data = |record: &Self| record.provenance.dataset.as_ref().map(|data| data.checksum.clone());
        self.parent.is_none()
            && other.parent.is_none()
            && self.changed == other.changed
            && data(self).is_some()
            && data(self) == data(other)
            && settings(self) == settings(other)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{Change, DataInfo, NewRun, Optimizer, Provenance, RunConfig, Store};

    fn record(config: RunConfig, checksum: &str) -> RunRecord {
        let (description, source) = Default::default();
        let checksum = checksum.to_owned();
        let data = DataInfo { description, train: 1, test: 1, checksum, source };
        let provenance = Provenance { dataset: Some(data), ..Provenance::default() };
        let root = tempfile::tempdir().unwrap();
        let new = NewRun::new(Timestamp::UNIX_EPOCH, 1, config, provenance);
        Store::open(root.path()).create(&new).unwrap().record().unwrap()
    }

    #[test]
    fn seeds_and_what_decides_nothing_may_differ() {
        let first = record(RunConfig::default(), "a");
        let other = RunConfig {
            seed: 7,
            threads: Some(3),
            data: Some("/elsewhere".into()),
            checkpoint_space: 1,
            ..RunConfig::default()
        };
        assert!(first.repeats(&record(other, "a")) && first.repeats(&first));
    }

    #[test]
    fn other_settings_data_or_histories_are_no_repetition() {
        let first = record(RunConfig::default(), "a");
        let optimizer = Optimizer::Sgd { learning_rate: 0.02, momentum: 0.5 };
        assert!(!first.repeats(&record(RunConfig { optimizer, ..RunConfig::default() }, "a")));
        assert!(!first.repeats(&record(RunConfig::default(), "b")));
        let changed = Change { learning_rate: Some(0.01), ..Change::default() };
        assert!(!first.repeats(&RunRecord { changed, ..first.clone() }), "changed on the way");
        let parent = Some(first.id.clone());
        assert!(!first.repeats(&RunRecord { parent, ..first.clone() }), "forked");
    }
}
