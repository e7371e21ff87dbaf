//! The engine with its weights on a GPU, which performs many steps at once.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::TrainError;
use super::engine::{Engine, EngineState, Trained, Upcoming};
use super::optimizer::{Optimizer, slot_names};
use crate::data::{Dataset, Split, normalized_levels};
use crate::nn::{self, Backend, DeviceKind, GpuTask, GpuTrainer, LabelledImages, Model, Totals};
use crate::nn::{LayerInfo, Parameter, StepSettings};
use crate::run::RunConfig;

/// How long steps that are performed at once should take: short beside the 50 ms after which the inbox is read again, and
/// long beside the time to start them and to read their results.
const BLOCK_TIME: Duration = Duration::from_millis(20);

/// Steps of the first block, whose time is not known.
const FIRST_BLOCK: usize = 8;

/// By how much a block may be longer than the one before.
const GROWTH: usize = 4;

/// The engine for networks that a GPU trains by itself.
#[derive(Debug)]
pub(super) struct GpuEngine {
    /// The network on the CPU: its layers and parameters, not its weights.
    model: Box<dyn Model>,
    trainer: Box<dyn GpuTrainer>,
    /// The optimizer's settings; its state is on the GPU.
    optimizer: Optimizer,
    slots: usize,
    data: Arc<Dataset>,
    /// Steps to perform at once.
    block: usize,
}

impl GpuEngine {
    /// Loads network and data set on the GPU with this number; `None` if there are no kernels for the network.
    pub(super) fn start(
        config: &RunConfig,
        ordinal: usize,
        data: &Arc<Dataset>,
    ) -> Result<Option<Self>, TrainError> {
        let model = build(config)?;
        let optimizer = Optimizer::new(&config.optimizer, 0);
        let task = GpuTask {
            layers: model.layers(),
            train: labelled(&data.train),
            test: labelled(&data.test),
            levels: &normalized_levels(),
            batch_size: config.batch_size,
            seed: config.seed,
            update: optimizer.rule(),
        };
        let Some(trainer) = nn::train_on_gpu(ordinal, &task)? else { return Ok(None) };
        let slots = slot_names(&config.optimizer).len();
        let data = Arc::clone(data);
        Ok(Some(Self { model, trainer, optimizer, slots, data, block: FIRST_BLOCK }))
    }
}

impl Engine for GpuEngine {
    fn layers(&self) -> &[LayerInfo] {
        self.model.layers()
    }

    fn parameters(&self) -> &[Parameter] {
        self.model.parameters()
    }

    fn threads(&self) -> usize {
        1
    }

    fn state(&self) -> Result<EngineState<'_>, TrainError> {
        let slots = (0..self.slots).map(|slot| self.trainer.slot(slot).map(Cow::Owned));
        Ok(EngineState {
            weights: Cow::Owned(self.trainer.weights()?),
            slots: slots.collect::<Result<_, _>>()?,
        })
    }

    fn load(&mut self, state: EngineState<'_>) -> Result<(), TrainError> {
        let slots: Vec<&[f32]> = state.slots.iter().map(|slot| &**slot).collect();
        Ok(self.trainer.load(&state.weights, &slots)?)
    }

    fn configure(&mut self, config: &RunConfig) -> Result<(), TrainError> {
        let (model, optimizer) = (build(config)?, Optimizer::new(&config.optimizer, 0));
        self.trainer.configure(model.layers(), optimizer.rule())?;
        (self.model, self.optimizer) = (model, optimizer);
        Ok(())
    }

    fn set_order(&mut self, order: Vec<u32>) -> Result<(), TrainError> {
        Ok(self.trainer.set_order(&order)?)
    }

    fn train(&mut self, upcoming: &Upcoming<'_>) -> Result<Trained, TrainError> {
        let &Upcoming { batch, step, limit, rate } = upcoming;
        let steps = (step..).take(limit.min(self.block));
        let settings: Vec<StepSettings> =
            steps.map(|step| self.optimizer.step_settings(rate(step), step)).collect();
        let start = Instant::now();
        let totals = self.trainer.train(batch, step, &settings)?;
        self.block = next_block(settings.len(), start.elapsed(), self.block);
        Ok(Trained { totals, time: None })
    }

    fn evaluation_unit(&self) -> usize {
        self.data.test.len()
    }

    fn evaluate(&mut self, _all: Range<u32>) -> Result<Totals, TrainError> {
        Ok(self.trainer.evaluate()?)
    }
}

/// The steps of the next block, after one of `steps` took this long, when `planned` were planned.
fn next_block(steps: usize, took: Duration, planned: usize) -> usize {
    let per_step = took.as_secs_f64() / steps.max(1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive, and clamped"
    )]
    let fit = (BLOCK_TIME.as_secs_f64() / per_step.max(1e-9)) as usize;
    // One that was cut off at the end of an epoch says less about the time of a longer one.
    fit.clamp(1, if steps < planned { planned } else { GROWTH * planned })
}

/// The network on the CPU.
fn build(config: &RunConfig) -> Result<Box<dyn Model>, TrainError> {
    Ok(nn::build(&config.preset, DeviceKind::Cpu, Backend::Composed, config.dropout)?)
}

fn labelled(split: &Split) -> LabelledImages<'_> {
    LabelledImages { pixels: split.images().as_flattened(), labels: split.labels() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_its_time() {
        let ms = Duration::from_millis;
        assert_eq!(next_block(10, ms(20), 10), 10);
        assert_eq!(next_block(10, ms(10), 10), 20);
        assert_eq!(next_block(10, ms(100), 10), 2);
        // At least a step, and no more than four times as many.
        assert_eq!(next_block(1, ms(1000), 1), 1);
        assert_eq!(next_block(10, Duration::ZERO, 10), 40);
        // The last block of an epoch is shorter than planned.
        assert_eq!(next_block(2, ms(1), 10), 10);
        assert_eq!(next_block(2, ms(20), 10), 2);
    }
}
