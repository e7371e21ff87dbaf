//! Draws the state of the dashboard as cells, and changes nothing.
//!
//! Everything is drawn with a [`RenderTheme`](theme::RenderTheme): the styles of a theme in the colours and symbols of
//! the terminal. This layer does not read clocks, files or keys.

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
