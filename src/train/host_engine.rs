//! The engine with its weights in host memory: worker threads compute gradients, and the optimizer runs here.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::TrainError;
use super::engine::{Engine, EngineState, Trained, Upcoming};
use super::optimizer::Optimizer;
use super::workers::{NetworkSpec, Workers};
use crate::data::Dataset;
use crate::nn::{LayerInfo, Parameter, SeededRng, Totals};
use crate::run::RunConfig;

/// Test images evaluated at a time. It does not depend on the number of threads: the sum of the losses depends on where
/// it is split, in its last digit.
const EVALUATION_UNIT: usize = 1000;

/// The engine for the CPU, and for networks on a GPU that only dfdx's operations can compute.
#[derive(Debug)]
pub(super) struct HostEngine {
    spec: NetworkSpec,
    data: Arc<Dataset>,
    batch_size: usize,
    rng: SeededRng,
    workers: Workers,
    weights: Arc<Vec<f32>>,
    gradient: Vec<f32>,
    optimizer: Optimizer,
    order: Vec<u32>,
}

impl HostEngine {
    /// Starts the threads, with all weights 0.
    pub(super) fn start(
        config: &RunConfig,
        spec: NetworkSpec,
        threads: usize,
        data: &Arc<Dataset>,
    ) -> Result<Self, TrainError> {
        let workers = Workers::start(&spec, threads, data)?;
        let size = workers.parameters().iter().map(Parameter::len).sum();
        Ok(Self {
            spec,
            data: Arc::clone(data),
            batch_size: config.batch_size,
            rng: SeededRng::new(config.seed),
            workers,
            weights: Arc::new(vec![0.0; size]),
            gradient: vec![0.0; size],
            optimizer: Optimizer::new(&config.optimizer, size),
            order: Vec::new(),
        })
    }
}

impl Engine for HostEngine {
    fn layers(&self) -> &[LayerInfo] {
        self.workers.layers()
    }

    fn parameters(&self) -> &[Parameter] {
        self.workers.parameters()
    }

    fn threads(&self) -> usize {
        self.workers.threads()
    }

    fn state(&self) -> Result<EngineState<'_>, TrainError> {
        let slots = self.optimizer.slots().into_iter().map(Cow::Borrowed).collect();
        Ok(EngineState { weights: Cow::Borrowed(&self.weights), slots })
    }

    fn load(&mut self, state: EngineState<'_>) -> Result<(), TrainError> {
        self.weights = Arc::new(state.weights.into_owned());
        for (slot, values) in self.optimizer.slots_mut().into_iter().zip(state.slots) {
            *slot = values.into_owned();
        }
        Ok(())
    }

    fn configure(&mut self, config: &RunConfig) -> Result<(), TrainError> {
        if config.dropout != self.spec.dropout {
            let spec = NetworkSpec { dropout: config.dropout, ..self.spec.clone() };
            self.workers = Workers::start(&spec, self.workers.threads(), &self.data)?;
            self.spec = spec;
        }
        self.optimizer.set(&config.optimizer);
        Ok(())
    }

    fn set_order(&mut self, order: Vec<u32>) -> Result<(), TrainError> {
        self.order = order;
        Ok(())
    }

    fn train(&mut self, upcoming: &Upcoming<'_>) -> Result<Trained, TrainError> {
        let &Upcoming { batch, step, limit, rate } = upcoming;
        debug_assert!(limit > 0, "there is a step to perform");
        let images = self.order.chunks(self.batch_size).nth(batch).unwrap_or_default();
        let dropout = Some((self.rng, step));
        let (totals, mut time) = self.workers.train(&self.weights, images, dropout, &mut self.gradient)?;
        let start = Instant::now();
        let weights = Arc::<Vec<f32>>::make_mut(&mut self.weights);
        self.optimizer.step(weights, &self.gradient, rate(step), step);
        time.update += start.elapsed().as_secs_f32();
        Ok(Trained { totals: vec![totals], time: Some(time) })
    }

    fn evaluation_unit(&self) -> usize {
        EVALUATION_UNIT
    }

    fn evaluate(&mut self, images: Range<u32>) -> Result<Totals, TrainError> {
        self.workers.evaluate(&self.weights, images)
    }
}
