//! A screen outside the terminal: as text, as text with colours, as a picture.

mod screenshot;
mod shapes;
mod svg;

pub use screenshot::Snapshot;
