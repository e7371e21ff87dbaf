//! Helpers for widget tests.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::ui::theme::{RenderTheme, load};
use crate::ui::{ColorDepth, Glyphs};

/// The dark theme with Unicode symbols and 24-bit colours.
pub(crate) fn unicode() -> RenderTheme {
    theme("dark", ColorDepth::TrueColor, Glyphs::Unicode)
}

/// The dark theme with ASCII symbols and no colours.
pub(crate) fn ascii() -> RenderTheme {
    theme("dark", ColorDepth::None, Glyphs::Ascii)
}

/// A built-in theme.
pub(crate) fn theme(theme: &str, depth: ColorDepth, glyphs: Glyphs) -> RenderTheme {
    RenderTheme::new(load([]).get(theme).unwrap(), depth, glyphs)
}

/// The cells that a widget draws.
pub(crate) fn buffer(widget: impl Widget, width: u16, height: u16) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
    widget.render(buf.area, &mut buf);
    buf
}

/// The drawn widget as lines of text.
pub(crate) fn text(widget: impl Widget, width: u16, height: u16) -> String {
    let buf = buffer(widget, width, height);
    let rows = buf.content.chunks(usize::from(width).max(1));
    let lines = rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// Draws a widget in an area that only partly overlaps the buffer, where an unchecked index would panic.
pub(crate) fn overhanging(widget: impl Widget, width: u16, height: u16) {
    let mut buf = Buffer::empty(Rect::new(2, 1, width, height));
    widget.render(Rect::new(0, 0, width + 9, height + 9), &mut buf);
}
