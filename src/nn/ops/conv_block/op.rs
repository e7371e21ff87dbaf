//! A block on any device, composed or fused.

use dfdx::prelude::*;

use super::composed::{Pooled, composed};
use super::fused::Fused;
use crate::nn::backend::Backend;
use crate::nn::ops::{InputGradient, Patches, TensorDevice};
use crate::nn::shape::{Halve, ImageShape, Slide};

/// The state of a block besides its parameters: index tables, buffers, and the backend.
#[derive(Debug)]
pub struct ConvBlockOp<H, W, const C: usize, const O: usize, const K: usize, D: Storage<usize>> {
    patches: Patches<D>,
    fused: Option<Fused<H, W, C, O, K>>,
    input_gradient: InputGradient,
}

impl<H, W, const C: usize, const O: usize, const K: usize, D> ConvBlockOp<H, W, C, O, K, D>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
    D: Storage<usize> + TensorFromVec<usize>,
{
    /// Creates a block that uses this backend where the device supports it.
    pub fn new(device: &D, backend: Backend, input_gradient: InputGradient) -> Self {
        let fused = match backend {
            Backend::Composed => None,
            Backend::Fused(level) => Some(Fused::new(level)),
        };
        Self { patches: Patches::new(device, [H::SIZE, W::SIZE, C], K), fused, input_gradient }
    }

    /// Applies the block as dfdx operations.
    pub(crate) fn compose<T: Tape<f32, D>>(
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

impl<H, W, const C: usize, const O: usize, const K: usize> ConvBlockOp<H, W, C, O, K, Cpu>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
{
    /// Applies the block with its backend.
    pub(crate) fn apply<T: Tape<f32, Cpu>>(
        &self,
        images: Tensor<ImageShape<H, W, C>, f32, Cpu, T>,
        weight: &Tensor<Rank4<O, C, K, K>, f32, Cpu>,
        bias: &Tensor<Rank1<O>, f32, Cpu>,
        factors: Option<Vec<f32>>,
    ) -> Tensor<Pooled<H, W, O, K>, f32, Cpu, T> {
        match &self.fused {
            Some(fused) => fused.forward(images, weight, bias, factors.as_deref(), self.input_gradient),
            None => self.compose(images, weight, bias, factors),
        }
    }
}
