//! Differentiable operations that dfdx 0.13 lacks on stable Rust, composed from its own.
//!
//! They are generic over dfdx's devices and element types: `f32` on the CPU and on CUDA to train,
//! `f64` on the CPU to check gradients by finite differences. What a convolution costs here is the
//! copying of its patches; what it gains is that every backward pass is dfdx's. A [`ConvBlock`] has a
//! fused operation of its own on the CPU, held equal to the composed one by tests.

mod conv2d;
mod conv_block;
mod dropout;
mod flatten;
mod gather;
mod max_pool2d;

pub use conv_block::{BlockDevice, ConvBlock, Pooled};
pub use conv2d::{Patches, conv2d};
pub use dropout::{dropout, dropout2d};
pub use flatten::{ChannelsFirst, flatten};
pub use max_pool2d::max_pool2d;

pub(crate) use gather::Device;

#[cfg(test)]
mod tests;
