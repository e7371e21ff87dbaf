//! A message in the middle of an empty area.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::ui::layout::{cells, centered};
use crate::ui::theme::RenderTheme;

/// Centred lines of text, for an area with nothing else to show.
#[derive(Debug, Clone)]
pub struct Placeholder<'a> {
    text: Cow<'a, str>,
    style: Style,
}

impl<'a> Placeholder<'a> {
    /// A message of one or more lines.
    pub fn new(theme: &RenderTheme, text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), style: theme.palette.dim }
    }

    /// Sets the style.
    #[must_use]
    pub const fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }
}

impl Widget for Placeholder<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        let lines: Vec<Line<'_>> = self.text.lines().map(|line| Line::styled(line, self.style)).collect();
        let rows = centered(area, area.width, cells(lines.len())).rows();
        for (row, line) in rows.zip(lines) {
            let row = centered(row, cells(line.width()), 1);
            buf.set_line(row.x, row.y, &line, row.width);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{overhanging, text, unicode};

    #[test]
    fn it_stands_in_the_middle() {
        let placeholder = Placeholder::new(&unicode(), "no runs yet\nEnter starts one");
        insta::assert_snapshot!(text(placeholder.clone(), 16, 3), @"
          no runs yet
        Enter starts one
        ");
        for (width, height) in [(0, 0), (1, 1), (3, 1)] {
            text(placeholder.clone(), width, height);
        }
        overhanging(placeholder, 3, 2);
    }
}
