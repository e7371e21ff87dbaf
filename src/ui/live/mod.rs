//! The live screen: the header and panes of one run.

mod charts;
mod header;
mod kernels;
mod layers;
mod log;
mod machine;
mod screen;
mod shown;

pub(super) use screen::LiveScreen;
