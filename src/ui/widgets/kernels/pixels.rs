//! Weights as pixels.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::Span;

use crate::metrics::floor_index;
use crate::ui::Glyphs;
use crate::ui::color::is_default;
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// Below this share of the largest weight, a symbol would only be noise.
const FAINTEST: f32 = 0.08;
/// How many cells the swatch of a legend has.
const SWATCH: usize = 9;

/// The size of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile {
    height: usize,
    width: usize,
    scale: usize,
    shape: Shape,
}

/// What makes a square of a pixel: a cell is twice as high as it is wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Two pixels in a cell, one above the other.
    Halves,
    /// A pixel in two cells, side by side.
    Pair,
}

impl Tile {
    /// A picture of so many pixels, each drawn `scale` times as large as the smallest possible.
    pub(super) fn new(theme: &RenderTheme, [height, width]: [usize; 2], scale: usize) -> Self {
        let shape = match theme.glyphs {
            Glyphs::Unicode if !theme.ramp.is_plain() => Shape::Halves,
            Glyphs::Unicode | Glyphs::Ascii => Shape::Pair,
        };
        Self { height, width, scale, shape }
    }

    /// How many cells it is wide.
    pub(super) const fn columns(&self) -> usize {
        match self.shape {
            Shape::Halves => self.width * self.scale,
            Shape::Pair => self.width * self.scale * 2,
        }
    }

    /// How many cells it is high.
    pub(super) const fn rows(&self) -> usize {
        match self.shape {
            Shape::Halves => (self.height * self.scale).div_ceil(2),
            Shape::Pair => self.height * self.scale,
        }
    }

    /// Whether the last row is only half used.
    pub(super) const fn is_odd(&self) -> bool {
        matches!(self.shape, Shape::Halves) && !(self.height * self.scale).is_multiple_of(2)
    }

    /// Draws weights, given as shares of the largest, with the upper left corner at `(x, y)`.
    pub(super) fn draw(&self, theme: &RenderTheme, shares: &[f32], (x, y): (u16, u16), buf: &mut Buffer) {
        let (columns, rows) = (self.columns(), self.rows());
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let at = (x.saturating_add(cells(column)), y.saturating_add(cells(row)));
            let Some(cell) = buf.cell_mut(at) else { continue };
            let pixel = |line: usize, column: usize| {
                (line < self.height).then(|| shares.get(line * self.width + column).copied()).flatten()
            };
            let (symbol, style) = match self.shape {
                Shape::Pair => {
                    symbol(theme, pixel(row / self.scale, column / (self.scale * 2)).unwrap_or(0.0))
                }
                Shape::Halves => {
                    let half = |half: usize| pixel((row * 2 + half) / self.scale, column / self.scale);
                    halves(theme, half(0), half(1))
                }
            };
            cell.set_symbol(symbol).set_style(style);
        }
    }
}

/// A cell of two pixels; the lower one may be outside the picture.
fn halves(theme: &RenderTheme, upper: Option<f32>, lower: Option<f32>) -> (&'static str, Style) {
    if upper.into_iter().chain(lower).any(|share| !share.is_finite()) {
        return (theme.glyphs.cross(), theme.palette.warning);
    }
    // The terminal's own background is no colour that a symbol could have: there the cell stays empty.
    let color = |share: Option<f32>| theme.ramp.color(share?).filter(|color| !is_default(*color));
    match (color(upper), color(lower)) {
        (Some(upper), Some(lower)) => ("▀", Style::new().fg(upper).bg(lower)),
        (Some(upper), None) => ("▀", Style::new().fg(upper)),
        (None, Some(lower)) => ("▄", Style::new().fg(lower)),
        (None, None) => (" ", Style::new()),
    }
}

/// One pixel as a symbol whose shape has the sign and whose weight has the size.
fn symbol(theme: &RenderTheme, share: f32) -> (&'static str, Style) {
    if !share.is_finite() {
        return (theme.glyphs.cross(), theme.palette.warning);
    }
    let shades = if share < 0.0 { theme.glyphs.negative_shades() } else { theme.glyphs.positive_shades() };
    let level = floor_index(f64::from(share.abs()) * shades.len() as f64).min(shades.len() - 1);
    let style = theme.ramp.color(share.signum()).map_or(theme.palette.text, |color| Style::new().fg(color));
    if share.abs() < FAINTEST { (" ", Style::new()) } else { (shades[level], style) }
}

/// The scale from its negative to its positive end.
pub(super) fn swatch(theme: &RenderTheme) -> Vec<Span<'static>> {
    let middle = SWATCH / 2;
    let shares = (0..SWATCH).map(|index| (index as f32 - middle as f32) / middle as f32);
    let cell = |share: f32| {
        match theme.ramp.color(share).filter(|_| theme.glyphs == Glyphs::Unicode) {
            Some(color) if is_default(color) => return Span::raw(" "),
            Some(color) => return Span::styled(theme.glyphs.bar(), Style::new().fg(color)),
            None => {}
        }
        // A little towards zero, as the symbol of a full weight stands for all of the last quarter.
        let (symbol, style) = symbol(theme, share - share.signum() * 0.01);
        Span::styled(symbol, style)
    };
    shares.map(cell).collect()
}
