//! Parameters of a network: named tensors.

use std::fmt::Debug;

use dfdx::prelude::*;

use super::ops::{LayerDevice, TensorDevice};

/// A parameter tensor of shape `S` with PyTorch's name.
#[derive(Debug)]
pub struct Weight<S: Shape, D: TensorDevice<f32>> {
    name: String,
    fan_in: usize,
    tensor: Tensor<S, f32, D>,
}

impl<S: ConstShape, D: TensorDevice<f32>> Weight<S, D> {
    /// Creates a parameter of zeros; `fan_in` is the number of inputs per output of its layer.
    pub(super) fn zeros(device: &D, name: String, fan_in: usize) -> Self {
        Self { name, fan_in, tensor: device.zeros() }
    }

    pub(super) fn tensor(&self) -> &Tensor<S, f32, D> {
        &self.tensor
    }
}

/// A parameter of any shape, as a trait object.
pub trait AnyWeight<D: TensorDevice<f32>>: Debug {
    /// PyTorch's name, such as `conv1.weight`.
    fn name(&self) -> &str;

    /// Number of inputs per output of its layer.
    fn fan_in(&self) -> usize;

    /// Size of each dimension.
    fn shape(&self) -> Vec<usize>;

    /// Replaces all values; `values` must have the same length.
    fn set(&mut self, values: &[f32]);

    /// Copies its gradient to `values`, which must have the same length.
    fn gradient(&self, gradients: &mut Gradients<f32, D>, values: &mut [f32]);
}

impl<S: ConstShape, D: LayerDevice> AnyWeight<D> for Weight<S, D> {
    fn name(&self) -> &str {
        &self.name
    }

    fn fan_in(&self) -> usize {
        self.fan_in
    }

    fn shape(&self) -> Vec<usize> {
        self.tensor.shape().concrete().into_iter().collect()
    }

    fn set(&mut self, values: &[f32]) {
        self.tensor.copy_from(values);
    }

    fn gradient(&self, gradients: &mut Gradients<f32, D>, values: &mut [f32]) {
        D::copy_gradient(&self.tensor, gradients, values);
    }
}
