//! The kernels widget.

mod grid;
mod pixels;
mod widget;

pub use widget::{ChannelSelection, KernelGrid};
