//! A thin progress bar.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::ui::Glyphs;
use crate::ui::layout::render_line;
use crate::ui::theme::RenderTheme;

/// A progress bar of one row, in steps of half a cell (of a whole one in ASCII): `━━━━╸────`.
///
/// It is full only at 100 %, and empty at 0 % or if the progress is unknown.
#[derive(Debug, Clone, Copy)]
pub struct ProgressBar<'a> {
    theme: &'a RenderTheme,
    ratio: f64,
}

impl<'a> ProgressBar<'a> {
    /// A bar for this fraction from 0 to 1; NaN counts as 0.
    pub const fn new(theme: &'a RenderTheme, ratio: f64) -> Self {
        let ratio = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) };
        Self { theme, ratio }
    }

    /// The bar as text, `width` cells wide.
    pub fn line(self, width: usize) -> Line<'a> {
        let glyphs = self.theme.glyphs;
        let halves = match glyphs {
            Glyphs::Unicode => 2,
            Glyphs::Ascii => 1,
        };
        let done = (0..width * halves).take_while(|half| self.is_done(*half + 1, width * halves)).count();
        let (full, half) = (done / halves, done % halves);
        let palette = &self.theme.palette;
        Line::from_iter([
            Span::styled(glyphs.bar().repeat(full) + &glyphs.bar_half().repeat(half), palette.progress),
            Span::styled(glyphs.bar_track().repeat(width - full - half), palette.frame),
        ])
    }

    fn is_done(self, part: usize, parts: usize) -> bool {
        part as f64 <= self.ratio * parts as f64
    }
}

impl Widget for ProgressBar<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        render_line(area, buf, |width| self.line(width));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::widgets::testing::{ascii, overhanging, text, unicode};

    #[test]
    fn bar_grows_by_half_cells_and_is_full_only_at_the_end() {
        let (unicode, ascii) = (unicode(), ascii());
        let bars: Vec<_> = [f64::NAN, -1.0, 0.04, 0.05, 0.5, 0.55, 0.999, 1.0, f64::INFINITY]
            .map(|ratio| {
                text(ProgressBar::new(&unicode, ratio), 10, 1)
                    + " "
                    + &text(ProgressBar::new(&ascii, ratio), 10, 1)
            })
            .into();
        insta::assert_snapshot!(bars.join("\n"), @"
        ────────── ..........
        ────────── ..........
        ────────── ..........
        ╸───────── ..........
        ━━━━━───── #####.....
        ━━━━━╸──── #####.....
        ━━━━━━━━━╸ #########.
        ━━━━━━━━━━ ##########
        ━━━━━━━━━━ ##########
        ");
    }

    proptest! {
        #[test]
        fn any_ratio_can_be_drawn_at_any_size(ratio in any::<f64>(), width in 0..50_u16, height in 0..3_u16) {
            for theme in [unicode(), ascii()] {
                let bar = text(ProgressBar::new(&theme, ratio), width, height);
                prop_assert!(height == 0 || bar.lines().next().unwrap_or("").chars().count() == usize::from(width));
                overhanging(ProgressBar::new(&theme, ratio), width, height);
            }
        }
    }
}
