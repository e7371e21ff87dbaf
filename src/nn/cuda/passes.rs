//! The launches of passes over a batch, forward and backward: image by image in shared memory, or as matrix products.

use std::ops::Range;

use super::parameters::{
    Below, HeadPassParams, ImagePassParams, Launch, LinearForwardParams, LinearInputGradientParams, Params,
};
use super::planner::{Planner, int, unsigned};
use super::shared_memory::{ceil_div, index, place_head_pass, place_image_pass};

/// Threads of a block of `head_pass`.
const HEAD_THREADS: i32 = 256;

/// Threads of a block of `image_pass`, where a multiprocessor has one image, two, or more: the fastest on an H200. More
/// blocks at once need fewer threads each.
const IMAGE_THREADS: [i32; 3] = [640, 384, 192];

/// The most images of a block of `head_pass`.
const MOST_TILE: i32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

impl Planner<'_> {
    pub(super) fn passes(&self, count: i32) -> Option<Vec<Launch>> {
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
    fn image_pass(&self, count: i32, convs: Range<usize>) -> ImagePassParams {
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

    fn conv_pass(&self, convs: Range<usize>, count: i32, direction: Direction) -> Option<Launch> {
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
}
