//! What panes are made of. Each draws itself with a [`Look`](super::theme::Look), at any size, and never panics.
mod chart;
mod hints;
mod kernels;
mod notice;
mod pane;
mod picture;
mod progress;
mod sparkline;
#[cfg(test)]
pub(crate) mod testing;

pub use chart::{Chart, Layer, Mark, MarkKind};
pub use hints::Hints;
pub use kernels::{Input, Kernels};
pub use notice::Notice;
pub use pane::{Focus, Pane};
pub use picture::Picture;
pub use progress::Progress;
pub use sparkline::Sparkline;
