//! The launches of a network: which kernels perform a step, and with which parameters.

use super::buffers::{BatchBuffers, Buffers, Sizes, SplitBuffers};
use super::network::{DropoutSpec, KernelNetwork};
use super::parameters::{
    AddTotalsParams, Launch, Mask, OptimizerParams, Params, PrepareParams, UpdateParams, WeightProduct,
};
use super::planner::{PlanSettings, Planner, Purpose, int, unsigned};
use super::shared_memory::{ceil_div, index};
use crate::nn::gpu::UpdateRule;

/// The most blocks of `prepare`.
const PREPARE_BLOCKS: i64 = 1024;

/// The launches of training steps and of an evaluation.
#[derive(Debug)]
pub(super) struct Plan {
    /// Draws the masks and gathers the images of a first step; each step does so for the next one.
    pub(super) prepare: Launch,
    /// A step with a whole batch.
    pub(super) step: Vec<Launch>,
    /// The last step of an epoch.
    pub(super) last_step: Vec<Launch>,
    /// The evaluation of a whole batch, and of the last one.
    pub(super) evaluation: Vec<Launch>,
    pub(super) last_evaluation: Vec<Launch>,
}

impl Plan {
    /// The launches of a network; `None` if it does not fit in shared memory.
    pub(super) fn new(network: &KernelNetwork, buffers: &Buffers, setting: &PlanSettings) -> Option<Self> {
        let Sizes { train, test, batch, evaluated } = setting.sizes;
        let training = Planner::new(network, buffers, setting, Purpose::Training)?;
        let evaluation = Planner::new(network, buffers, setting, Purpose::Evaluation)?;
        let last = |images: usize, batch: usize| match images % batch {
            0 => batch,
            rest => rest,
        };
        Some(Self {
            prepare: training.prepare_launch(),
            step: training.step(batch)?,
            last_step: training.step(last(train, batch))?,
            evaluation: evaluation.evaluation(evaluated)?,
            last_evaluation: evaluation.evaluation(last(test, evaluated))?,
        })
    }
}

impl Planner<'_> {
    /// A step with this many images, at most a whole batch.
    fn step(&self, images: usize) -> Option<Vec<Launch>> {
        let count = i32::try_from(images).ok()?;
        let mut launches = self.passes(count)?;
        launches.push(self.update(count, &launches)?);
        Some(launches)
    }

    /// The evaluation of this many images, at most a whole batch.
    fn evaluation(&self, images: usize) -> Option<Vec<Launch>> {
        let count = i32::try_from(images).ok()?;
        let BatchBuffers { losses, correct, state, .. } = *self.batch();
        let add = AddTotalsParams { losses, correct, count, totals: self.buffers.totals, state };
        let add = Launch { params: Params::AddTotals(Box::new(add)), blocks: 1, threads: 256, shared: 0 };
        let mut launches = vec![self.prepare_launch()];
        launches.extend(self.passes(count)?);
        launches.push(add);
        Some(launches)
    }

    fn preparation(&self) -> PrepareParams {
        let BatchBuffers { state, images, labels, .. } = *self.batch();
        let (split, order, length) = if self.is_training() {
            (self.buffers.train, self.buffers.training.order, self.setting.sizes.train)
        } else {
            (self.buffers.test, 0, self.setting.sizes.test)
        };
        let SplitBuffers { pixels, labels: all_labels } = split;
        let mut params = PrepareParams {
            state,
            pixels,
            labels: all_labels,
            order,
            order_length: i32::try_from(length).unwrap_or(i32::MAX),
            batch_size: self.batch_size(),
            image_values: i32::try_from(self.network.image_values).unwrap_or(i32::MAX),
            levels: self.buffers.levels,
            images,
            halves: if self.in_halves() { 2 } else { 1 },
            batch_labels: labels,
            key: self.setting.key,
            ..PrepareParams::default()
        };
        for (mask, to) in self.masks().into_iter().zip(&mut params.mask) {
            *to = mask;
            params.masks += 1;
        }
        params
    }

    /// The masks to draw.
    fn masks(&self) -> Vec<Mask> {
        let convs = self.network.convs.iter().zip(&self.convs);
        let convs = convs.map(|(conv, params)| (conv.drop, params.mask, params.outputs));
        let linears = self.network.linears.iter().zip(&self.linears);
        let linears = linears.map(|(linear, params)| (linear.drop, params.mask, params.outputs));
        let mask = |(drop, flags, values): (Option<DropoutSpec>, _, _)| {
            drop.filter(|_| flags != 0).map(|DropoutSpec { rate, layer }| Mask { flags, values, layer, rate })
        };
        convs.chain(linears).filter_map(mask).collect()
    }

    fn prepare_launch(&self) -> Launch {
        let params = self.preparation();
        let blocks = prepare_blocks(&params);
        Launch { params: Params::Prepare(Box::new(params)), blocks, threads: 256, shared: 0 }
    }

    fn update(&self, count: i32, passes: &[Launch]) -> Option<Launch> {
        let (batch, training) = (self.batch(), &self.buffers.training);
        let slab_count = passes.iter().rev().find_map(|launch| match &launch.params {
            Params::ImagePass(_) => i32::try_from(launch.blocks).ok(),
            _ => None,
        });
        let slab_stride = int(self.network.conv_parameters);
        let prepare = self.preparation();
        let prepare_blocks = i32::try_from(prepare_blocks(&prepare)).ok()?;
        let mut params = UpdateParams {
            state: batch.state,
            optimizer: self.optimizer(),
            count,
            products: int(self.linears.len()),
            slabs: training.slabs,
            slab_stride,
            slab_count: slab_count.unwrap_or_default(),
            slab_blocks: ceil_div(slab_stride, 32),
            losses: batch.losses,
            correct: batch.correct,
            ring: training.ring,
            ring_length: int(self.setting.sizes.steps()),
            prepare_blocks,
            prepare,
            ..UpdateParams::default()
        };
        for (layer, (product, own)) in params.product.iter_mut().zip(&self.linears).enumerate() {
            let tile = self.tile(own.outputs, own.inputs + 1);
            let column_blocks = ceil_div(own.inputs + 1, tile);
            *product = WeightProduct {
                slopes: own.stored_slope,
                inputs: self.stored_input(layer),
                half_stride: self.halves(layer).1,
                outputs: own.outputs,
                inputs_length: own.inputs,
                weight: own.weight,
                bias: own.bias,
                tile,
                column_blocks,
                blocks: ceil_div(own.outputs, tile) * column_blocks,
            };
        }
        let products: i32 = params.product.iter().map(|product| product.blocks).sum();
        let blocks = unsigned(products + params.slab_blocks + 1 + prepare_blocks);
        Some(Launch { params: Params::Update(Box::new(params)), blocks, threads: 256, shared: 0 })
    }

    fn optimizer(&self) -> OptimizerParams {
        let Buffers { parameters, first, second, .. } = *self.buffers;
        let settings = self.buffers.training.settings;
        let buffers = OptimizerParams { parameters, first, second, settings, ..OptimizerParams::default() };
        match self.setting.update {
            UpdateRule::Sgd { momentum } => OptimizerParams { kind: 0, momentum, ..buffers },
            UpdateRule::AdamW { old: [old1, old2], new: [new1, new2], epsilon } => {
                OptimizerParams { kind: 1, old1, new1, old2, new2, epsilon, ..buffers }
            }
        }
    }
}

fn prepare_blocks(params: &PrepareParams) -> u32 {
    let images = i64::from(params.batch_size);
    let masks = params.mask.iter().take(index(params.masks));
    let flags = masks.map(|mask| (images * i64::from(mask.values) + 15) / 16);
    let units = images * i64::from(ceil_div(params.image_values, 4)) + flags.sum::<i64>();
    u32::try_from(((units + 255) / 256).min(PREPARE_BLOCKS)).unwrap_or(1)
}
