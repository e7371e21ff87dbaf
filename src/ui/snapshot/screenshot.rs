//! A drawn screen, exported as plain text or with ANSI colours.

use std::borrow::Cow;
use std::fmt::Write;

use anstyle::Reset;
use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::run::sanitize;
use crate::ui::color::undrawn;
use crate::ui::theme::RenderTheme;

/// A drawn screen.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its cells.
    pub cells: Buffer,
    /// The theme that it was drawn with.
    pub theme: RenderTheme,
}

/// A symbol, which may be several cells wide.
pub(super) struct Symbol<'a> {
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) width: usize,
    /// The text, without control characters.
    pub(super) text: Cow<'a, str>,
    pub(super) style: Style,
}

impl Snapshot {
    /// Plain text: one line per row, without trailing spaces.
    pub fn to_text(&self) -> String {
        let line = |row: Vec<Symbol<'_>>| row.iter().map(|symbol| &*symbol.text).collect::<String>();
        self.rows().map(|row| line(row).trim_end().to_owned() + "\n").collect()
    }

    /// Text with escape sequences for styles (SGR, ECMA-48); a terminal with the same colour depth shows the same screen.
    pub fn to_ansi(&self) -> String {
        let mut text = String::new();
        for row in self.rows() {
            for run in row.chunk_by(|a, b| a.style == b.style) {
                let style = escape(run[0].style);
                // Writing to a `String` cannot fail.
                let _ = write!(text, "{}", style.render());
                text.extend(run.iter().map(|symbol| &*symbol.text));
                if !style.is_plain() {
                    let _ = write!(text, "{}", Reset.render());
                }
            }
            text.push('\n');
        }
        text
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Vec<Symbol<'_>>> {
        let width = usize::from(self.cells.area.width);
        self.cells.content.chunks(width.max(1)).enumerate().map(move |(row, cells)| {
            let mut symbols = Vec::new();
            let mut column = 0;
            while let Some(cell) = cells.get(column) {
                let text = safe(cell.symbol());
                let width = text.width().max(1);
                symbols.push(Symbol { column, row, width, text, style: cell.style() });
                // A wide symbol covers the cells after it.
                column += width;
            }
            symbols
        })
    }
}

/// A cell's symbol, with control and bidirectional formatting characters replaced.
fn safe(symbol: &str) -> Cow<'_, str> {
    match sanitize(symbol) {
        same if same == symbol => same,
        _ => Cow::Borrowed("\u{fffd}"),
    }
}

/// Converts a style to anstyle's type.
fn escape(style: Style) -> anstyle::Style {
    let mut escape =
        anstyle::Style::new().fg_color(style.fg.and_then(undrawn)).bg_color(style.bg.and_then(undrawn));
    for (modifier, effect) in [
        (Modifier::BOLD, anstyle::Effects::BOLD),
        (Modifier::DIM, anstyle::Effects::DIMMED),
        (Modifier::ITALIC, anstyle::Effects::ITALIC),
        (Modifier::UNDERLINED, anstyle::Effects::UNDERLINE),
        (Modifier::REVERSED, anstyle::Effects::INVERT),
    ] {
        if style.add_modifier.contains(modifier) {
            escape = escape.effects(escape.get_effects() | effect);
        }
    }
    escape
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;
    use crate::ui::ColorDepth;
    use crate::ui::widgets::testing::unicode;

    #[test]
    fn wide_symbols_occupy_two_cells() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 6, 3));
        cells.set_string(0, 0, "漢字ab", Style::new());
        cells.set_string(1, 2, "●", Style::new());
        let snapshot = Snapshot { cells, theme: unicode() };
        assert_eq!(snapshot.to_text(), "漢字ab\n\n ●\n");
        assert_eq!(snapshot.to_ansi(), "漢字ab\n      \n ●    \n");
    }

    #[test]
    fn styles_are_set_on_change_and_reset_at_line_ends() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 4, 2));
        cells.set_string(0, 0, "ab", Style::new().bold().fg(ratatui::style::Color::Indexed(3)));
        cells.set_string(2, 0, "c", Style::new().reversed());
        let theme = RenderTheme { depth: ColorDepth::Ansi256, ..unicode() };
        let ansi = Snapshot { cells, theme }.to_ansi();
        assert_eq!(ansi, "\u{1b}[1m\u{1b}[38;5;3mab\u{1b}[0m\u{1b}[7mc\u{1b}[0m \n    \n");
    }

    #[test]
    fn there_may_be_no_cells() {
        let snapshot = Snapshot { cells: Buffer::empty(Rect::ZERO), theme: unicode() };
        assert_eq!((snapshot.to_text(), snapshot.to_ansi()), (String::new(), String::new()));
        assert!(snapshot.to_svg("nothing").ends_with("</svg>\n"));
    }
}
