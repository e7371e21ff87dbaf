//! The launches of a network: which kernels perform a step, and with which parameters.

use super::buffers::{BatchBuffers, Buffers, Sizes, SplitBuffers};
use super::network::{DropoutSpec, KernelLayer, KernelNetwork};
use super::parameters::{
    AddTotalsParams, Below, ConvParams, DevicePointer, HeadPassParams, ImagePassParams, Launch,
    LinearForwardParams, LinearInputGradientParams, LinearParams, LossParams, Mask, OptimizerParams, Params,
    PrepareParams, UpdateParams, WeightProduct,
};
use super::shared_memory::{ceil_div, index, place_head_pass, place_image_pass};
use crate::nn::gpu::UpdateRule;

/// Threads of a block of `head_pass`.
const HEAD_THREADS: i32 = 256;

/// Threads of a block of `image_pass`, where a multiprocessor has one image, two, or more: the fastest on an H200. More
/// blocks at once need fewer threads each.
const IMAGE_THREADS: [i32; 3] = [640, 384, 192];

/// Linear layers at the end of a network run in a pass if they have at most this many weights together; the others are
/// matrix products.
const SMALL_LINEARS: i32 = 64 << 10;

/// The most blocks of `prepare`.
const PREPARE_BLOCKS: i64 = 1024;

/// The most images of a block of `head_pass`.
const MOST_TILE: i32 = 8;

/// What launches depend on besides the network.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlanSettings {
    pub(super) sizes: Sizes,
    /// Key of the random streams.
    pub(super) key: [u32; 8],
    pub(super) update: UpdateRule,
    /// Multiprocessors of the device.
    pub(super) multiprocessors: i32,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Training,
    Evaluation,
}

/// Plans the passes over batches, either for training or for evaluation.
struct Planner<'a> {
    network: &'a KernelNetwork,
    buffers: &'a Buffers,
    setting: &'a PlanSettings,
    purpose: Purpose,
    convs: Vec<ConvParams>,
    linears: Vec<LinearParams>,
    /// The first linear layer that runs in a pass.
    small: usize,
}

impl<'a> Planner<'a> {
    fn new(
        network: &'a KernelNetwork,
        buffers: &'a Buffers,
        setting: &'a PlanSettings,
        purpose: Purpose,
    ) -> Option<Self> {
        let training = &buffers.training;
        let is_training = purpose == Purpose::Training;
        let convs = network.convs.iter().zip(&training.conv_masks).map(|(conv, &mask)| {
            let (mask, kept) = dropout(conv, mask, is_training);
            ConvParams { mask, kept, ..conv.params }
        });
        let slopes = training.slopes.iter().zip(&training.masks);
        let linears = network.linears.iter().zip(slopes).map(|(linear, (&slopes, &mask))| {
            let (mask, kept) = dropout(linear, mask, is_training);
            let stored_slope = if is_training { slopes } else { 0 };
            LinearParams { mask, kept, stored_slope, ..linear.params }
        });
        let linears: Vec<_> = linears.collect();
        let mut small = linears.len().checked_sub(1)?;
        let weights = |layer: usize| linears.get(layer).map_or(0, |linear| linear.inputs * linear.outputs);
        let mut together = weights(small);
        while small > 0 {
            together += weights(small - 1);
            if together > SMALL_LINEARS {
                break;
            }
            small -= 1;
        }
        Some(Self { network, buffers, setting, purpose, convs: convs.collect(), linears, small })
    }

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

    fn passes(&self, count: i32) -> Option<Vec<Launch>> {
        if let Some(pass) = self.whole_pass(count) {
            return Some(vec![pass]);
        }
        let mut launches = self.conv_passes(count, Direction::Forward)?;
        let products = 0..self.small;
        launches.extend(products.clone().filter_map(|layer| self.forward_product(layer, count)));
        launches.push(self.head(count)?);
        if self.is_training() {
            let with_gradient = products.rev().filter(|&layer| self.slopes_below(layer) != 0);
            launches.extend(with_gradient.filter_map(|layer| self.backward_product(layer, count)));
            launches.extend(self.conv_passes(count, Direction::Backward)?);
        }
        Some(launches)
    }

    fn is_training(&self) -> bool {
        self.purpose == Purpose::Training
    }

    fn batch(&self) -> &BatchBuffers {
        match self.purpose {
            Purpose::Training => &self.buffers.batch,
            Purpose::Evaluation => &self.buffers.evaluated,
        }
    }

    /// Images of a whole batch.
    fn batch_size(&self) -> i32 {
        let Sizes { batch, evaluated, .. } = self.setting.sizes;
        let images = if self.is_training() { batch } else { evaluated };
        i32::try_from(images).unwrap_or(i32::MAX)
    }

    /// Whether the images of a step are still read while those of the next one are gathered: for the gradient of a first
    /// layer that is linear.
    fn in_halves(&self) -> bool {
        self.convs.is_empty()
    }

    // Preparation

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

    // Passes

    fn loss(&self, count: i32) -> LossParams {
        let BatchBuffers { labels, losses, correct, state, .. } = *self.batch();
        let state = if self.is_training() { state } else { 0 };
        LossParams { labels, scale: 1.0 / count as f32, losses, correct, state, ..LossParams::default() }
    }

    /// One launch that does everything, if that is possible.
    fn whole_pass(&self, count: i32) -> Option<Launch> {
        if self.convs.is_empty() || self.small > 0 {
            return None;
        }
        let mut pass = self.image_pass(count, 0..self.convs.len());
        pass.images = self.batch().images;
        pass.linears = int(self.linears.len());
        (pass.forward, pass.backward) = (1, i32::from(self.is_training()));
        for (number, conv) in pass.conv.iter_mut().take(self.convs.len()).enumerate() {
            conv.input_gradient = i32::from(self.is_training() && number > 0);
        }
        for (layer, (own, linear)) in pass.linear.iter_mut().zip(&self.linears).enumerate() {
            *own = *linear;
            if self.is_training() {
                own.stored_input = self.stored_input(layer);
            }
        }
        pass.loss = self.loss(count);
        self.launch_image_pass(pass)
    }

    /// A pass over these convolutions.
    fn image_pass(&self, count: i32, convs: std::ops::Range<usize>) -> ImagePassParams {
        let mut pass = ImagePassParams {
            parameters: self.buffers.parameters,
            count,
            convs: int(convs.len()),
            slabs: self.buffers.training.slabs,
            slab_stride: int(self.network.conv_parameters),
            ..ImagePassParams::default()
        };
        for (to, conv) in pass.conv.iter_mut().zip(self.convs.get(convs).unwrap_or_default()) {
            *to = *conv;
        }
        pass
    }

    fn launch_image_pass(&self, mut pass: ImagePassParams) -> Option<Launch> {
        let waves = index(ceil_div(pass.count, self.setting.multiprocessors.max(1)));
        let threads = *IMAGE_THREADS.get(waves.saturating_sub(1)).or(IMAGE_THREADS.last())?;
        let shared = place_image_pass(&mut pass, threads)?;
        let blocks = unsigned(pass.count);
        let params = Params::ImagePass(Box::new(pass));
        Some(Launch { params, blocks, threads: unsigned(threads), shared })
    }

    /// The launches of all convolutions: one if they fit together, otherwise one each.
    fn conv_passes(&self, count: i32, direction: Direction) -> Option<Vec<Launch>> {
        let layers = self.convs.len();
        if layers == 0 {
            return Some(Vec::new());
        }
        if let Some(pass) = self.conv_pass(0..layers, count, direction) {
            return Some(vec![pass]);
        }
        let single = |layer| self.conv_pass(layer..layer + 1, count, direction);
        match direction {
            Direction::Forward => (0..layers).map(single).collect(),
            Direction::Backward => (0..layers).rev().map(single).collect(),
        }
    }

    fn conv_pass(&self, convs: std::ops::Range<usize>, count: i32, direction: Direction) -> Option<Launch> {
        let (first, last) = (convs.start, convs.end.checked_sub(1)?);
        let (batch, forward) = (self.batch(), direction == Direction::Forward);
        let output = |layer: usize| batch.conv_outputs.get(layer).copied();
        let mut pass = self.image_pass(count, convs);
        pass.images = if first == 0 { batch.images } else { output(first - 1)? };
        (pass.forward, pass.backward) = (i32::from(forward), i32::from(!forward));
        for (layer, own) in (first..=last).zip(&mut pass.conv) {
            own.input_gradient = i32::from(!forward && layer > 0);
            let is_flat = layer + 1 == self.convs.len();
            own.stored_output = if is_flat { self.stored_input(0) } else { output(layer)? };
            own.stored_winners = *batch.winners.get(layer)?;
        }
        let slopes = &self.buffers.training.conv_slopes;
        pass.output_slope = *slopes.get(last)?;
        if let Some(below) = first.checked_sub(1) {
            pass.input_slope = *slopes.get(below)?;
            pass.below = Below { relu: 1, mask: 0, kept: self.convs.get(below)?.kept };
        }
        self.launch_image_pass(pass)
    }

    /// The input of a linear layer in device memory.
    fn stored_input(&self, layer: usize) -> DevicePointer {
        if layer == 0 && self.in_halves() {
            return self.batch().images;
        }
        self.batch().inputs.get(layer).copied().unwrap_or_default()
    }

    /// Where the half of the images is found that a linear layer reads: the state and the values of a half.
    fn halves(&self, layer: usize) -> (DevicePointer, i32) {
        match self.linears.first() {
            Some(first) if layer == 0 && self.in_halves() => {
                (self.batch().state, self.batch_size() * first.inputs)
            }
            _ => (0, 0),
        }
    }

    /// What is below a linear layer.
    fn below(&self, layer: usize) -> Below {
        match layer.checked_sub(1).and_then(|below| self.linears.get(below)) {
            Some(below) => Below { relu: below.relu, mask: below.mask, kept: below.kept },
            None => Below { relu: 1, mask: 0, kept: self.convs.last().map_or(1.0, |conv| conv.kept) },
        }
    }

    /// Where the slopes of what is below a linear layer go; null if nobody needs them.
    fn slopes_below(&self, layer: usize) -> DevicePointer {
        let training = &self.buffers.training;
        let below = match layer.checked_sub(1) {
            Some(below) => training.slopes.get(below),
            None => training.conv_slopes.last(),
        };
        below.copied().unwrap_or_default()
    }

    // Products

    /// The side of a block's tile of a product: large tiles only if there are enough of them for the device.
    fn tile(&self, rows: i32, columns: i32) -> i32 {
        let tiles = ceil_div(rows, 32) * ceil_div(columns, 32);
        if tiles >= self.setting.multiprocessors * 3 / 4 { 32 } else { 16 }
    }

    fn forward_product(&self, layer: usize, count: i32) -> Option<Launch> {
        let own = self.linears.get(layer)?;
        let (halves, half_stride) = self.halves(layer);
        let tile = self.tile(count, own.outputs);
        let column_blocks = ceil_div(own.outputs, tile);
        let params = LinearForwardParams {
            parameters: self.buffers.parameters,
            inputs: self.stored_input(layer),
            halves,
            half_stride,
            outputs_to: self.stored_input(layer + 1),
            count,
            inputs_length: own.inputs,
            outputs: own.outputs,
            weight: own.weight,
            bias: own.bias,
            relu: own.relu,
            mask: own.mask,
            kept: own.kept,
            tile,
            column_blocks,
        };
        let blocks = unsigned(ceil_div(count, tile) * column_blocks);
        Some(Launch { params: Params::LinearForward(Box::new(params)), blocks, threads: 256, shared: 0 })
    }

    fn backward_product(&self, layer: usize, count: i32) -> Option<Launch> {
        let own = self.linears.get(layer)?;
        let tile = self.tile(count, own.inputs);
        let column_blocks = ceil_div(own.inputs, tile);
        let params = LinearInputGradientParams {
            parameters: self.buffers.parameters,
            slopes: own.stored_slope,
            inputs: self.stored_input(layer),
            input_slope: self.slopes_below(layer),
            count,
            inputs_length: own.inputs,
            outputs: own.outputs,
            weight: own.weight,
            below: self.below(layer),
            tile,
            column_blocks,
        };
        let blocks = unsigned(ceil_div(count, tile) * column_blocks);
        let params = Params::LinearInputGradient(Box::new(params));
        Some(Launch { params, blocks, threads: 256, shared: 0 })
    }

    /// The last linear layers and the loss.
    fn head(&self, count: i32) -> Option<Launch> {
        let small = self.small;
        let (halves, half_stride) = self.halves(small);
        let layers = self.linears.get(small..)?;
        let mut params = HeadPassParams {
            parameters: self.buffers.parameters,
            inputs: self.stored_input(small),
            halves,
            half_stride,
            count,
            tile: 1,
            linears: int(layers.len()),
            backward: i32::from(self.is_training()),
            input_slope: if self.is_training() { self.slopes_below(small) } else { 0 },
            below: self.below(small),
            loss: self.loss(count),
            ..HeadPassParams::default()
        };
        for (number, (own, linear)) in params.linear.iter_mut().zip(layers).enumerate() {
            *own = *linear;
            if self.is_training() && number > 0 {
                own.stored_input = self.stored_input(small + number);
            }
        }
        while params.tile < MOST_TILE && ceil_div(count, params.tile) > self.setting.multiprocessors {
            params.tile *= 2;
        }
        loop {
            if let Some(shared) = place_head_pass(&mut params, HEAD_THREADS) {
                let blocks = unsigned(ceil_div(count, params.tile));
                let params = Params::HeadPass(Box::new(params));
                return Some(Launch { params, blocks, threads: unsigned(HEAD_THREADS), shared });
            }
            if params.tile == 1 {
                return None;
            }
            params.tile /= 2;
        }
    }

    // The end of a step

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

/// The mask of a layer and the factor of what it keeps.
fn dropout<Params>(
    part: &KernelLayer<Params>,
    mask: DevicePointer,
    is_training: bool,
) -> (DevicePointer, f32) {
    match part.drop {
        Some(DropoutSpec { rate, .. }) if is_training && rate > 0.0 => (mask, 1.0 / (1.0 - rate)),
        _ => (0, 1.0),
    }
}

fn prepare_blocks(params: &PrepareParams) -> u32 {
    let images = i64::from(params.batch_size);
    let masks = params.mask.iter().take(index(params.masks));
    let flags = masks.map(|mask| (images * i64::from(mask.values) + 15) / 16);
    let units = images * i64::from(ceil_div(params.image_values, 4)) + flags.sum::<i64>();
    u32::try_from(((units + 255) / 256).min(PREPARE_BLOCKS)).unwrap_or(1)
}

/// A number of layers or parameters, which fits by construction.
fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
