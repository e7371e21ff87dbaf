//! A training session: weights, optimizer state and position of a run, advanced one small unit of work at a time.

use std::borrow::Cow;
use std::sync::Arc;

use super::engine::{Engine, EngineState, Trained, Upcoming};
use super::gpu_engine::GpuEngine;
use super::host_engine::HostEngine;
use super::optimizer::slot_names;
use super::workers::NetworkSpec;
use super::{TrainError, device_kind};
use crate::data::Dataset;
use crate::nn::{Backend, DeviceKind, LayerInfo, Parameter, SeededRng, StreamId, Totals, initial_weights};
use crate::run::{
    Change, Changed, Checkpoint, EpochReport, NamedTensor, Position, RunConfig, StepTime, TrainState,
};

/// A training session: settings, order and position. Its engine has the weights.
#[derive(Debug)]
pub struct Session {
    /// The settings that the run was created with.
    original: RunConfig,
    /// The current settings.
    config: RunConfig,
    data: Arc<Dataset>,
    engine: Box<dyn Engine>,
    backend: Backend,
    device: DeviceKind,
    rng: SeededRng,
    progress: TrainState,
    /// Time of the steps since the last `take_step_time`; `None` if none was measured.
    step_time: Option<StepTime>,
    /// Totals of the evaluation in progress.
    evaluation: Option<Totals>,
}

/// The result of one unit of work.
#[derive(Debug, Clone, PartialEq)]
pub enum Advance {
    /// Training steps, in order; at least one. A GPU performs many at once.
    Steps(Vec<StepResult>),
    /// Part of the test set was evaluated, with more to follow.
    Evaluating,
    /// The last part of the test set was evaluated: an epoch is done. Its training time is that of the last restored
    /// checkpoint: the session has no clock.
    Epoch(EpochReport),
    /// All epochs are done.
    Finished,
}

/// The result of a training step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepResult {
    /// Mean loss of its batch, before the weight update.
    pub loss: f32,
    /// Its learning rate.
    pub learning_rate: f32,
}

impl Session {
    /// Starts a session before its first step, on the fastest backend.
    pub fn new(config: RunConfig, data: Arc<Dataset>, threads: usize) -> Result<Self, TrainError> {
        Self::with_backend(config, data, threads, Backend::best())
    }

    /// Like [`new`](Self::new), with this backend if the device is the CPU.
    pub fn with_backend(
        config: RunConfig,
        data: Arc<Dataset>,
        threads: usize,
        backend: Backend,
    ) -> Result<Self, TrainError> {
        let device = device_kind(config.device);
        let mut engine = start_engine(&config, &data, threads, (device, backend))?;
        let rng = SeededRng::new(config.seed);
        let weights = initial_weights(engine.parameters(), rng);
        let slots =
            slot_names(&config.optimizer).iter().map(|_| Cow::Owned(vec![0.0; weights.len()])).collect();
        engine.load(EngineState { weights: Cow::Owned(weights), slots })?;
        let progress =
            TrainState { seed: config.seed, preset: config.preset.clone(), ..TrainState::default() };
        let mut session = Self {
            evaluation: None,
            original: config.clone(),
            config,
            data,
            engine,
            backend,
            device,
            rng,
            progress,
            step_time: None,
        };
        session.shuffle(0)?;
        Ok(session)
    }

    /// Restores weights, optimizer state and position from a checkpoint, with the setting changes that it records.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let parameters = self.engine.parameters();
        let size = parameters.iter().map(Parameter::len).sum();
        let tensor = |tensors: &[NamedTensor], prefix: &str| {
            let mut values = vec![0.0; size];
            fill(&mut values, parameters, tensors, prefix)?;
            Ok::<_, TrainError>(Cow::Owned(values))
        };
        let weights = tensor(&checkpoint.weights, "")?;
        let names = slot_names(&self.config.optimizer).iter();
        let slots = names.map(|slot| tensor(&checkpoint.optimizer, &format!("{slot}.")));
        let state = EngineState { weights, slots: slots.collect::<Result<_, _>>()? };
        let progress = checkpoint.progress.clone();
        let steps = u64::from(progress.epoch) * self.steps_per_epoch() + progress.batch;
        if progress.batch > self.steps_per_epoch() || progress.step != steps {
            return Err(TrainError::Position {
                step: progress.step,
                steps_per_epoch: self.steps_per_epoch(),
            });
        }
        let changes = progress.changed.map(|changed| changed.all).unwrap_or_default();
        self.set_config(changes.apply(&self.original)?)?;
        self.engine.load(state)?;
        self.progress = progress;
        self.evaluation = None;
        self.shuffle(self.progress.epoch)
    }

    /// Changes settings from the next step on. On an error nothing is changed.
    pub fn change(&mut self, change: Change) -> Result<(), TrainError> {
        let started = self.progress.epoch + u32::from(self.progress.batch > 0);
        if let Some(epochs) = change.epochs.filter(|epochs| *epochs < started) {
            return Err(TrainError::TooFewEpochs { epochs, started });
        }
        let all = change.after(self.progress.changed.map(|changed| changed.all).unwrap_or_default());
        self.set_config(all.apply(&self.original)?)?;
        self.progress.changed = Some(Changed { step: self.progress.step, last: change, all });
        Ok(())
    }

    fn set_config(&mut self, config: RunConfig) -> Result<(), TrainError> {
        self.engine.configure(&config)?;
        self.config = config;
        Ok(())
    }

    /// Epochs without a better test accuracy until early stopping; `None` if early stopping is off.
    pub fn patience_left(&self) -> Option<u32> {
        let waited = self.progress.epoch - self.progress.best_epoch.unwrap_or(0).min(self.progress.epoch);
        (self.config.patience > 0).then(|| self.config.patience.saturating_sub(waited))
    }

    /// Epoch, batch and hash of the weights, to compare two moments bit for bit.
    pub fn position(&self) -> Result<Position, TrainError> {
        let TrainState { epoch, batch, .. } = self.progress;
        Ok(Position { epoch, batch, weights_hash: self.checkpoint(0.0)?.weights_hash() })
    }

    /// Everything that [`restore`](Self::restore) needs; `active_seconds` is stored along.
    pub fn checkpoint(&self, active_seconds: f64) -> Result<Checkpoint, TrainError> {
        let named = |prefix: &str, values: &[f32]| {
            let mut rest = values;
            let mut tensors = Vec::new();
            for parameter in self.engine.parameters() {
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
        let EngineState { weights, slots } = self.engine.state()?;
        let slots = slot_names(&self.config.optimizer).iter().zip(slots);
        Ok(Checkpoint {
            progress: TrainState { active_seconds, ..self.progress.clone() },
            weights: named("", &weights),
            optimizer: slots.flat_map(|(slot, values)| named(&format!("{slot}."), &values)).collect(),
        })
    }

    /// Performs the next unit of work: a step, or as many as the engine performs at once, or part of an evaluation.
    pub fn advance(&mut self) -> Result<Advance, TrainError> {
        if self.progress.batch < self.steps_per_epoch() {
            if self.progress.epoch >= self.config.epochs || self.patience_left() == Some(0) {
                return Ok(Advance::Finished);
            }
            return self.steps();
        }
        self.evaluate()
    }

    /// Performs a step with this learning rate instead of the scheduled one, and returns its mean loss. Evaluations are
    /// skipped. For the range test.
    pub fn step_with_rate(&mut self, rate: f64) -> Result<f64, TrainError> {
        if self.progress.batch == self.steps_per_epoch() {
            self.shuffle(self.progress.epoch + 1)?;
            self.progress.epoch += 1;
            self.progress.batch = 0;
        }
        let totals = self.train(1, Some(rate))?;
        Ok(totals.iter().map(Totals::mean_loss).sum())
    }

    fn steps(&mut self) -> Result<Advance, TrainError> {
        let (first, left) = (self.progress.step, self.steps_per_epoch() - self.progress.batch);
        let totals = self.train(usize::try_from(left).unwrap_or(usize::MAX), None)?;
        #[expect(clippy::cast_possible_truncation, reason = "f32 is precise enough for a loss and a rate")]
        let result = |(step, totals): (u64, Totals)| StepResult {
            loss: totals.mean_loss() as f32,
            learning_rate: self.learning_rate(step) as f32,
        };
        Ok(Advance::Steps((first..).zip(totals).map(result).collect()))
    }

    /// Performs at most `limit` steps, with this learning rate or the scheduled ones.
    fn train(&mut self, limit: usize, rate: Option<f64>) -> Result<Vec<Totals>, TrainError> {
        let (config, steps_per_epoch, total_steps) =
            (&self.config, self.steps_per_epoch(), self.total_steps());
        let rate = |step| rate.unwrap_or_else(|| scheduled_rate(config, step, steps_per_epoch, total_steps));
        let batch = usize::try_from(self.progress.batch).unwrap_or(usize::MAX);
        let upcoming = Upcoming { batch, step: self.progress.step, limit, rate: &rate };
        let Trained { totals, time } = self.engine.train(&upcoming)?;
        if let Some(time) = time {
            *self.step_time.get_or_insert_default() += time;
        }
        for totals in &totals {
            self.progress.step += 1;
            self.progress.batch += 1;
            self.progress.loss_sum += totals.loss;
            self.progress.correct += totals.correct as u64;
            self.progress.seen += totals.images as u64;
        }
        Ok(totals)
    }

    fn evaluate(&mut self) -> Result<Advance, TrainError> {
        let mut test = self.evaluation.take().unwrap_or_default();
        let end = (test.images + self.engine.evaluation_unit()).min(self.data.test.len());
        let images = as_index(test.images)..as_index(end);
        test += self.engine.evaluate(images)?;
        if test.images < self.data.test.len() {
            self.evaluation = Some(test);
            return Ok(Advance::Evaluating);
        }
        // Before the epoch is counted: if a GPU fails here, a checkpoint must not be past an epoch that was never reported.
        self.shuffle(self.progress.epoch + 1)?;
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

    /// Shuffles the training images for an epoch, counted from 0.
    fn shuffle(&mut self, epoch: u32) -> Result<(), TrainError> {
        let id = StreamId::Shuffle { epoch };
        self.engine.set_order(self.rng.permutation(id, self.data.train.len()))
    }

    fn learning_rate(&self, step: u64) -> f64 {
        scheduled_rate(&self.config, step, self.steps_per_epoch(), self.total_steps())
    }

    /// Returns and resets the time that threads spent on steps; `None` if it was not measured.
    pub fn take_step_time(&mut self) -> Option<StepTime> {
        self.step_time.take()
    }

    /// The position of the run and the totals of the current epoch.
    pub fn progress(&self) -> &TrainState {
        &self.progress
    }

    /// Batches per epoch; the last one may be smaller.
    pub fn steps_per_epoch(&self) -> u64 {
        self.data.train.len().div_ceil(self.config.batch_size) as u64
    }

    /// Steps of the whole run.
    pub fn total_steps(&self) -> u64 {
        u64::from(self.config.epochs) * self.steps_per_epoch()
    }

    /// The backend, used if the device is the CPU.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The current settings.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The network's layers.
    pub fn layers(&self) -> &[LayerInfo] {
        self.engine.layers()
    }

    /// The network's parameters.
    pub fn parameters(&self) -> &[Parameter] {
        self.engine.parameters()
    }

    /// Number of threads that compute.
    pub fn threads(&self) -> usize {
        self.engine.threads()
    }

    /// The device.
    pub fn device(&self) -> DeviceKind {
        self.device
    }

    /// The data set.
    pub fn data(&self) -> &Dataset {
        &self.data
    }
}

/// The engine for a device. On a GPU, networks without kernels of their own are composed of dfdx's operations.
fn start_engine(
    config: &RunConfig,
    data: &Arc<Dataset>,
    threads: usize,
    (device, backend): (DeviceKind, Backend),
) -> Result<Box<dyn Engine>, TrainError> {
    if let DeviceKind::Cuda(ordinal) = device
        && let Some(engine) = GpuEngine::start(config, ordinal, data)?
    {
        return Ok(Box::new(engine));
    }
    let (preset, dropout) = (config.preset.clone(), config.dropout);
    let spec = NetworkSpec { preset, device, backend, dropout };
    Ok(Box::new(HostEngine::start(config, spec, threads, data)?))
}

fn scheduled_rate(config: &RunConfig, step: u64, steps_per_epoch: u64, total_steps: u64) -> f64 {
    config.schedule.learning_rate(config.optimizer.learning_rate(), step, steps_per_epoch, total_steps)
}

fn as_index(image: usize) -> u32 {
    u32::try_from(image).unwrap_or(u32::MAX)
}

/// Copies the tensor named `prefix` + parameter name to `values`, for each parameter.
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

    /// All results until the session is finished, and the final weights bit for bit.
    fn finish(session: &mut Session) -> (Vec<Advance>, Vec<u32>) {
        let mut advances = Vec::new();
        while advances.last() != Some(&Advance::Finished) {
            advances.push(session.advance().unwrap());
        }
        let weights = session.engine.state().unwrap().weights;
        (advances, weights.iter().map(|weight| weight.to_bits()).collect())
    }

    /// The losses of the steps.
    fn losses(advances: &[Advance]) -> Vec<f32> {
        let of = |advance: &Advance| match advance {
            Advance::Steps(steps) => steps.iter().map(|step| step.loss).collect(),
            _ => Vec::new(),
        };
        advances.iter().flat_map(of).collect()
    }

    #[test]
    fn all_backends_produce_the_same_losses_within_rounding() {
        let train = |backend: Backend| -> Vec<f32> {
            let all = Dataset::built_in().unwrap();
            let data = Dataset::new("few", Source::BuiltIn, few(&all.train, 640), few(&all.test, 60));
            let config = RunConfig { epochs: 1, ..config("cnn") };
            let mut session = Session::with_backend(config, Arc::new(data), 2, backend).unwrap();
            losses(&finish(&mut session).0)
        };
        let want = train(Backend::Composed);
        assert_eq!(want.len(), 10);
        for backend in Backend::all() {
            for (step, (got, want)) in train(backend).iter().zip(&want).enumerate() {
                assert!((got - want).abs() < 1e-4, "{backend}, step {step}: got {got}, want {want}");
            }
        }
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        for preset in ["cnn", "dnn"] {
            let one = finish(&mut session(&config(preset), 1));
            for threads in [2, 5] {
                assert!(one == finish(&mut session(&config(preset), threads)), "{preset}, {threads} threads");
            }
        }
    }

    /// The test set is larger than a unit: the sum of the losses depends on where it is split, in its last digits.
    #[test]
    fn evaluation_units_do_not_depend_on_the_number_of_threads() {
        let evaluate = |threads| {
            let all = Dataset::built_in().unwrap();
            let data = Dataset::new("many", Source::BuiltIn, few(&all.train, 150), few(&all.train, 2300));
            let config = RunConfig { epochs: 1, ..config("dnn") };
            let mut session = Session::new(config, Arc::new(data), threads).unwrap();
            let mut evaluated = Vec::new();
            loop {
                match session.advance().unwrap() {
                    Advance::Steps(_) => {}
                    Advance::Evaluating => evaluated.push(session.evaluation.map(|totals| totals.images)),
                    Advance::Epoch(report) => return (evaluated, report.test_loss.to_bits()),
                    Advance::Finished => unreachable!("an epoch comes first"),
                }
            }
        };
        let one = evaluate(1);
        assert_eq!(one.0, [Some(1000), Some(2000)]);
        for threads in [2, 3, 8] {
            assert_eq!(evaluate(threads), one, "{threads} threads");
        }
    }

    #[test]
    fn step_with_rate_equals_a_run_without_evaluations() {
        let config = config("cnn");
        let (advances, _) = finish(&mut session(&config, 1));
        let mut tried = session(&config, 2);
        for loss in losses(&advances) {
            #[expect(clippy::cast_possible_truncation, reason = "events have f32")]
            let same = tried.step_with_rate(config.optimizer.learning_rate()).unwrap() as f32;
            assert_eq!(same.to_bits(), loss.to_bits());
        }
        assert_eq!(tried.progress().epoch, 1);
    }

    #[test]
    fn different_seeds_produce_different_runs() {
        let other = RunConfig { seed: 1, ..config("dnn") };
        assert_ne!(finish(&mut session(&config("dnn"), 1)), finish(&mut session(&other, 1)));
    }

    #[test]
    fn restored_session_continues_bit_for_bit() {
        for optimizer in [run::OptimizerSettings::SGD, run::OptimizerSettings::ADAMW] {
            let config = RunConfig { optimizer, ..config("cnn") };
            let whole = finish(&mut session(&config, 2));
            // Covers the middle of an epoch, before and after an evaluation, and the end.
            for units in 0..whole.0.len() {
                let mut before = session(&config, 1);
                let mut advances: Vec<_> = (0..units).map(|_| before.advance().unwrap()).collect();
                let bytes = before.checkpoint(0.0).unwrap().encode().unwrap();
                let checkpoint = Checkpoint::decode(&bytes).unwrap();
                drop(before);

                let mut after = session(&RunConfig { seed: config.seed, ..config.clone() }, 2);
                after.restore(&checkpoint).unwrap();
                let (rest, weights) = finish(&mut after);
                advances.extend(rest);
                assert!((advances, weights) == whole, "after {units} units");
            }
        }
    }

    #[test]
    fn checkpoint_of_another_network_is_rejected() {
        let checkpoint = session(&config("dnn"), 1).checkpoint(0.0).unwrap();
        let error = session(&config("cnn"), 1).restore(&checkpoint).unwrap_err();
        assert!(error.to_string().contains("conv1.weight"), "{error}");
    }

    #[test]
    fn checkpoint_of_other_data_is_rejected() {
        let mut checkpoint = session(&config("cnn"), 1).checkpoint(0.0).unwrap();
        (checkpoint.progress.step, checkpoint.progress.batch) = (90, 90);
        let error = session(&config("cnn"), 1).restore(&checkpoint).unwrap_err();
        assert!(error.to_string().contains("step 90"), "{error}");
    }

    #[test]
    fn last_batch_of_an_epoch_has_the_remaining_images() {
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
