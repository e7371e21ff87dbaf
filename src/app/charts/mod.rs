//! How curves are shown: x axis, visible window, smoothing and crosshair.

mod actions;
mod metric;
mod smoothing;
mod view;
mod window;
mod x_axis;

pub use actions::CurveAction;
pub(super) use actions::KEYS;
pub use metric::Metric;
pub use smoothing::Smoothing;
pub use view::ChartView;
pub use window::Window;
pub use x_axis::XAxis;
