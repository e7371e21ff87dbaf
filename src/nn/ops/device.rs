//! Layers by device.

use dfdx::prelude::*;

use super::{ConvBlockOp, FlattenOp, LinearOp, Pooled, TensorDevice, linear};
use crate::nn::shape::{FlatShape, Halve, ImageShape, Slide};

/// A device with implementations of the layers; by default, they are composed of dfdx's operations.
pub trait LayerDevice: TensorDevice<f32> {
    /// Applies a block, with these factors of the output channels, `[image, channel]`.
    fn conv_block<H, W, const C: usize, const O: usize, const K: usize, T: Tape<f32, Self>>(
        images: Tensor<ImageShape<H, W, C>, f32, Self, T>,
        block: &ConvBlockOp<H, W, C, O, K, Self>,
        weight: &Tensor<Rank4<O, C, K, K>, f32, Self>,
        bias: &Tensor<Rank1<O>, f32, Self>,
        factors: Option<Vec<f32>>,
    ) -> Tensor<Pooled<H, W, O, K>, f32, Self, T>
    where
        H: Slide<K, Out: Halve>,
        W: Slide<K, Out: Halve>,
    {
        block.compose(images, weight, bias, factors)
    }

    /// Flattens every image to a vector.
    fn flatten<H, W, const C: usize, const N: usize, T: Tape<f32, Self>>(
        images: Tensor<ImageShape<H, W, C>, f32, Self, T>,
        flatten: &FlattenOp<Self>,
    ) -> Tensor<FlatShape<N>, f32, Self, T>
    where
        H: ConstDim,
        W: ConstDim,
    {
        flatten.compose(images)
    }

    /// Applies a linear layer.
    fn linear<const N: usize, const O: usize, T: Tape<f32, Self>>(
        input: Tensor<FlatShape<N>, f32, Self, T>,
        _: &LinearOp,
        weight: &Tensor<Rank2<O, N>, f32, Self>,
        bias: &Tensor<Rank1<O>, f32, Self>,
    ) -> Tensor<FlatShape<O>, f32, Self, T> {
        linear(input, weight, bias)
    }

    /// Copies the gradient of a tensor to `values`, which must have the same length.
    fn copy_gradient<S: Shape>(
        tensor: &Tensor<S, f32, Self>,
        gradients: &mut Gradients<f32, Self>,
        values: &mut [f32],
    ) {
        gradients.get(tensor).copy_into(values);
    }
}

#[cfg(feature = "cuda")]
impl LayerDevice for Cuda {}

impl LayerDevice for Cpu {
    fn conv_block<H, W, const C: usize, const O: usize, const K: usize, T: Tape<f32, Self>>(
        images: Tensor<ImageShape<H, W, C>, f32, Self, T>,
        block: &ConvBlockOp<H, W, C, O, K, Self>,
        weight: &Tensor<Rank4<O, C, K, K>, f32, Self>,
        bias: &Tensor<Rank1<O>, f32, Self>,
        factors: Option<Vec<f32>>,
    ) -> Tensor<Pooled<H, W, O, K>, f32, Self, T>
    where
        H: Slide<K, Out: Halve>,
        W: Slide<K, Out: Halve>,
    {
        block.apply(images, weight, bias, factors)
    }

    fn flatten<H, W, const C: usize, const N: usize, T: Tape<f32, Self>>(
        images: Tensor<ImageShape<H, W, C>, f32, Self, T>,
        flatten: &FlattenOp<Self>,
    ) -> Tensor<FlatShape<N>, f32, Self, T>
    where
        H: ConstDim,
        W: ConstDim,
    {
        flatten.apply(images)
    }

    fn linear<const N: usize, const O: usize, T: Tape<f32, Self>>(
        input: Tensor<FlatShape<N>, f32, Self, T>,
        layer: &LinearOp,
        weight: &Tensor<Rank2<O, N>, f32, Self>,
        bias: &Tensor<Rank1<O>, f32, Self>,
    ) -> Tensor<FlatShape<O>, f32, Self, T> {
        layer.apply(input, weight, bias)
    }

    fn copy_gradient<S: Shape>(
        tensor: &Tensor<S, f32, Self>,
        gradients: &mut Gradients<f32, Self>,
        values: &mut [f32],
    ) {
        // `get` would copy the values twice.
        match gradients.get_or_alloc_mut(tensor) {
            Ok(gradient) => values.copy_from_slice(gradient),
            Err(_) => gradients.get(tensor).copy_into(values),
        }
    }
}
