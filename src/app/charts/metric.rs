//! The metrics that have charts.

use std::borrow::Cow;

use crate::app::run_view::RunView;
use crate::metrics::Series;
use crate::run::EpochMetric;

/// A metric that has a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Smoothed training loss.
    Loss,
    /// Accuracy on the test set.
    Accuracy,
}

impl Metric {
    pub(in crate::app) const fn other(self) -> Self {
        match self {
            Self::Loss => Self::Accuracy,
            Self::Accuracy => Self::Loss,
        }
    }

    /// The curve of this metric by step; for the loss, the smoothed one.
    pub fn curve(self, run: &RunView) -> Cow<'_, Series> {
        match self {
            Self::Loss => Cow::Borrowed(run.loss.smooth()),
            Self::Accuracy => Cow::Owned(run.by_epoch(EpochMetric::TEST_ACCURACY)),
        }
    }
}
