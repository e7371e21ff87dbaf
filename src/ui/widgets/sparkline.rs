//! A sparkline.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::metrics::Interval;
use crate::ui::layout::render_line;
use crate::ui::theme::RenderTheme;

/// One bar per value, scaled to the visible values, with the newest at the right end.
///
/// NaN is drawn as a cross. A constant is drawn at half height, since it is neither low nor high.
#[derive(Debug, Clone)]
pub struct Sparkline<'a> {
    theme: &'a RenderTheme,
    values: Vec<f64>,
    style: Style,
    /// The values at the lowest and highest bar; `None` for those of the visible values.
    scale: Option<Interval>,
}

impl<'a> Sparkline<'a> {
    /// A sparkline of as many of the last values as fit.
    pub fn new(theme: &'a RenderTheme, values: impl IntoIterator<Item = f64>) -> Self {
        Self { theme, values: values.into_iter().collect(), style: theme.palette.progress, scale: None }
    }

    /// Sets the style.
    #[must_use]
    pub const fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Sets the values at the lowest and highest bar.
    #[must_use]
    pub const fn scale(mut self, scale: Interval) -> Self {
        self.scale = Some(scale);
        self
    }

    /// The sparkline as text, `width` cells wide.
    pub fn line(&self, width: usize) -> Line<'a> {
        let shown = &self.values[self.values.len().saturating_sub(width)..];
        let scale = self.scale.or_else(|| Interval::of(shown.iter().copied()));
        let mut spans = vec![Span::raw(" ".repeat(width - shown.len()))];
        // Consecutive values of the same kind share a span.
        for run in shown.chunk_by(|a, b| a.is_finite() == b.is_finite()) {
            let bars: String = run.iter().map(|&value| self.symbol(value, scale)).collect();
            let is_number = run.iter().all(|value| value.is_finite());
            spans.push(Span::styled(bars, if is_number { self.style } else { self.theme.palette.warning }));
        }
        Line::from(spans)
    }

    fn symbol(&self, value: f64, scale: Option<Interval>) -> &'static str {
        let levels = self.theme.glyphs.levels();
        let level = scale.and_then(|scale| scale.column(value, levels.len()));
        level.map_or(self.theme.glyphs.cross(), |level| levels[level])
    }
}

impl Widget for Sparkline<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        render_line(area, buf, |width| self.line(width));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::widgets::testing::{ascii, buffer, overhanging, text, unicode};

    #[test]
    fn newest_values_are_at_the_right() {
        let (unicode, ascii) = (unicode(), ascii());
        let rows: Vec<_> = [
            vec![],
            vec![3.0],
            vec![2.0; 5],
            vec![99.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
            vec![1.0, f64::NAN, 2.0, f64::INFINITY],
            vec![f64::NAN; 3],
        ]
        .into_iter()
        .map(|values| {
            let [unicode, ascii] =
                [&unicode, &ascii].map(|theme| text(Sparkline::new(theme, values.clone()), 8, 1));
            format!("{unicode:>8} | {ascii:>8} |")
        })
        .collect();
        insta::assert_snapshot!(rows.join("\n"), @"
                 |          |
               ▅ |        = |
           ▅▅▅▅▅ |    ===== |
        ▁▂▃▄▅▆▇█ | _.:-=+*# |
            ▁×█× |     _x#x |
             ××× |      xxx |
        ");
    }

    #[test]
    fn nan_is_drawn_as_a_warning() {
        let theme = unicode();
        let cells = buffer(Sparkline::new(&theme, [1.0, f64::NAN]).style(theme.palette.curve.train), 2, 1);
        assert_eq!(Some(cells[(0, 0)].fg), theme.palette.curve.train.fg);
        assert_eq!(Some(cells[(1, 0)].fg), theme.palette.warning.fg);
    }

    proptest! {
        #[test]
        fn anything_can_be_drawn(values in prop::collection::vec(any::<f64>(), 0..40), width in 0..30_u16) {
            for theme in [unicode(), ascii()] {
                text(Sparkline::new(&theme, values.clone()), width, 1);
                overhanging(Sparkline::new(&theme, values.clone()), width, 1);
            }
        }
    }
}
