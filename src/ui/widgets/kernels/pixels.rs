//! Drawing weights as pixels.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::Span;

use crate::metrics::floor_index;
use crate::ui::Glyphs;
use crate::ui::color::is_default;
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// Weights below this share of the largest are drawn blank, since a symbol would only be noise.
const FAINTEST: f32 = 0.08;
/// Width of the legend's scale.
const SWATCH: usize = 9;

/// The size of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile {
    height: usize,
    width: usize,
    scale: usize,
    shape: Shape,
}

/// How to draw a square pixel, given that a cell is twice as high as it is wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Two pixels per cell, one above the other.
    Halves,
    /// One pixel as two cells, side by side.
    Pair,
}

impl Tile {
    /// A picture of this many pixels, at `scale` times the smallest size.
    pub(super) fn new(theme: &RenderTheme, [height, width]: [usize; 2], scale: usize) -> Self {
        let shape = match theme.glyphs {
            Glyphs::Unicode if !theme.ramp.is_plain() => Shape::Halves,
            Glyphs::Unicode | Glyphs::Ascii => Shape::Pair,
        };
        Self { height, width, scale, shape }
    }

    /// Width in cells.
    pub(super) const fn columns(&self) -> usize {
        match self.shape {
            Shape::Halves => self.width * self.scale,
            Shape::Pair => self.width * self.scale * 2,
        }
    }

    /// Height in cells.
    pub(super) const fn rows(&self) -> usize {
        match self.shape {
            Shape::Halves => (self.height * self.scale).div_ceil(2),
            Shape::Pair => self.height * self.scale,
        }
    }

    /// Whether only the upper half of the last row is used.
    pub(super) const fn is_odd(&self) -> bool {
        matches!(self.shape, Shape::Halves) && !(self.height * self.scale).is_multiple_of(2)
    }

    /// Draws weights, given as shares of the largest magnitude, with the upper left corner at `(x, y)`.
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

/// Draws a cell of two pixels; the lower one may be outside the picture.
fn halves(theme: &RenderTheme, upper: Option<f32>, lower: Option<f32>) -> (&'static str, Style) {
    if upper.into_iter().chain(lower).any(|share| !share.is_finite()) {
        return (theme.glyphs.cross(), theme.palette.warning);
    }
    // A foreground cannot have the terminal's default background colour, so the cell stays empty.
    let color = |share: Option<f32>| theme.ramp.color(share?).filter(|color| !is_default(*color));
    match (color(upper), color(lower)) {
        (Some(upper), Some(lower)) => ("▀", Style::new().fg(upper).bg(lower)),
        (Some(upper), None) => ("▀", Style::new().fg(upper)),
        (None, Some(lower)) => ("▄", Style::new().fg(lower)),
        (None, None) => (" ", Style::new()),
    }
}

/// A symbol for one pixel: its shape shows the sign, its density the magnitude.
fn symbol(theme: &RenderTheme, share: f32) -> (&'static str, Style) {
    if !share.is_finite() {
        return (theme.glyphs.cross(), theme.palette.warning);
    }
    let shades = if share < 0.0 { theme.glyphs.negative_shades() } else { theme.glyphs.positive_shades() };
    let level = floor_index(f64::from(share.abs()) * shades.len() as f64).min(shades.len() - 1);
    let style = theme.ramp.color(share.signum()).map_or(theme.palette.text, |color| Style::new().fg(color));
    if share.abs() < FAINTEST { (" ", Style::new()) } else { (shades[level], style) }
}

/// The legend's scale from negative to positive.
pub(super) fn swatch(theme: &RenderTheme) -> Vec<Span<'static>> {
    let middle = SWATCH / 2;
    let shares = (0..SWATCH).map(|index| (index as f32 - middle as f32) / middle as f32);
    let cell = |share: f32| {
        match theme.ramp.color(share).filter(|_| theme.glyphs == Glyphs::Unicode) {
            Some(color) if is_default(color) => return Span::raw(" "),
            Some(color) => return Span::styled(theme.glyphs.bar(), Style::new().fg(color)),
            None => {}
        }
        // Slightly towards zero: the symbol for the maximum covers the whole last quarter.
        let (symbol, style) = symbol(theme, share - share.signum() * 0.01);
        Span::styled(symbol, style)
    };
    shares.map(cell).collect()
}
