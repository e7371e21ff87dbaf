//! The current screen.

use super::{Compare, LrFinder, Predictions};

/// The current screen with its own state. The state of the first three outlives them and is in
/// [`Shared`](crate::app::Shared).
#[derive(Debug, Clone)]
pub enum Screen {
    /// The home screen.
    Home,
    /// One run, live or ended.
    Live,
    /// The table of all runs.
    Runs,
    /// The comparison of several runs.
    Compare(Box<Compare>),
    /// The predictions of two runs.
    Predictions(Box<Predictions>),
    /// The learning-rate finder.
    LrFinder(Box<LrFinder>),
}
