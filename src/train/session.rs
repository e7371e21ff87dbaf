//! A run under way: weights, optimizer and position, advanced one small piece of work at a time.

use std::sync::Arc;
use std::time::Instant;

use super::optimizer::Optimizer;
use super::schedule::learning_rate;
use super::workers::{NetworkSpec, Workers};
use super::{TrainError, device_kind};
use crate::data::Dataset;
use crate::nn::{Backend, DeviceKind, LayerInfo, Parameter, SeededRng, StreamId, Totals, initial_weights};
use crate::run::{
    Change, Changed, Checkpoint, EpochReport, NamedTensor, Position, RunConfig, StepTime, TrainState,
};

/// Test images that are evaluated between two looks at the inbox, for each thread.
const EVALUATED_AT_ONCE: usize = 500;

/// A run under way.
#[derive(Debug)]
pub struct Session {
    /// The settings as the run was begun.
    original: RunConfig,
    /// And as they are now.
    config: RunConfig,
    data: Arc<Dataset>,
    workers: Workers,
    kernels: Backend,
    device: DeviceKind,
    chance: SeededRng,
    weights: Arc<Vec<f32>>,
    gradient: Vec<f32>,
    optimizer: Optimizer,
    progress: TrainState,
    /// What the steps took that nobody has asked for.
    step_time: StepTime,
    /// The order of the training images in the epoch under way.
    order: Vec<u32>,
    /// What the evaluation under way has come to.
    evaluation: Option<Totals>,
}

/// What a piece of work was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Advance {
    /// A step of training.
    Step {
        /// Mean loss of its batch, before the step.
        loss: f32,
        /// Its learning rate.
        learning_rate: f32,
    },
    /// A part of the test set was evaluated; more is to come.
    Evaluating,
    /// The last part of the test set was evaluated: an epoch is done. Its training time is that of the last restored
    /// checkpoint: the session has no clock.
    Epoch(EpochReport),
    /// There is nothing more to do.
    Finished,
}

impl Session {
    /// A run before its first step, on the fastest kernels that there are.
    pub fn new(config: RunConfig, data: Arc<Dataset>, threads: usize) -> Result<Self, TrainError> {
        Self::with_kernels(config, data, threads, Backend::best())
    }

    /// The same, on these kernels if it trains on the processor.
    pub fn with_kernels(
        config: RunConfig,
        data: Arc<Dataset>,
        threads: usize,
        kernels: Backend,
    ) -> Result<Self, TrainError> {
        let device = device_kind(config.device);
        let workers = Workers::start(&blueprint(&config, kernels), threads, &data)?;
        let chance = SeededRng::new(config.seed);
        let weights = initial_weights(workers.parameters(), chance);
        let optimizer = Optimizer::new(&config.optimizer, weights.len());
        let progress =
            TrainState { seed: config.seed, preset: config.preset.clone(), ..TrainState::default() };
        let mut session = Self {
            gradient: vec![0.0; weights.len()],
            weights: Arc::new(weights),
            order: Vec::new(),
            evaluation: None,
            original: config.clone(),
            config,
            data,
            workers,
            kernels,
            device,
            chance,
            optimizer,
            progress,
            step_time: StepTime::default(),
        };
        session.shuffle();
        Ok(session)
    }

    /// Takes up where a checkpoint left off.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let parameters = self.workers.parameters();
        fill(Arc::<Vec<f32>>::make_mut(&mut self.weights), parameters, &checkpoint.weights, "")?;
        for (slot, values) in self.optimizer.slots_mut() {
            fill(values, parameters, &checkpoint.optimizer, &format!("{slot}."))?;
        }
        let progress = checkpoint.progress.clone();
        let changes = progress.changed.map(|changed| changed.all).unwrap_or_default();
        self.set_config(changes.apply(&self.original)?)?;
        let steps = u64::from(progress.epoch) * self.steps_per_epoch() + progress.batch;
        if progress.batch > self.steps_per_epoch() || progress.step != steps {
            return Err(TrainError::Position {
                step: progress.step,
                steps_per_epoch: self.steps_per_epoch(),
            });
        }
        self.progress = progress;
        self.evaluation = None;
        self.shuffle();
        Ok(())
    }

    /// Changes settings from the next step on. Where the run cannot have them, nothing is changed.
    pub fn change(&mut self, change: Change) -> Result<(), TrainError> {
        let begun = self.progress.epoch + u32::from(self.progress.batch > 0);
        if let Some(epochs) = change.epochs.filter(|epochs| *epochs < begun) {
            return Err(TrainError::TooFewEpochs { epochs, begun });
        }
        let all = change.after(self.progress.changed.map(|changed| changed.all).unwrap_or_default());
        self.set_config(all.apply(&self.original)?)?;
        self.progress.changed = Some(Changed { step: self.progress.step, last: change, all });
        Ok(())
    }

    fn set_config(&mut self, config: RunConfig) -> Result<(), TrainError> {
        if config.dropout != self.config.dropout {
            let threads = self.workers.threads();
            self.workers = Workers::start(&blueprint(&config, self.kernels), threads, &self.data)?;
        }
        self.optimizer.set(&config.optimizer);
        self.config = config;
        Ok(())
    }

    /// Whether all weights are numbers.
    pub fn is_finite(&self) -> bool {
        self.weights.iter().all(|weight| weight.is_finite())
    }

    /// Epochs without a better test accuracy that are left until the run ends; `None` if it does not wait for one.
    pub fn patience_left(&self) -> Option<u32> {
        let waited = self.progress.epoch - self.progress.best_epoch.unwrap_or(0).min(self.progress.epoch);
        (self.config.patience > 0).then(|| self.config.patience.saturating_sub(waited))
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        let TrainState { epoch, batch, .. } = self.progress;
        Position { epoch, batch, weights_hash: self.checkpoint(0.0).weights_hash() }
    }

    /// Everything that [`restore`](Self::restore) needs.
    pub fn checkpoint(&self, active_seconds: f64) -> Checkpoint {
        let named = |prefix: &str, values: &[f32]| {
            let mut rest = values;
            let mut tensors = Vec::new();
            for parameter in self.workers.parameters() {
                let (values, after) = rest.split_at(parameter.len());
                rest = after;
                tensors.push(NamedTensor {
                    name: format!("{prefix}{}", parameter.name),
                    shape: parameter.shape.clone(),
                    values: values.to_vec(),
                });
            }
            tensors
        };
        let slots = self.optimizer.slots().into_iter();
        Checkpoint {
            progress: TrainState { active_seconds, ..self.progress.clone() },
            weights: named("", &self.weights),
            optimizer: slots.flat_map(|(slot, values)| named(&format!("{slot}."), values)).collect(),
        }
    }

    /// Does the next piece of work: a step, or a part of an evaluation.
    pub fn advance(&mut self) -> Result<Advance, TrainError> {
        if self.progress.batch < self.steps_per_epoch() {
            if self.progress.epoch >= self.config.epochs || self.patience_left() == Some(0) {
                return Ok(Advance::Finished);
            }
            return self.step();
        }
        self.evaluate()
    }

    /// Does a step with this learning rate, whatever the schedule says, and gives its loss. Epochs follow each other
    /// without an evaluation.
    pub fn try_rate(&mut self, rate: f64) -> Result<f64, TrainError> {
        if self.progress.batch == self.steps_per_epoch() {
            self.progress.epoch += 1;
            self.progress.batch = 0;
            self.shuffle();
        }
        Ok(self.step_with(rate)?.mean_loss())
    }

    fn step(&mut self) -> Result<Advance, TrainError> {
        let rate = self.learning_rate(self.progress.step);
        let tally = self.step_with(rate)?;
        #[expect(clippy::cast_possible_truncation, reason = "a loss and a rate need no more digits")]
        Ok(Advance::Step { loss: tally.mean_loss() as f32, learning_rate: rate as f32 })
    }

    fn step_with(&mut self, rate: f64) -> Result<Totals, TrainError> {
        let step = self.progress.step;
        let batch = usize::try_from(self.progress.batch).unwrap_or(usize::MAX);
        let images = self.order.chunks(self.config.batch_size).nth(batch).unwrap_or_default();
        let dropout = Some((self.chance, step));
        let (tally, time) = self.workers.train(&self.weights, images, dropout, &mut self.gradient)?;
        self.step_time += time;
        let start = Instant::now();
        self.optimizer.step(Arc::<Vec<f32>>::make_mut(&mut self.weights), &self.gradient, rate, step);
        self.step_time.update += start.elapsed().as_secs_f32();

        self.progress.step += 1;
        self.progress.batch += 1;
        self.progress.loss_sum += tally.loss;
        self.progress.correct += tally.correct as u64;
        self.progress.seen += tally.images as u64;
        Ok(tally)
    }

    fn evaluate(&mut self) -> Result<Advance, TrainError> {
        let mut test = self.evaluation.take().unwrap_or_default();
        let end = (test.images + EVALUATED_AT_ONCE * self.workers.threads()).min(self.data.test.len());
        let images = as_index(test.images)..as_index(end);
        test += self.workers.evaluate(&self.weights, images)?;
        if test.images < self.data.test.len() {
            self.evaluation = Some(test);
            return Ok(Advance::Evaluating);
        }
        let progress = &mut self.progress;
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let train = Totals {
            images: count(progress.seen),
            loss: progress.loss_sum,
            correct: count(progress.correct),
        };
        progress.epoch += 1;
        if progress.best_test_accuracy.is_none_or(|best| test.accuracy() > best) {
            progress.best_test_accuracy = Some(test.accuracy());
            progress.best_epoch = Some(progress.epoch);
        }
        (progress.batch, progress.loss_sum, progress.correct, progress.seen) = (0, 0.0, 0, 0);
        let TrainState { epoch, step, active_seconds, .. } = *progress;
        self.shuffle();
        #[expect(clippy::cast_possible_truncation, reason = "a rate needs no more digits")]
        let learning_rate = self.learning_rate(step.saturating_sub(1)) as f32;
        #[cfg_attr(not(test), expect(clippy::needless_update, reason = "tests have a metric more"))]
        let report = EpochReport {
            epoch,
            step,
            train_loss: train.mean_loss(),
            train_accuracy: train.accuracy(),
            test_loss: test.mean_loss(),
            test_accuracy: test.accuracy(),
            learning_rate,
            active_seconds,
            ..EpochReport::default()
        };
        Ok(Advance::Epoch(report))
    }

    /// The order of the epoch that comes next, or that is under way.
    fn shuffle(&mut self) {
        let purpose = StreamId::Shuffle { epoch: self.progress.epoch };
        self.order = self.chance.permutation(purpose, self.data.train.len());
    }

    fn learning_rate(&self, step: u64) -> f64 {
        let base = self.config.optimizer.learning_rate();
        learning_rate(&self.config.schedule, base, step, self.steps_per_epoch(), self.total_steps())
    }

    /// How long threads worked on the steps since this was last asked.
    pub fn take_step_time(&mut self) -> StepTime {
        std::mem::take(&mut self.step_time)
    }

    /// Where the run stands.
    pub fn progress(&self) -> &TrainState {
        &self.progress
    }

    /// Batches in an epoch; the last may be smaller.
    pub fn steps_per_epoch(&self) -> u64 {
        self.data.train.len().div_ceil(self.config.batch_size) as u64
    }

    /// Steps in the whole run.
    pub fn total_steps(&self) -> u64 {
        u64::from(self.config.epochs) * self.steps_per_epoch()
    }

    /// What computes, if it trains on the processor.
    pub fn kernels(&self) -> Backend {
        self.kernels
    }

    /// How it trains now.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The network's layers.
    pub fn layers(&self) -> &[LayerInfo] {
        self.workers.layers()
    }

    /// The network's weights, in one piece.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// How many threads compute.
    pub fn threads(&self) -> usize {
        self.workers.threads()
    }

    /// Where they do.
    pub fn device(&self) -> DeviceKind {
        self.device
    }

    /// What it trains on.
    pub fn data(&self) -> &Dataset {
        &self.data
    }
}

fn blueprint(config: &RunConfig, kernels: Backend) -> NetworkSpec {
    NetworkSpec {
        preset: config.preset.clone(),
        device: device_kind(config.device),
        kernels,
        dropout: config.dropout,
    }
}

fn as_index(image: usize) -> u32 {
    u32::try_from(image).unwrap_or(u32::MAX)
}

/// Copies the tensors `prefix` + name of each parameter into `values`.
pub(super) fn fill(
    values: &mut [f32],
    parameters: &[Parameter],
    tensors: &[NamedTensor],
    prefix: &str,
) -> Result<(), TrainError> {
    let mut rest = values;
    for parameter in parameters {
        let name = format!("{prefix}{}", parameter.name);
        let (into, after) = rest.split_at_mut(parameter.len());
        rest = after;
        let tensor = tensors.iter().find(|tensor| tensor.name == name);
        match tensor {
            Some(tensor) if tensor.shape == parameter.shape => into.copy_from_slice(&tensor.values),
            Some(tensor) => {
                let (found, expected) = (tensor.shape.clone(), parameter.shape.clone());
                return Err(TrainError::Shape { name, found, expected });
            }
            None => return Err(TrainError::Missing { name }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Source, Split};
    use crate::run::{self, DeviceChoice};

    fn few(split: &Split, len: usize) -> Split {
        let images = split.images()[..len].as_flattened().to_vec();
        Split::new(images, split.labels()[..len].to_vec()).unwrap()
    }

    fn session(config: &RunConfig, threads: usize) -> Session {
        let all = Dataset::built_in().unwrap();
        let data = Dataset::new("few", Source::BuiltIn, few(&all.train, 150), few(&all.test, 60));
        Session::new(config.clone(), Arc::new(data), threads).unwrap()
    }

    fn config(preset: &str) -> RunConfig {
        let optimizer = run::OptimizerSettings::Sgd { learning_rate: 0.05, momentum: 0.9 };
        RunConfig {
            preset: preset.to_owned(),
            epochs: 2,
            device: DeviceChoice::Cpu,
            optimizer,
            ..RunConfig::default()
        }
    }

    /// Everything that a session gives until it is finished, bit for bit.
    fn finish(session: &mut Session) -> (Vec<Advance>, Vec<u32>) {
        let mut advances = Vec::new();
        while advances.last() != Some(&Advance::Finished) {
            advances.push(session.advance().unwrap());
        }
        (advances, session.weights().iter().map(|weight| weight.to_bits()).collect())
    }

    #[test]
    fn all_kernels_give_the_same_losses_within_rounding() {
        let losses = |kernels: Backend| -> Vec<f32> {
            let all = Dataset::built_in().unwrap();
            let data = Dataset::new("few", Source::BuiltIn, few(&all.train, 640), few(&all.test, 60));
            let config = RunConfig { epochs: 1, ..config("cnn") };
            let mut session = Session::with_kernels(config, Arc::new(data), 2, kernels).unwrap();
            let (advances, _) = finish(&mut session);
            let loss = |advance: &Advance| match advance {
                Advance::Step { loss, .. } => Some(*loss),
                _ => None,
            };
            advances.iter().filter_map(loss).collect()
        };
        let want = losses(Backend::Composed);
        assert_eq!(want.len(), 10);
        for kernels in Backend::all() {
            for (step, (got, want)) in losses(kernels).iter().zip(&want).enumerate() {
                assert!((got - want).abs() < 1e-4, "{kernels}, step {step}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        for preset in ["cnn", "dnn"] {
            let one = finish(&mut session(&config(preset), 1));
            for threads in [2, 5] {
                assert!(one == finish(&mut session(&config(preset), threads)), "{preset}, {threads} threads");
            }
        }
    }

    #[test]
    fn rates_that_are_tried_are_those_of_a_run_but_for_its_evaluations() {
        let config = config("cnn");
        let (advances, _) = finish(&mut session(&config, 1));
        let losses = advances.iter().filter_map(|advance| match advance {
            Advance::Step { loss, .. } => Some(*loss),
            _ => None,
        });
        let mut tried = session(&config, 2);
        for loss in losses {
            #[expect(clippy::cast_possible_truncation, reason = "as events have it")]
            let same = tried.try_rate(config.optimizer.learning_rate()).unwrap() as f32;
            assert_eq!(same.to_bits(), loss.to_bits());
        }
        assert_eq!(tried.progress().epoch, 1);
    }

    #[test]
    fn seeds_give_different_runs() {
        let other = RunConfig { seed: 1, ..config("dnn") };
        assert_ne!(finish(&mut session(&config("dnn"), 1)), finish(&mut session(&other, 1)));
    }

    #[test]
    fn a_restored_session_goes_on_as_if_it_had_never_stopped() {
        for optimizer in [run::OptimizerSettings::SGD, run::OptimizerSettings::ADAMW] {
            let config = RunConfig { optimizer, ..config("cnn") };
            let whole = finish(&mut session(&config, 2));
            // In an epoch, before and after an evaluation, and at the end.
            for pieces in 0..whole.0.len() {
                let mut before = session(&config, 1);
                let mut advances: Vec<_> = (0..pieces).map(|_| before.advance().unwrap()).collect();
                let bytes = before.checkpoint(0.0).encode().unwrap();
                let checkpoint = Checkpoint::decode(&bytes).unwrap();
                drop(before);

                let mut after = session(&RunConfig { seed: config.seed, ..config.clone() }, 2);
                after.restore(&checkpoint).unwrap();
                let (rest, weights) = finish(&mut after);
                advances.extend(rest);
                assert!((advances, weights) == whole, "after {pieces} pieces");
            }
        }
    }

    #[test]
    fn a_checkpoint_of_another_network_is_refused() {
        let checkpoint = session(&config("dnn"), 1).checkpoint(0.0);
        let error = session(&config("cnn"), 1).restore(&checkpoint).unwrap_err();
        assert!(error.to_string().contains("conv1.weight"), "{error}");
    }

    #[test]
    fn a_checkpoint_of_other_data_is_refused() {
        let mut checkpoint = session(&config("cnn"), 1).checkpoint(0.0);
        (checkpoint.progress.step, checkpoint.progress.batch) = (90, 90);
        let error = session(&config("cnn"), 1).restore(&checkpoint).unwrap_err();
        assert!(error.to_string().contains("step 90"), "{error}");
    }

    #[test]
    fn the_last_batch_of_an_epoch_holds_the_rest() {
        let mut session = session(&RunConfig { epochs: 1, ..config("dnn") }, 1);
        let (advances, _) = finish(&mut session);
        let Advance::Epoch(report) = advances[3] else { unreachable!("{advances:?}") };
        // Accuracies are counts of all 150 training images, and of all 60 test images.
        for (accuracy, images) in [(report.train_accuracy, 150.0), (report.test_accuracy, 60.0)] {
            let correct = accuracy * images;
            assert!(accuracy > 0.0 && (correct - correct.round()).abs() < 1e-9, "{report:?}");
        }
        assert_eq!((report.epoch, report.step, session.progress().best_epoch), (1, 3, Some(1)));
    }
}
