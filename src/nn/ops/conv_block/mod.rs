//! A convolutional block, `relu(max_pool2d(dropout2d(conv2d(images))))`, as one operation.
//!
//! On the CPU it runs image by image in the first-level cache, in vector instructions chosen at run
//! time, and leaves out what comes to nothing: channels that dropout dropped, and the gradients of all
//! pixels that max-pooling or `ReLU` did not let through. `composed` is the same of dfdx's own
//! operations: the reference for it, and what other devices run.

#![expect(
    clippy::inline_always,
    reason = "what handles vectors must become part of a function that is compiled for their instructions"
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
