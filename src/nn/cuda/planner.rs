//! What the launches of a network have in common: its layers with their buffers, for training or for evaluation.

use super::buffers::{BatchBuffers, Buffers, Sizes};
use super::network::{DropoutSpec, KernelLayer, KernelNetwork};
use super::parameters::{Below, ConvParams, DevicePointer, LinearParams, LossParams};
use super::shared_memory::ceil_div;
use crate::nn::gpu::UpdateRule;

/// Linear layers at the end of a network run in a pass if they have at most this many weights together; the others are
/// matrix products.
const SMALL_LINEARS: i32 = 64 << 10;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Training,
    Evaluation,
}

/// Plans the passes over batches, either for training or for evaluation.
pub(super) struct Planner<'a> {
    pub(super) network: &'a KernelNetwork,
    pub(super) buffers: &'a Buffers,
    pub(super) setting: &'a PlanSettings,
    pub(super) purpose: Purpose,
    pub(super) convs: Vec<ConvParams>,
    pub(super) linears: Vec<LinearParams>,
    /// The first linear layer that runs in a pass.
    pub(super) small: usize,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
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

    pub(super) fn is_training(&self) -> bool {
        self.purpose == Purpose::Training
    }

    pub(super) fn batch(&self) -> &BatchBuffers {
        match self.purpose {
            Purpose::Training => &self.buffers.batch,
            Purpose::Evaluation => &self.buffers.evaluated,
        }
    }

    /// Images of a whole batch.
    pub(super) fn batch_size(&self) -> i32 {
        let Sizes { batch, evaluated, .. } = self.setting.sizes;
        let images = if self.is_training() { batch } else { evaluated };
        i32::try_from(images).unwrap_or(i32::MAX)
    }

    /// Whether the images of a step are still read while those of the next one are gathered: for the gradient of a first
    /// layer that is linear.
    pub(super) fn in_halves(&self) -> bool {
        self.convs.is_empty()
    }

    /// The input of a linear layer in device memory.
    pub(super) fn stored_input(&self, layer: usize) -> DevicePointer {
        if layer == 0 && self.in_halves() {
            return self.batch().images;
        }
        self.batch().inputs.get(layer).copied().unwrap_or_default()
    }

    /// Where the half of the images is found that a linear layer reads: the state and the values of a half.
    pub(super) fn halves(&self, layer: usize) -> (DevicePointer, i32) {
        match self.linears.first() {
            Some(first) if layer == 0 && self.in_halves() => {
                (self.batch().state, self.batch_size() * first.inputs)
            }
            _ => (0, 0),
        }
    }

    /// What is below a linear layer.
    pub(super) fn below(&self, layer: usize) -> Below {
        match layer.checked_sub(1).and_then(|below| self.linears.get(below)) {
            Some(below) => Below { relu: below.relu, mask: below.mask, kept: below.kept },
            None => Below { relu: 1, mask: 0, kept: self.convs.last().map_or(1.0, |conv| conv.kept) },
        }
    }

    /// Where the slopes of what is below a linear layer go; null if nobody needs them.
    pub(super) fn slopes_below(&self, layer: usize) -> DevicePointer {
        let training = &self.buffers.training;
        let below = match layer.checked_sub(1) {
            Some(below) => training.slopes.get(below),
            None => training.conv_slopes.last(),
        };
        below.copied().unwrap_or_default()
    }

    pub(super) fn loss(&self, count: i32) -> LossParams {
        let BatchBuffers { labels, losses, correct, state, .. } = *self.batch();
        let state = if self.is_training() { state } else { 0 };
        LossParams { labels, scale: 1.0 / count as f32, losses, correct, state, ..LossParams::default() }
    }

    /// The side of a block's tile of a product: large tiles only if there are enough of them for the device.
    pub(super) fn tile(&self, rows: i32, columns: i32) -> i32 {
        let tiles = ceil_div(rows, 32) * ceil_div(columns, 32);
        if tiles >= self.setting.multiprocessors * 3 / 4 { 32 } else { 16 }
    }
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

/// A number of layers or parameters, which fits by construction.
pub(super) fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A number that is not negative.
pub(super) fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
