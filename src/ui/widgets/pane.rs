//! The frame of a pane.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use crate::ui::theme::RenderTheme;

/// Whether a pane has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// It has the focus.
    Here,
    /// It does not.
    #[default]
    Elsewhere,
}

/// A frame with a title on the left and current values on the right.
///
/// ```text
/// ╭─ loss ───── step 11,256  train 0.4721 ─╮
/// │                                        │
/// ╰────────────────────────────────────────╯
/// ```
#[derive(Debug, Clone)]
pub struct PaneFrame<'a> {
    theme: &'a RenderTheme,
    title: Line<'a>,
    values: Vec<Line<'a>>,
    focus: Focus,
    is_opaque: bool,
}

impl<'a> PaneFrame<'a> {
    /// A pane with this title.
    pub fn new(theme: &'a RenderTheme, title: impl Into<Line<'a>>) -> Self {
        Self { theme, title: title.into(), values: Vec::new(), focus: Focus::Elsewhere, is_opaque: false }
    }

    /// Adds a value on the right. Values that do not fit are left out whole, from the first one on.
    #[must_use]
    pub fn value(mut self, value: impl Into<Line<'a>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Sets whether it has the focus.
    #[must_use]
    pub const fn focus(mut self, focus: Focus) -> Self {
        self.focus = focus;
        self
    }

    /// Clears what is beneath, for dialogs.
    #[must_use]
    pub const fn opaque(mut self) -> Self {
        self.is_opaque = true;
        self
    }

    /// The area inside the frame.
    pub fn inner(area: Rect) -> Rect {
        area.inner(Margin { horizontal: 2, vertical: 1 })
    }

    /// The values that fit in `width` cells, preferring the last ones.
    fn fitting(&self, width: usize) -> Option<Line<'a>> {
        let gap = Span::raw("  ");
        (0..self.values.len()).find_map(|first| {
            let mut line = Line::default();
            for value in &self.values[first..] {
                let base = value.style;
                let spans = value.iter().map(|span| span.clone().style(base.patch(span.style)));
                line.spans.extend((!line.spans.is_empty()).then(|| gap.clone()));
                line.spans.extend(spans);
            }
            (line.width() <= width).then_some(line)
        })
    }
}

impl Widget for PaneFrame<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if self.is_opaque {
            Clear.render(area, buf);
            buf.set_style(area, self.theme.base());
        }
        let palette = &self.theme.palette;
        let (frame, title) = match self.focus {
            Focus::Here => (palette.accent, palette.accent),
            Focus::Elsewhere => (palette.frame, palette.title),
        };
        Block::bordered().border_set(self.theme.glyphs.border()).border_style(frame).render(area, buf);
        // Corner, line and space at each end.
        let room = usize::from(area.width.saturating_sub(6));
        if area.height < 2 || room == 0 {
            return;
        }
        let width = self.title.width().min(room);
        let value = self.fitting(room.saturating_sub(width + 3));
        let left = self.title.patch_style(title);
        write(buf, area.x + 2, area.y, &left, area.right() - 2);
        if let Some(value) = value {
            let end = area.right() - 2;
            let start = end.saturating_sub(crate::ui::layout::cells(value.width()) + 2);
            write(buf, start, area.y, &value.style(palette.text), end);
        }
    }
}

/// Draws `line` with a space on each side from `x` on, ending before `end`.
fn write(buf: &mut Buffer, x: u16, y: u16, line: &Line<'_>, end: u16) {
    buf.set_string(x, y, " ", Style::new());
    let (after, _) = buf.set_line(x + 1, y, line, end.saturating_sub(x + 2));
    if after < end {
        buf.set_string(after, y, " ", Style::new());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::widgets::testing::{ascii, buffer, overhanging, text, unicode};

    fn pane(theme: &RenderTheme) -> PaneFrame<'_> {
        PaneFrame::new(theme, "loss").value("step 11,256").value("train 0.4721").value("test 0.3817")
    }

    #[test]
    fn title_is_left_and_values_are_right() {
        insta::assert_snapshot!(text(pane(&unicode()), 60, 3), @"
        ╭─ loss ────────── step 11,256  train 0.4721  test 0.3817 ─╮
        │                                                          │
        ╰──────────────────────────────────────────────────────────╯
        ");
        insta::assert_snapshot!(text(pane(&ascii()), 60, 3), @"
        +- loss ---------- step 11,256  train 0.4721  test 0.3817 -+
        |                                                          |
        +----------------------------------------------------------+
        ");
    }

    #[test]
    fn values_that_do_not_fit_are_left_out_whole() {
        let theme = unicode();
        let titles: Vec<_> =
            [49, 48, 26, 25, 10, 8, 7, 6, 2].map(|width| text(pane(&theme), width, 2)).into();
        insta::assert_snapshot!(titles.join("\n"), @"
        ╭─ loss ──────────── train 0.4721  test 0.3817 ─╮
        ╰───────────────────────────────────────────────╯
        ╭─ loss ─────────── train 0.4721  test 0.3817 ─╮
        ╰──────────────────────────────────────────────╯
        ╭─ loss ─── test 0.3817 ─╮
        ╰────────────────────────╯
        ╭─ loss ── test 0.3817 ─╮
        ╰───────────────────────╯
        ╭─ loss ─╮
        ╰────────╯
        ╭─ lo ─╮
        ╰──────╯
        ╭─ l ─╮
        ╰─────╯
        ╭────╮
        ╰────╯
        ╭╮
        ╰╯
        ");
    }

    #[test]
    fn focused_pane_has_the_accent() {
        let theme = unicode();
        let focused = buffer(pane(&theme).focus(Focus::Here), 20, 3);
        assert_eq!(focused[(0, 0)].fg, theme.palette.accent.fg.unwrap());
        assert_eq!(buffer(pane(&theme), 20, 3)[(0, 0)].fg, theme.palette.frame.fg.unwrap());
    }

    #[test]
    fn dialog_clears_what_is_beneath() {
        let theme = unicode();
        let mut buf = Buffer::filled(Rect::new(0, 0, 12, 3), ratatui::buffer::Cell::new("x"));
        PaneFrame::new(&theme, "quit").opaque().render(buf.area, &mut buf);
        assert_eq!((buf[(5, 1)].symbol(), buf[(5, 1)].bg), (" ", theme.base().bg.unwrap()));
    }

    proptest! {
        #[test]
        fn pane_can_be_drawn_at_any_size(width in 0..70_u16, height in 0..6_u16, title in ".{0,20}", value in ".{0,20}") {
            for theme in [unicode(), ascii()] {
                let pane = PaneFrame::new(&theme, title.as_str()).value(value.as_str()).value("x");
                overhanging(pane.clone(), width, height);
                buffer(pane, width, height);
            }
        }
    }
}
