//! Comparing the predictions of two runs on their common test set.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::{Guess, Msg, PredictionDiff, Seeds};
use crate::data::{DataLocations, Dataset, Roots};
use crate::metrics::Spread;
use crate::nn::Prediction;
use crate::run::{
    Checkpoint, CheckpointName, DataInfo, Listing, RunDir, RunError, RunId, RunManifest, RunStatus, Store,
};
use crate::shell::ShellError;
use crate::shell::resources::{cores, source};
use crate::shell::thread::spawn;
use crate::train::predict;

/// Compares the predictions of two runs on a thread, and sends the result.
pub(crate) fn send_predictions(store: Store, runs: [RunId; 2], messages: &UnboundedSender<Msg>) {
    let compared = runs.clone();
    let work = move |messages: &UnboundedSender<Msg>| {
        // The dashboard may have closed.
        let _ = messages.send(answer(&store, compared));
    };
    if let Err(error) = spawn("predict", messages, work) {
        let failed = Err(ShellError::Runtime(error).to_string());
        let _ = messages.send(Msg::Predicted(runs, Box::new(failed)));
    }
}

/// Compares the predictions of two runs with their best checkpoints; the message holds the result or the error.
pub(crate) fn answer(store: &Store, runs: [RunId; 2]) -> Msg {
    let diff = || predictions(store, &[store.run(&runs[0])?, store.run(&runs[1])?], CheckpointName::Best);
    let answer = diff().map_err(|error| error.to_string());
    Msg::Predicted(runs, Box::new(answer))
}

/// Compares the predictions of two runs with the weights of this checkpoint, and the accuracies of their repetitions
/// with other seeds. Runs are neither locked nor written.
///
/// `best` is the checkpoint with the highest accuracy on this same test set, so both accuracies are biased upwards; so
/// are the accuracies of the repetitions, which are those of their best checkpoints.
pub fn predictions(
    store: &Store,
    runs: &[RunDir; 2],
    from: CheckpointName,
) -> Result<PredictionDiff, ShellError> {
    let [first, second] = [runs[0].manifest()?, runs[1].manifest()?];
    let data = Arc::new(common_data(&first, &second)?);
    let threads = cores();
    let guesses = |dir: &RunDir, manifest: &RunManifest| -> Result<Vec<Guess>, ShellError> {
        let checkpoint = Checkpoint::read(&dir.checkpoint_path(from)).map_err(|error| match error {
            error if error.is_not_found() => {
                ShellError::NoCheckpoint { run: manifest.name.clone(), checkpoint: from }
            }
            error => error.into(),
        })?;
        let guess = |Prediction { class, confidence }| Guess { class, confidence };
        Ok(predict(&checkpoint, &data, threads)?.into_iter().map(guess).collect())
    };
    let (one, other) = (guesses(&runs[0], &first)?, guesses(&runs[1], &second)?);
    let seeds = seeds(store, [&first, &second], from)?;
    let described = (from.to_string(), data.describe());
    let classes = data.classes.to_vec();
    let pixels = |image| Box::from(data.test.image(image).as_slice());
    let names = [first.name, second.name];
    Ok(PredictionDiff::new(names, described, classes, data.test.labels(), [&one, &other], pixels, seeds))
}

/// Finds the data that both runs were trained on.
fn common_data(first: &RunManifest, second: &RunManifest) -> Result<Dataset, ShellError> {
    let info = |manifest: &RunManifest| {
        let data = manifest.provenance.dataset.clone();
        data.ok_or_else(|| ShellError::NotStarted { run: manifest.name.clone() })
    };
    let (one, other) = (info(first)?, info(second)?);
    if one.checksum != other.checksum {
        let describe = |manifest: &RunManifest, data: &DataInfo| {
            let sum: String = data.checksum.chars().take(8).collect();
            format!("{} on {} (sha256 {sum})", manifest.name, data.description)
        };
        return Err(ShellError::DifferentData {
            first: describe(first, &one),
            second: describe(second, &other),
        });
    }
    let sources = [source(&first.config), source(&second.config)].into_iter().flatten();
    let sources = sources.map(Some).chain([None]);
    let roots = Roots::of_user();
    let found =
        sources.map(|source| DataLocations::new(source, &roots)).find_map(|data| data.find(&one.checksum));
    found.ok_or(ShellError::DataNotFound { description: one.description, from: one.source })
}

/// The accuracies of the repetitions of each run, and the command that trains more of them.
fn seeds(store: &Store, runs: [&RunManifest; 2], from: CheckpointName) -> Result<Seeds, ShellError> {
    let listed: Vec<_> = store.list().into_iter().filter_map(Listing::run).collect();
    let group = |run: &RunManifest| -> Result<Spread, RunError> {
        // Runs with the same seed are identical and count once.
        let mut by_seed = BTreeMap::new();
        for other in &listed {
            if other.state.status == RunStatus::Finished && other.manifest.repeats(run) {
                by_seed.insert(other.manifest.config.seed, accuracy(&other.dir, &other.manifest, from)?);
            }
        }
        Ok(Spread::of(by_seed.into_values().flatten()))
    };
    Ok(Seeds {
        groups: [group(runs[0])?, group(runs[1])?],
        same: runs[0].repeats(runs[1]),
        command: repeat_command(runs[0]),
    })
}

/// A run's test accuracy at a checkpoint, as recorded during training.
fn accuracy(dir: &RunDir, manifest: &RunManifest, at: CheckpointName) -> Result<Option<f64>, RunError> {
    let wanted = match at {
        CheckpointName::Best => return Ok(manifest.summary.best_test_accuracy),
        CheckpointName::Last => return Ok(manifest.summary.last_test_accuracy),
        CheckpointName::Epoch(wanted) => wanted,
    };
    let history = dir.history()?;
    Ok(history.reports().find(|report| report.epoch == wanted).map(|report| report.test_accuracy))
}

/// The command that repeats a run with other seeds.
fn repeat_command(run: &RunManifest) -> String {
    let flags = run.settings().flags(|setting| setting.is_in_recipe() || setting.name() == "data");
    format!("`cnn-tui sweep{flags} seed=1..3`")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{Change, NewRun, Provenance, RunConfig, TrainState};
    use crate::train::Session;

    struct Fixture {
        _root: tempfile::TempDir,
        store: Store,
    }

    impl Fixture {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            Self { store: Store::open(root.path()), _root: root }
        }

        /// Creates a finished run with initial weights and this accuracy.
        fn run(&self, config: RunConfig, checksum: &str, accuracy: f64) -> RunDir {
            let data = Dataset::built_in().unwrap();
            let info = DataInfo {
                description: "a set".to_owned(),
                train: data.train.len(),
                test: data.test.len(),
                checksum: if checksum.is_empty() { data.checksum.clone() } else { checksum.to_owned() },
                source: "built in".to_owned(),
            };
            let provenance = Provenance { dataset: Some(info), ..Provenance::default() };
            let nonce = config.seed;
            let session = Session::new(config.clone(), Arc::new(data), 1).unwrap();
            let name = Some(format!("run-{nonce}"));
            let new = NewRun { name, ..NewRun::new(Timestamp::UNIX_EPOCH, nonce, config, provenance) };
            let dir = self.store.create(&new).unwrap();
            let mut manifest = dir.manifest().unwrap();
            manifest.status = RunStatus::Finished;
            manifest.summary.best_test_accuracy = Some(accuracy);
            dir.write_manifest(&manifest).unwrap();
            session.checkpoint(0.0).unwrap().write(&dir.checkpoint_path(CheckpointName::Best)).unwrap();
            dir
        }
    }

    fn seed(seed: u64) -> RunConfig {
        RunConfig { seed, data: Some("built-in".into()), ..RunConfig::default() }
    }

    #[test]
    fn predictions_compares_runs_and_their_repetitions() {
        let fixture = Fixture::new();
        let runs = [1, 2].map(|number| fixture.run(seed(number), "", 0.5 + number as f64 / 100.0));
        let other = fixture.run(RunConfig { preset: "dnn".to_owned(), ..seed(3) }, "", 0.9);
        let diff = predictions(&fixture.store, &runs, CheckpointName::Best).unwrap();
        assert_eq!((diff.table.total(), diff.seeds.same), (1000, true));
        assert_eq!(diff.seeds.groups[0].count, 2);
        assert_eq!(diff.class(9), "Ankle boot");
        let wrong = |sample: &crate::app::Sample| sample.guesses[0].class != sample.label;
        assert!(diff.fixed.iter().all(wrong) && !diff.broken.iter().any(wrong));
        let pair = [runs[0].clone(), other];
        let diff = predictions(&fixture.store, &pair, CheckpointName::Best).unwrap();
        assert_eq!((diff.seeds.groups[1].count, diff.seeds.same), (1, false));
        assert_eq!(diff.seeds.command, "`cnn-tui sweep --data built-in seed=1..3`");
    }

    #[test]
    fn incomparable_runs_are_rejected_with_the_reason() {
        let fixture = Fixture::new();
        let error = |runs: [&RunDir; 2], from| {
            predictions(&fixture.store, &runs.map(Clone::clone), from).unwrap_err().to_string()
        };
        let (built_in, elsewhere) = (fixture.run(seed(1), "", 0.5), fixture.run(seed(2), "1234", 0.5));
        let message = error([&built_in, &elsewhere], CheckpointName::Best);
        assert!(
            message.contains("run-1 on a set (sha256 85f8f7ec), run-2 on a set (sha256 1234)"),
            "{message}"
        );
        let message = error([&elsewhere, &elsewhere], CheckpointName::Best);
        assert!(message.contains("`cnn-tui data fetch`"), "{message}");
        let message = error([&built_in, &built_in], CheckpointName::Epoch(3));
        assert!(message.starts_with("run-1 has no epoch-003 checkpoint"), "{message}");
    }

    #[test]
    fn incomplete_checkpoint_names_the_missing_tensor() {
        let fixture = Fixture::new();
        let run = fixture.run(seed(1), "", 0.5);
        let progress = TrainState { preset: "cnn".to_owned(), ..TrainState::default() };
        let empty = Checkpoint { progress, weights: Vec::new(), optimizer: Vec::new() };
        empty.write(&run.checkpoint_path(CheckpointName::Last)).unwrap();
        let error = predictions(&fixture.store, &[run.clone(), run], CheckpointName::Last).unwrap_err();
        assert!(error.to_string().contains("no tensor 'conv1.weight'"), "{error}");
    }

    #[test]
    fn repetition_command_is_quoted_for_the_shell() {
        let fixture = Fixture::new();
        let config = RunConfig { data: Some("/my data/it's".into()), ..RunConfig::default() };
        let mut manifest = fixture.run(seed(1), "", 0.5).manifest().unwrap();
        manifest.config = config;
        manifest.changed = Change { epochs: Some(3), ..Change::default() };
        assert_eq!(
            repeat_command(&manifest),
            r"`cnn-tui sweep --data '/my data/it'\''s' --epochs 3 seed=1..3`"
        );
    }
}
