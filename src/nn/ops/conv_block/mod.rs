//! A convolutional block, `relu(max_pool2d(dropout2d(conv2d(images))))`, as one operation.
//!
//! On the CPU it processes image by image, so that the data stays in the first-level cache, with vector instructions
//! selected at run time. It skips dropped channels and the gradients of pixels that max-pooling or `ReLU` did not let
//! through. `composed` is the same block composed of dfdx's operations: the reference for tests, and the implementation
//! on other devices.

#![expect(
    clippy::inline_always,
    reason = "vector code must be inlined into a function that is compiled for its instruction set"
)]

mod backward;
mod composed;
mod forward;
mod fused;
mod geometry;
mod op;
mod workspace;

pub use composed::Pooled;
pub use op::ConvBlockOp;

#[cfg(test)]
mod tests;
