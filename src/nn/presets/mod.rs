//! Predefined networks, one file each.
//!
//! To add one, write its file beside these and add a line each to [`PRESETS`] and [`build`].

mod cnn;
mod dnn;
mod table;

pub(super) use table::build;
pub use table::{PRESETS, Preset};
