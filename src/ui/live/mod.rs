//! One run, training or ended: its header and its panes.

mod charts;
mod header;
mod kernels;
mod layers;
mod log;
mod screen;
mod shown;

pub(super) use screen::LiveScreen;
