//! From the state to cells: reads everything, changes nothing.
//!
//! Every part of the screen is drawn with a [`RenderTheme`](theme::RenderTheme): the styles of a theme, the symbols and the colours
//! that the terminal has. Nothing in here asks for the time, reads a file or knows a key.

mod color;
mod glyphs;
mod layout;
pub mod theme;
pub mod widgets;

pub use color::{ColorDepth, UnknownDepth};
pub use glyphs::{Glyphs, UnknownGlyphs};
pub use layout::{Size, centered};

mod compare;
mod curves;
mod dialog;
mod home;
mod labels;
mod live;
mod lr_finder;
mod predictions;
mod runs;
mod snapshot;
mod view;

pub use lr_finder::{rate_chart, rate_words};
pub use snapshot::Snapshot;
pub use view::View;
