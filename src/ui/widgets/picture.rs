//! A greyscale image.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use crate::ui::Glyphs;
use crate::ui::color::grey;
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// A greyscale image with square pixels: two per cell, one above the other.
///
/// Without greys or half blocks, symbols represent the shades.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    theme: &'a RenderTheme,
    pixels: &'a [u8],
    side: usize,
    shrink: usize,
}

impl<'a> Picture<'a> {
    /// An image of `side` × `side` pixels. Missing pixels are black.
    pub const fn new(theme: &'a RenderTheme, pixels: &'a [u8], side: usize) -> Self {
        Self { theme, pixels, side, shrink: 1 }
    }

    /// Shrinks the image by this factor: each drawn pixel is the mean of a square of pixels.
    #[must_use]
    pub const fn shrunk(mut self, factor: usize) -> Self {
        self.shrink = if factor == 0 { 1 } else { factor };
        self
    }

    /// Width and height in cells.
    pub fn size(&self) -> (u16, u16) {
        let pixels = self.side / self.shrink;
        (cells(pixels), cells(pixels.div_ceil(2)))
    }

    /// The mean of the square of pixels that is drawn here.
    fn level(&self, column: usize, row: usize) -> u8 {
        let square = (0..self.shrink * self.shrink).map(|at| {
            let (x, y) = (column * self.shrink + at % self.shrink, row * self.shrink + at / self.shrink);
            self.pixels.get(y * self.side + x).map_or(0, |pixel| usize::from(*pixel))
        });
        u8::try_from(square.sum::<usize>() / (self.shrink * self.shrink)).unwrap_or(u8::MAX)
    }
}

impl Widget for Picture<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Glyphs::Unicode = self.theme.glyphs else { return self.shades(area, buf) };
        let depth = self.theme.depth;
        self.each(area, buf, |upper, lower| {
            let (upper, lower) = (grey(upper, depth)?, grey(lower, depth)?);
            Some(("▀", Style::new().fg(upper).bg(lower)))
        });
        if grey(0, depth).is_none() {
            self.shades(area, buf);
        }
    }
}

impl Picture<'_> {
    fn shades(&self, area: Rect, buf: &mut Buffer) {
        let shades = self.theme.glyphs.positive_shades();
        self.each(area, buf, |upper, lower| {
            let level = usize::from(u8::midpoint(upper, lower)) * (shades.len() + 1) / 256;
            let symbol = level.checked_sub(1).map_or(" ", |shade| shades[shade]);
            Some((symbol, self.theme.palette.text))
        });
    }

    /// Draws as much of the image as fits in `area`.
    fn each(&self, area: Rect, buf: &mut Buffer, fill: impl Fn(u8, u8) -> Option<(&'static str, Style)>) {
        let (width, height) = self.size();
        for (x, y) in
            (0..height.min(area.height)).flat_map(|y| (0..width.min(area.width)).map(move |x| (x, y)))
        {
            let (column, row) = (usize::from(x), 2 * usize::from(y));
            let drawn = fill(self.level(column, row), self.level(column, row + 1));
            let at = (area.x.saturating_add(x), area.y.saturating_add(y));
            if let (Some((symbol, style)), Some(cell)) = (drawn, buf.cell_mut(at)) {
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::ColorDepth;
    use crate::ui::widgets::testing::{ascii, buffer, overhanging, text, theme, unicode};

    /// Dark at the top, bright at the bottom, darker to the right.
    fn wedge() -> Vec<u8> {
        (0..8_u8).flat_map(|row| (0..8_u8).map(move |column| (row * 36).saturating_sub(column * 8))).collect()
    }

    #[test]
    fn a_cell_has_two_pixels() {
        let (theme, pixels) = (unicode(), [10, 20, 30, 40]);
        let cells = buffer(Picture::new(&theme, &pixels, 2), 2, 1);
        assert_eq!(cells[(1, 0)].symbol(), "▀");
        assert_eq!(
            (Some(cells[(1, 0)].fg), Some(cells[(1, 0)].bg)),
            (grey(20, ColorDepth::TrueColor), grey(40, ColorDepth::TrueColor))
        );
        let small = buffer(Picture::new(&theme, &pixels, 2).shrunk(2), 1, 1);
        assert_eq!(Some(small[(0, 0)].fg), grey(25, ColorDepth::TrueColor), "the mean of all");
    }

    #[test]
    fn symbols_represent_shades_without_greys() {
        let pixels = wedge();
        assert_eq!(text(Picture::new(&ascii(), &pixels, 8), 8, 4), "\n.....\n**++++++\n####****");
        let shades = theme("dark", ColorDepth::None, Glyphs::Unicode);
        assert_eq!(text(Picture::new(&shades, &pixels, 8), 8, 4), "\n░░░░░\n▓▓▒▒▒▒▒▒\n████▓▓▓▓");
        assert_eq!(Picture::new(&shades, &pixels, 8).shrunk(2).size(), (4, 2));
    }

    proptest! {
        #[test]
        fn any_image_can_be_drawn_at_any_size(
            pixels in prop::collection::vec(any::<u8>(), 0..100),
            (side, factor) in (0..12_usize, 0..4_usize),
            (width, height) in (0..20_u16, 0..10_u16),
        ) {
            for theme in [unicode(), ascii(), theme("light", ColorDepth::Ansi256, Glyphs::Unicode)] {
                let picture = Picture::new(&theme, &pixels, side).shrunk(factor);
                overhanging(picture, width, height);
                buffer(picture, width, height);
            }
        }
    }
}
