//! The kernels of a convolution.

mod grid;
mod pixels;
mod widget;

pub use widget::{ChannelSelection, KernelGrid};
