//! Exports a screen as plain text, as text with ANSI colours, or as an SVG picture.

mod screenshot;
mod shapes;
mod svg;

pub use screenshot::Snapshot;
