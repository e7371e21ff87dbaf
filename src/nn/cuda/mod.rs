//! CUDA devices. Only the executable `cnn-tui-cuda` calls [`enable`], so that no other needs CUDA's libraries to start.
//!
//! A network trains with the kernels of `kernels.cu`: `network` reads its layers, `buffers` places it in the memory of the
//! device, `plan` makes the launches of a step (with `passes`), `trainer` performs steps. What the kernels cannot compute is composed of
//! dfdx's operations.

mod buffers;
mod driver;
mod network;
mod parameters;
mod passes;
mod plan;
mod planner;
mod shared_memory;
mod support;
mod trainer;

pub use support::enable;
