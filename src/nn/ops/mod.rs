//! Differentiable operations that dfdx 0.13 lacks on stable Rust, composed from its own.
//!
//! They are generic over dfdx's devices and element types: `f32` on the CPU and on CUDA to train,
//! `f64` on the CPU to check gradients by finite differences. What a convolution costs here is the
//! copying of its patches; what it gains is that every backward pass is dfdx's. A [`ConvBlockOp`], a
//! [`FlattenOp`] and a [`LinearOp`] have operations of their own on the CPU, held equal to the composed ones
//! by tests.

mod conv2d;
mod conv_block;
mod device;
mod dropout;
mod flatten;
mod gather;
mod input_gradient;
mod lanes;
mod linear;
mod max_pool2d;
mod runs;

pub use conv_block::{ConvBlockOp, Pooled};
pub use conv2d::{Patches, conv2d};
pub use device::LayerDevice;
pub use dropout::{dropout, dropout2d};
pub use flatten::FlattenOp;
pub use input_gradient::InputGradient;
pub use linear::{LinearOp, linear};
pub use max_pool2d::max_pool2d;

pub(crate) use gather::TensorDevice;

#[cfg(test)]
mod tests;
