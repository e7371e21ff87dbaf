//! The screens, one file each, with their own state, actions, keys and update.

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
