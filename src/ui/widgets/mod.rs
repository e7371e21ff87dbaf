//! Widgets. Each is drawn with a [`RenderTheme`](super::theme::RenderTheme), at any size, and never panics.

mod chart;
mod hints;
mod kernels;
mod pane;
mod picture;
mod placeholder;
mod progress;
mod sparkline;
#[cfg(test)]
pub(crate) mod testing;

pub use chart::{AxisScale, Chart, ChartLayer, Mark, MarkKind};
pub use hints::Hints;
pub use kernels::{ChannelSelection, KernelGrid};
pub use pane::{Focus, PaneFrame};
pub use picture::Picture;
pub use placeholder::Placeholder;
pub use progress::ProgressBar;
pub use sparkline::Sparkline;
