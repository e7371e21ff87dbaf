//! What the `data` commands need from their environment.

use super::surface::Surface;
use crate::data::Roots;

/// The environment of the commands, so that tests can set it.
#[derive(Debug, Clone)]
pub struct DataContext {
    /// Where to look for data sets.
    pub roots: Roots,
    /// Where to draw images.
    pub surface: Surface,
}
