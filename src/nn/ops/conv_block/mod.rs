//! A convolutional block, `relu(max_pool2d(dropout2d(conv2d(images))))`, as one operation.
//!
//! On the CPU it runs image by image in the first-level cache, in vector instructions chosen at run
//! time, and leaves out what comes to nothing: channels that dropout dropped, and the gradients of all
//! pixels that max-pooling or `ReLU` did not let through. [`composed`] is the same of dfdx's own
//! operations: the reference for it, and what other devices run.

#![expect(
    clippy::inline_always,
    reason = "what handles vectors must become part of a function that is compiled for their instructions"
)]

mod backward;
mod forward;
mod geometry;
mod workspace;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use dfdx::prelude::*;
use fearless_simd::Level;

use self::geometry::{Block, Geometry};
use self::workspace::Workspace;
use super::lanes::PAD;
use super::{Patches, TensorDevice, conv2d, dropout2d, max_pool2d};
use crate::nn::backend::Backend;
use crate::nn::shape::{Halve, ImageShape, Slide};

/// The maps of a block of `K` x `K` kernels on `H` x `W` images.
pub type Pooled<H, W, const O: usize, const K: usize> =
    ImageShape<<<H as Slide<K>>::Out as Halve>::Out, <<W as Slide<K>>::Out as Halve>::Out, O>;

/// The block, composed of dfdx's operations. `mask` is that of [`dropout2d`].
fn composed<H, W, const C: usize, const O: usize, const K: usize, E, D, T>(
    images: Tensor<ImageShape<H, W, C>, E, D, T>,
    patches: &Patches<D>,
    weight: &Tensor<Rank4<O, C, K, K>, E, D>,
    bias: &Tensor<Rank1<O>, E, D>,
    mask: Option<&Tensor<(usize, Const<O>), E, D>>,
) -> Tensor<Pooled<H, W, O, K>, E, D, T>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
    E: Dtype,
    D: TensorDevice<E>,
    T: Tape<E, D>,
{
    let maps = conv2d(images, patches, weight, bias);
    let maps = match mask {
        Some(mask) => dropout2d(maps, mask),
        None => maps,
    };
    max_pool2d(maps).relu()
}

/// The block for the CPU, with its buffers.
struct Fused<H, W, const C: usize, const O: usize, const K: usize>(
    Rc<RefCell<Workspace<Block<H, W, C, O, K>>>>,
);

impl<H, W, const C: usize, const O: usize, const K: usize> fmt::Debug for Fused<H, W, C, O, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fused").finish_non_exhaustive()
    }
}

impl<H, W, const C: usize, const O: usize, const K: usize> Fused<H, W, C, O, K>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
{
    /// The block in the vector instructions of this level.
    fn new(level: Level) -> Self {
        Self(Rc::new(RefCell::new(Workspace::new(level))))
    }

    /// Applies it, recording on the images' tape. `factors` are the values of the mask of
    /// [`dropout2d`], `[image, channel]`, none of them negative. The images get a gradient only if
    /// they `need` one: what is read from a file does not.
    fn forward<T: Tape<f32, Cpu>>(
        &self,
        images: Tensor<ImageShape<H, W, C>, f32, Cpu, T>,
        weight: &Tensor<Rank4<O, C, K, K>, f32, Cpu>,
        bias: &Tensor<Rank1<O>, f32, Cpu>,
        factors: Option<&[f32]>,
        need: bool,
    ) -> Tensor<Pooled<H, W, O, K>, f32, Cpu, T> {
        let (images, mut tape) = images.split_tape();
        let len = images.shape().0;
        let shape = (len, Default::default(), Default::default(), Const::<O>);
        let mut workspace = self.0.borrow_mut();
        let pixels = images.shape().num_elements();
        let mut batch = workspace.batch(len);
        images.copy_into(&mut batch.images[..pixels]);
        weight.copy_into(&mut workspace.parameters.weight);
        bias.copy_into(&mut workspace.parameters.bias);

        let mut output = vec![0.0; len * Block::<H, W, C, O, K>::OUTPUT];
        workspace.forward(&mut batch, factors, &mut output);
        let maps = images.device().tensor_from_vec(output, shape);
        if !T::OWNS_TAPE {
            workspace.take_back(batch);
            return maps.put_tape(tape);
        }
        let (images, weight, bias, maps_ghost) = (images.ghost(), weight.ghost(), bias.ghost(), maps.ghost());
        let workspace = Rc::clone(&self.0);
        tape.add_backward_op(move |gradients: &mut Gradients<f32, Cpu>| {
            let workspace = &mut *workspace.borrow_mut();
            // Taken out for as long as others are borrowed, instead of copied.
            let output_gradient = std::mem::take(&mut **gradients.get_or_alloc_mut(&maps_ghost)?);
            if need {
                let image_gradient: &mut Vec<f32> = gradients.get_or_alloc_mut(&images)?;
                let len = image_gradient.len();
                image_gradient.resize(len + PAD, 0.0);
                workspace.backward(&batch, &output_gradient, Some(image_gradient));
                image_gradient.truncate(len);
            } else {
                workspace.backward(&batch, &output_gradient, None);
            }
            **gradients.get_or_alloc_mut(&maps_ghost)? = output_gradient;
            workspace.take_back(batch);
            workspace.take_weight_gradient(gradients.get_or_alloc_mut(&weight)?);
            workspace.take_bias_gradient(gradients.get_or_alloc_mut(&bias)?);
            Ok(())
        });
        maps.put_tape(tape)
    }
}

/// What a block needs beside its parameters: tables, buffers, and which of the two ways it takes.
#[derive(Debug)]
pub struct ConvBlock<H, W, const C: usize, const O: usize, const K: usize, D: Storage<usize>> {
    patches: Patches<D>,
    fused: Option<Fused<H, W, C, O, K>>,
    need: bool,
}

impl<H, W, const C: usize, const O: usize, const K: usize, D> ConvBlock<H, W, C, O, K, D>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
    D: Storage<usize> + TensorFromVec<usize>,
{
    /// A block that is computed by these kernels, where the device has them. Its images get a gradient
    /// only if they `need` one.
    pub fn new(device: &D, kernels: Backend, need: bool) -> Self {
        let fused = match kernels {
            Backend::Composed => None,
            Backend::Fused(level) => Some(Fused::new(level)),
        };
        Self { patches: Patches::new(device, [H::SIZE, W::SIZE, C], K), fused, need }
    }

    /// Applies it as dfdx's operations.
    pub(super) fn compose<T: Tape<f32, D>>(
        &self,
        images: Tensor<ImageShape<H, W, C>, f32, D, T>,
        weight: &Tensor<Rank4<O, C, K, K>, f32, D>,
        bias: &Tensor<Rank1<O>, f32, D>,
        factors: Option<Vec<f32>>,
    ) -> Tensor<Pooled<H, W, O, K>, f32, D, T>
    where
        D: TensorDevice<f32>,
    {
        let len = images.shape().0;
        let mask = factors.map(|factors| images.device().tensor_from_vec(factors, (len, Const::<O>)));
        composed(images, &self.patches, weight, bias, mask.as_ref())
    }
}

impl<H, W, const C: usize, const O: usize, const K: usize> ConvBlock<H, W, C, O, K, Cpu>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
{
    /// Applies it by the kernels that it was made for.
    pub(super) fn apply<T: Tape<f32, Cpu>>(
        &self,
        images: Tensor<ImageShape<H, W, C>, f32, Cpu, T>,
        weight: &Tensor<Rank4<O, C, K, K>, f32, Cpu>,
        bias: &Tensor<Rank1<O>, f32, Cpu>,
        factors: Option<Vec<f32>>,
    ) -> Tensor<Pooled<H, W, O, K>, f32, Cpu, T> {
        match &self.fused {
            Some(fused) => fused.forward(images, weight, bias, factors.as_deref(), self.need),
            None => self.compose(images, weight, bias, factors),
        }
    }
}
