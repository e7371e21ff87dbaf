//! The chart widget.

mod axes;
mod canvas;
mod marks;
mod widget;

pub use axes::AxisScale;
pub use marks::{Mark, MarkKind};
pub use widget::{Chart, ChartLayer};
