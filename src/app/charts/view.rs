//! Which part of the curves is shown, and how.

use super::smoothing::Smoothing;
use super::window::Window;
use super::x_axis::XAxis;

/// Which part of the curves is shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChartView {
    /// What they go along.
    pub along: XAxis,
    /// How much of it is shown.
    pub window: Window,
    /// Where values are read.
    pub crosshair: Option<f64>,
    /// Whether losses are drawn by their logarithms.
    pub log_loss: bool,
    /// How training losses are smoothed.
    pub smoothing: Smoothing,
}

impl ChartView {
    /// Shows the whole axis without a crosshair, as for runs that were not shown before.
    pub(in crate::app) const fn show_all(&mut self) {
        (self.window, self.crosshair) = (Window::All, None);
    }
}
