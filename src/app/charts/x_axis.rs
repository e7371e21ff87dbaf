//! The x axis of charts.

use serde::{Deserialize, Serialize};

use crate::app::run_view::RunView;
use crate::metrics::XScale;

/// The x axis of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XAxis {
    /// Epochs, which make runs with different batch sizes comparable.
    #[default]
    Epochs,
    /// Steps.
    Steps,
    /// Training time in seconds, without pauses.
    ActiveTime,
    /// Seconds since the run started, including pauses.
    WallTime,
}

impl XAxis {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Epochs => Self::Steps,
            Self::Steps => Self::ActiveTime,
            Self::ActiveTime => Self::WallTime,
            Self::WallTime => Self::Epochs,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Epochs => "epochs",
            Self::Steps => "steps",
            Self::ActiveTime => "training time",
            Self::WallTime => "clock time",
        }
    }

    /// The mapping from the steps of a run to positions on the axis.
    pub fn x_scale(self, run: &RunView) -> XScale<'_> {
        match self {
            Self::Epochs => XScale::PerUnit(run.steps_per_epoch()),
            Self::Steps => XScale::IDENTITY,
            Self::ActiveTime => XScale::Lookup(&run.times),
            Self::WallTime => XScale::Lookup(&run.wall_times),
        }
    }

    /// The step of a run at this position, possibly between two steps; at most the run's last step.
    pub(super) fn step_at(self, run: &RunView, target: f64) -> f64 {
        let (mut low, mut high) = (0.0, run.timeline.step as f64);
        // Enough precision to separate neighbouring steps of any run.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.x_scale(run).position(middle) < target { low = middle } else { high = middle }
        }
        high
    }

    /// The position of a run's last step.
    pub fn end(self, run: &RunView) -> f64 {
        self.x_scale(run).position(run.timeline.step as f64)
    }
}
