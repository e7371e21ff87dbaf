//! The line of keys.
use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// Keys and what they do, on one line. Where there is no room for all, those give way that find none beside the ones
/// before them.
#[derive(Debug, Clone)]
pub struct Hints<'a> {
    look: &'a RenderTheme,
    keys: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    end: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Hints<'a> {
    /// No keys yet.
    pub const fn new(look: &'a RenderTheme) -> Self {
        Self { look, keys: Vec::new(), end: None }
    }

    /// Adds a key, less useful than those before.
    #[must_use]
    pub fn key(mut self, key: impl Into<Cow<'a, str>>, words: impl Into<Cow<'a, str>>) -> Self {
        self.keys.push((key.into(), words.into()));
        self
    }

    /// The key that stands last and never gives way: the one that lists all keys.
    #[must_use]
    pub fn end(mut self, key: impl Into<Cow<'a, str>>, words: impl Into<Cow<'a, str>>) -> Self {
        self.end = Some((key.into(), words.into()));
        self
    }

    fn spans(&self, (key, words): (Cow<'a, str>, Cow<'a, str>)) -> [Span<'a>; 4] {
        let palette = &self.look.palette;
        [Span::raw("  "), Span::styled(key, palette.strong), Span::raw(" "), Span::styled(words, palette.dim)]
    }

    /// The line, in at most `width` cells.
    pub fn line(self, width: usize) -> Line<'a> {
        let end = self.end.clone().map(|hint| self.spans(hint));
        let used = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
        // The first hint has no gap before it.
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
        let area = area.intersection(buf.area);
        if !area.is_empty() {
            let line = self.line(usize::from(area.width));
            buf.set_line(area.x, area.y, &line, area.width.min(cells(line.width())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{overhanging, text, unicode};

    #[test]
    fn the_least_useful_keys_give_way() {
        let look = unicode();
        let hints =
            Hints::new(&look).key("space", "pause").key("s", "stop").key("c", "checkpoint").end("?", "keys");
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
