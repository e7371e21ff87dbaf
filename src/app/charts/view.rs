//! The view options of charts.

use super::smoothing::Smoothing;
use super::window::Window;
use super::x_axis::XAxis;

/// The view options of charts, shared by all of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChartView {
    /// The x axis.
    pub along: XAxis,
    /// The visible window of the axis.
    pub window: Window,
    /// Position of the crosshair on the x axis; `None` if it is hidden.
    pub crosshair: Option<f64>,
    /// Whether the loss axis is logarithmic.
    pub log_loss: bool,
    /// The smoothing of training losses.
    pub smoothing: Smoothing,
}

impl ChartView {
    /// Shows the whole axis without a crosshair, as for a newly opened run.
    pub(in crate::app) const fn show_all(&mut self) {
        (self.window, self.crosshair) = (Window::All, None);
    }
}
