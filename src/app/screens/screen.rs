//! Which screen is shown.

use super::{Compare, LrFinder, Predictions};

/// The screen that is shown, with what only it knows. What the first three show outlives them:
/// [`Shared`](crate::app::Shared).
#[derive(Debug, Clone)]
pub enum Screen {
    /// The menu to start from.
    Home,
    /// One run, training or ended.
    Live,
    /// The table of all runs.
    Runs,
    /// Several runs beside each other.
    Compare(Box<Compare>),
    /// The predictions of two runs.
    Predictions(Box<Predictions>),
    /// A learning-rate range test.
    LrFinder(Box<LrFinder>),
}
