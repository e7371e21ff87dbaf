//! The buffers of a block, allocated once and reused for every batch.

use std::marker::PhantomData;

use fearless_simd::{Level, dispatch};

use super::super::lanes::{PAD, padded};
use super::super::runs::Run;
use super::backward::backward;
use super::forward::{forward, index};
use super::geometry::Geometry;

/// Weights `[out, channel, row, column]` and biases.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// Buffers for the forward pass of one image.
#[derive(Debug)]
pub(super) struct Planes {
    /// The image, `[channel, row, column]`.
    pub(super) channels_first: Vec<f32>,
    /// Its column planes.
    pub(super) columns: Vec<f32>,
    /// Offset of each position's window in the image, channels last.
    pub(super) corners: Vec<i32>,
    /// The channels that were not dropped.
    pub(super) kept: Vec<usize>,
}

/// Output of one image, `[out, position]` in whole vectors.
#[derive(Debug)]
pub(super) struct Maps<'a> {
    /// The values.
    pub(super) values: &'a mut [f32],
    /// The window member that each value came from, as an index into the image, channels last.
    pub(super) winners: &'a mut [i32],
}

/// Gradients of one image's output.
#[derive(Debug)]
pub(super) struct Slopes {
    /// All gradients, `[out, position]` in whole vectors.
    pub(super) maps: Vec<f32>,
    /// Space for the non-zero gradients of one channel or position, plus one.
    pub(super) list: Vec<Run>,
}

/// Accumulated gradients of the parameters.
#[derive(Debug)]
pub(super) struct Gradients {
    /// `[out, row of the kernel, column and channel]`, rows in whole vectors.
    pub(super) rows: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// The kernels, channels last, each padded with a row of zeros above and below and zeros at both ends of its rows, so
/// that it covers the whole window of a position wherever the winner is.
#[derive(Debug)]
pub(super) struct KernelRows(pub(super) Vec<f32>);

/// Data of a batch that the backward pass needs.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Its images, channels last.
    pub(super) images: Vec<f32>,
    factors: Vec<f32>,
    values: Vec<f32>,
    winners: Vec<i32>,
}

/// The buffers of a block.
#[derive(Debug)]
pub(super) struct Workspace<G> {
    level: Level,
    pub(super) parameters: Parameters,
    planes: Planes,
    slopes: Slopes,
    gradients: Gradients,
    kernels: KernelRows,
    /// Unused batch buffers.
    spare: Option<Batch>,
    geometry: PhantomData<G>,
}

impl<G: Geometry> Workspace<G> {
    pub(super) fn new(level: Level) -> Self {
        let corner = |place: usize| {
            let (row, column) = (2 * (place / G::POOLED_WIDTH), 2 * (place % G::POOLED_WIDTH));
            if place < G::PLACES { index(row * G::ROW + column * G::CHANNELS) } else { 0 }
        };
        Self {
            level,
            parameters: Parameters { weight: vec![0.0; G::OUT * G::TAPS], bias: vec![0.0; G::OUT] },
            planes: Planes {
                channels_first: vec![0.0; G::IMAGE + PAD],
                columns: vec![0.0; G::CHANNELS * (G::KERNEL + 1) * G::PLANE + 2 * PAD],
                corners: (0..G::MAP).map(corner).collect(),
                kept: Vec::with_capacity(G::OUT),
            },
            slopes: Slopes { maps: vec![0.0; G::OUT * G::MAP], list: vec![(0, 0.0); G::MAP.max(G::OUT) + 1] },
            gradients: Gradients {
                rows: vec![0.0; G::OUT * G::KERNEL * padded(G::RUN)],
                bias: vec![0.0; G::OUT],
            },
            kernels: KernelRows(vec![0.0; G::OUT * (G::KERNEL + 2) * G::FRAME_STRIDE]),
            spare: None,
            geometry: PhantomData,
        }
    }

    /// Returns buffers for a batch of `len` images.
    pub(super) fn batch(&mut self, len: usize) -> Batch {
        let mut batch = self.spare.take().unwrap_or_default();
        batch.images.resize(len * G::IMAGE + PAD, 0.0);
        batch.factors.resize(len * G::OUT, 1.0);
        batch.values.resize(len * G::OUT * G::MAP, 0.0);
        batch.winners.resize(len * G::OUT * G::MAP, 0);
        batch
    }

    /// Returns the buffers of a batch for reuse.
    pub(super) fn take_back(&mut self, batch: Batch) {
        self.spare = Some(batch);
    }

    /// Computes the `output` `[image, position, channel]` of a batch. `factors` scales each image's channels; `None` means no
    /// dropout.
    pub(super) fn forward(&mut self, batch: &mut Batch, factors: Option<&[f32]>, output: &mut [f32]) {
        match factors {
            Some(factors) => batch.factors.copy_from_slice(factors),
            None => batch.factors.fill(1.0),
        }
        let Self { level, parameters, planes, .. } = self;
        for (image, output) in output.chunks_exact_mut(G::OUTPUT).enumerate() {
            let pixels = &batch.images[image * G::IMAGE..][..G::IMAGE];
            let factors = &batch.factors[image * G::OUT..][..G::OUT];
            let maps = Maps {
                values: &mut batch.values[image * G::OUT * G::MAP..][..G::OUT * G::MAP],
                winners: &mut batch.winners[image * G::OUT * G::MAP..][..G::OUT * G::MAP],
            };
            dispatch!(*level, simd => forward::<_, G>(simd, pixels, parameters, factors, planes, maps, output));
        }
    }

    /// Accumulates the gradients of a batch from `output_gradient` `[image, position, channel]`. The gradients of the images,
    /// if requested, are added to `image_gradient`, which is [`PAD`] longer.
    pub(super) fn backward(
        &mut self,
        batch: &Batch,
        output_gradient: &[f32],
        mut image_gradient: Option<&mut [f32]>,
    ) {
        if image_gradient.is_some() {
            self.lay_out_kernels();
        }
        let Self { level, slopes, gradients, kernels, .. } = self;
        for (image, output_gradient) in output_gradient.chunks_exact(G::OUTPUT).enumerate() {
            let pixels = &batch.images[image * G::IMAGE..][..G::IMAGE + PAD];
            let maps = image * G::OUT * G::MAP..(image + 1) * G::OUT * G::MAP;
            let found = (&batch.values[maps.clone()], &batch.winners[maps]);
            let factors = &batch.factors[image * G::OUT..][..G::OUT];
            let image_gradient = image_gradient
                .as_deref_mut()
                .map(|gradient| (&*kernels, &mut gradient[image * G::IMAGE..][..G::IMAGE + PAD]));
            dispatch!(*level, simd => backward::<_, G>(
                simd, pixels, found, factors, output_gradient, slopes, gradients, image_gradient
            ));
        }
    }

    fn lay_out_kernels(&mut self) {
        for_each_weight::<G>(|index, out, row, run| {
            let start = (out * (G::KERNEL + 2) + 1 + row) * G::FRAME_STRIDE + G::CHANNELS;
            self.kernels.0[start + run] = self.parameters.weight[index];
        });
    }

    /// Adds the accumulated gradient of the weights to `weight`, and resets it.
    pub(super) fn take_weight_gradient(&mut self, weight: &mut [f32]) {
        for_each_weight::<G>(|index, out, row, run| {
            weight[index] += self.gradients.rows[(out * G::KERNEL + row) * padded(G::RUN) + run];
        });
        self.gradients.rows.fill(0.0);
    }

    /// Adds the accumulated gradient of the biases to `bias`, and resets it.
    pub(super) fn take_bias_gradient(&mut self, bias: &mut [f32]) {
        for (to, from) in bias.iter_mut().zip(&mut self.gradients.bias) {
            *to += std::mem::take(from);
        }
    }
}

/// Calls `visit` for every weight with its index, its kernel, its row in the kernel, and its position in that row,
/// channels last.
#[inline(always)]
fn for_each_weight<G: Geometry>(mut visit: impl FnMut(usize, usize, usize, usize)) {
    let mut index = 0;
    for out in 0..G::OUT {
        for channel in 0..G::CHANNELS {
            for row in 0..G::KERNEL {
                for column in 0..G::KERNEL {
                    visit(index, out, row, column * G::CHANNELS + channel);
                    index += 1;
                }
            }
        }
    }
}
