//! Differentiable operations that dfdx 0.13 lacks on stable Rust.
//!
//! They are composed of dfdx's operations, so that every backward pass is dfdx's, and generic over its devices and element
//! types: `f32` for training on the CPU and on CUDA, `f64` on the CPU for gradient checks by finite differences.
//! [`ConvBlockOp`], [`FlattenOp`] and [`LinearOp`] also have fused implementations for the CPU; tests compare them with
//! the composed ones.

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
