//! The line of key hints.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::ui::layout::render_line;
use crate::ui::theme::RenderTheme;

/// Key hints on one line. Hints that do not fit are left out, from the end.
#[derive(Debug, Clone)]
pub struct Hints<'a> {
    theme: &'a RenderTheme,
    keys: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    end: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Hints<'a> {
    /// An empty line.
    pub const fn new(theme: &'a RenderTheme) -> Self {
        Self { theme, keys: Vec::new(), end: None }
    }

    /// Adds a hint; add the most useful ones first.
    #[must_use]
    pub fn key(mut self, key: impl Into<Cow<'a, str>>, words: impl Into<Cow<'a, str>>) -> Self {
        self.keys.push((key.into(), words.into()));
        self
    }

    /// Sets the last hint, which is always shown: the help key.
    #[must_use]
    pub fn end(mut self, key: impl Into<Cow<'a, str>>, words: impl Into<Cow<'a, str>>) -> Self {
        self.end = Some((key.into(), words.into()));
        self
    }

    fn spans(&self, (key, words): (Cow<'a, str>, Cow<'a, str>)) -> [Span<'a>; 4] {
        let palette = &self.theme.palette;
        [Span::raw("  "), Span::styled(key, palette.strong), Span::raw(" "), Span::styled(words, palette.dim)]
    }

    /// The line, at most `width` cells wide.
    pub fn line(self, width: usize) -> Line<'a> {
        let end = self.end.clone().map(|hint| self.spans(hint));
        let used = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
        // No gap before the first hint.
        let mut room = (width + 2).saturating_sub(end.as_ref().map_or(0, |spans| used(spans)));
        let mut spans = Vec::new();
        for hint in self.keys.iter().cloned().map(|hint| self.spans(hint)) {
            let Some(left) = room.checked_sub(used(&hint)) else { continue };
            room = left;
            spans.extend(hint);
        }
        spans.extend(end.into_iter().flatten());
        spans.into_iter().skip(1).collect()
    }
}

impl Widget for Hints<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        render_line(area, buf, |width| self.line(width));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{overhanging, text, unicode};

    #[test]
    fn hints_are_left_out_from_the_end() {
        let theme = unicode();
        let hints =
            Hints::new(&theme).key("space", "pause").key("s", "stop").key("c", "checkpoint").end("?", "keys");
        let lines: Vec<_> = [41, 40, 20, 6, 3, 0].map(|width| text(hints.clone(), width, 1)).into();
        insta::assert_snapshot!(lines.join("\n"), @"
        space pause  s stop  c checkpoint  ? keys
        space pause  s stop  ? keys
        space pause  ? keys
        ? keys
        ? k
        ");
        overhanging(hints, 5, 1);
    }
}
