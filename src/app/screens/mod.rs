//! The screens, a file each: what only that screen knows, its actions, its keys, and what the actions do.

pub(super) mod compare;
pub(super) mod home;
pub(super) mod live;
pub(super) mod lr_finder;
pub(super) mod predictions;
pub(super) mod runs;
mod screen;

pub use compare::{Compare, CompareAction};
pub use home::HomeAction;
pub use live::LiveAction;
pub use lr_finder::{LrChoice, LrFinder, LrFinderAction};
pub use predictions::{Predictions, PredictionsAction};
pub use runs::RunsAction;
pub use screen::Screen;
