//! A canvas of cells divided into dots, drawn in layers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::metrics::floor_index;
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;
use crate::ui::{ColorDepth, Glyphs};

/// A dot, counted from the left and the top; it may be outside the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dot {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// How dots are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pen {
    /// As part of a line.
    Line,
    /// As single points.
    Dots,
}

/// The content of a cell.
#[derive(Debug, Clone, Copy)]
enum Content {
    Dots { mask: u8, pen: Pen },
    Symbol(&'static str),
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    layer: usize,
    content: Content,
    style: Style,
}

/// The drawing area of a chart.
///
/// A cell has the colour of its top layer. Lines that share a cell are both drawn, but a line hides the points beneath
/// it, so that it stays visible in the noise that it smooths.
#[derive(Debug)]
pub(super) struct Canvas {
    glyphs: Glyphs,
    /// Whether points are drawn as symbols, because without colours their dots look like a line's.
    is_coarse: bool,
    columns: usize,
    rows: usize,
    cells: Vec<Option<Cell>>,
}

impl Canvas {
    pub(super) fn new(theme: &RenderTheme, columns: usize, rows: usize) -> Self {
        let is_coarse = theme.glyphs == Glyphs::Ascii || theme.depth == ColorDepth::None;
        Self { glyphs: theme.glyphs, is_coarse, columns, rows, cells: vec![None; columns * rows] }
    }

    /// Dots per cell, horizontally and vertically.
    pub(super) const fn dots_per_cell(glyphs: Glyphs) -> (usize, usize) {
        match glyphs {
            Glyphs::Unicode => (2, 4),
            Glyphs::Ascii => (1, 3),
        }
    }

    /// Size of the canvas in dots.
    const fn size(&self) -> (usize, usize) {
        let (across, down) = Self::dots_per_cell(self.glyphs);
        (self.columns * across, self.rows * down)
    }

    /// Draws a dot, unless it is outside the canvas.
    pub(super) fn dot(&mut self, layer: usize, style: Style, pen: Pen, at: Dot) {
        let Some((x, y)) = self.index(at) else { return };
        let (across, down) = Self::dots_per_cell(self.glyphs);
        let bit = match self.glyphs {
            Glyphs::Unicode => [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]][y % down][x % across],
            Glyphs::Ascii => 1 << (y % down),
        };
        let cell = &mut self.cells[y / down * self.columns + x / across];
        let beneath = match cell {
            Some(Cell { layer: owner, .. }) if *owner > layer => return,
            Some(Cell { layer: owner, content: Content::Symbol(_), .. }) if *owner == layer => return,
            Some(Cell { content: Content::Dots { mask, pen: beneath }, .. }) if *beneath == pen => *mask,
            _ => 0,
        };
        *cell = Some(Cell { layer, content: Content::Dots { mask: beneath | bit, pen }, style });
    }

    /// Draws a straight line, clipped to the canvas.
    pub(super) fn line(&mut self, layer: usize, style: Style, from: Dot, to: Dot) {
        let (width, height) = self.size();
        let Some((from, to)) = clipped(from, to, width as f64 - 1.0, height as f64 - 1.0) else { return };
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let steps = dx.abs().max(dy.abs()).ceil().max(1.0);
        let mut step = 0.0;
        while step <= steps {
            let share = step / steps;
            let at = Dot { x: (from.x + dx * share).round(), y: (from.y + dy * share).round() };
            self.dot(layer, style, Pen::Line, at);
            step += 1.0;
        }
    }

    /// Draws a symbol in the cell of a dot.
    pub(super) fn symbol(&mut self, layer: usize, style: Style, symbol: &'static str, at: Dot) {
        let Some((x, y)) = self.index(at) else { return };
        let (across, down) = Self::dots_per_cell(self.glyphs);
        let cell = &mut self.cells[y / down * self.columns + x / across];
        if cell.is_none_or(|below| below.layer <= layer) {
            *cell = Some(Cell { layer, content: Content::Symbol(symbol), style });
        }
    }

    /// The dot's integer coordinates, if it is on the canvas.
    fn index(&self, at: Dot) -> Option<(usize, usize)> {
        let (width, height) = self.size();
        let index = |x: f64, end: usize| (0.0..end as f64).contains(&x).then(|| floor_index(x));
        Some((index(at.x, width)?, index(at.y, height)?))
    }

    /// The top row of a column that contains a line or a symbol.
    pub(super) fn top(&self, column: usize) -> Option<usize> {
        (0..self.rows).find(|row| self.is_curve(column, *row))
    }

    /// Whether a cell contains a line or a symbol, which a label must not cover.
    pub(super) fn is_curve(&self, column: usize, row: usize) -> bool {
        let cell = if column < self.columns { self.cells.get(row * self.columns + column) } else { None };
        let is_dots = |cell: Cell| matches!(cell.content, Content::Dots { pen: Pen::Dots, .. });
        cell.copied().flatten().is_some_and(|cell| !is_dots(cell))
    }

    /// Copies the canvas to the buffer.
    pub(super) fn render(&self, area: Rect, buf: &mut Buffer) {
        for (index, cell) in self.cells.iter().enumerate() {
            let (x, y) = (index % self.columns, index / self.columns);
            let at = (area.x.saturating_add(cells(x)), area.y.saturating_add(cells(y)));
            if let (Some(cell), Some(target)) = (cell, buf.cell_mut(at)) {
                match cell.content {
                    Content::Symbol(symbol) => target.set_symbol(symbol),
                    Content::Dots { pen: Pen::Dots, .. } if self.is_coarse => {
                        target.set_symbol(self.glyphs.small_dot())
                    }
                    Content::Dots { mask, .. } => target.set_char(character(self.glyphs, mask)),
                };
                target.set_style(cell.style);
            }
        }
    }
}

/// The character for the dots of a cell.
fn character(glyphs: Glyphs, mask: u8) -> char {
    match (glyphs, mask) {
        (Glyphs::Unicode, _) => char::from_u32(0x2800 + u32::from(mask)).unwrap_or(' '),
        (Glyphs::Ascii, 0b001 | 0b011) => '"',
        (Glyphs::Ascii, 0b010) => '-',
        (Glyphs::Ascii, 0b100 | 0b110) => '_',
        (Glyphs::Ascii, 0b101) => '=',
        (Glyphs::Ascii, _) => '|',
    }
}

/// Clips a line to `0..=right` and `0..=bottom` (Liang-Barsky).
fn clipped(from: Dot, to: Dot, right: f64, bottom: f64) -> Option<(Dot, Dot)> {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (delta, room) in [(-dx, from.x), (dx, right - from.x), (-dy, from.y), (dy, bottom - from.y)] {
        if delta == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if delta < 0.0 {
            enter = enter.max(room / delta);
        } else {
            leave = leave.min(room / delta);
        }
    }
    let at = |share: f64| Dot {
        x: (from.x + dx * share).clamp(0.0, right.max(0.0)),
        y: (from.y + dy * share).clamp(0.0, bottom.max(0.0)),
    };
    (enter <= leave).then(|| (at(enter), at(leave)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::ui::widgets::testing::{ascii, unicode};

    fn drawn(theme: &RenderTheme, columns: u16, rows: u16, draw: impl Fn(&mut Canvas)) -> String {
        let mut canvas = Canvas::new(theme, columns.into(), rows.into());
        draw(&mut canvas);
        let mut buf = Buffer::empty(Rect::new(0, 0, columns, rows));
        canvas.render(buf.area, &mut buf);
        let rows = buf.content.chunks(columns.into());
        rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>())
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn lines_are_clipped_at_the_edges() {
        let line = |canvas: &mut Canvas| {
            canvas.line(0, Style::new(), Dot { x: -10.0, y: -10.0 }, Dot { x: 100.0, y: 100.0 });
        };
        assert_eq!(drawn(&unicode(), 4, 2, line), "⠑⢄  \n  ⠑⢄");
        assert_eq!(drawn(&ascii(), 6, 2, line), "\"-_   \n   \"-_");
    }

    #[test]
    fn lines_cover_points_but_not_lines() {
        let over = |pen| {
            move |canvas: &mut Canvas| {
                canvas.dot(0, Style::new(), pen, Dot { x: 1.0, y: 3.0 });
                canvas.dot(1, Style::new(), Pen::Line, Dot { x: 0.0, y: 0.0 });
                canvas.dot(0, Style::new(), Pen::Line, Dot { x: 0.0, y: 3.0 });
            }
        };
        assert_eq!(drawn(&unicode(), 1, 1, over(Pen::Dots)), "⠁");
        assert_eq!(drawn(&unicode(), 1, 1, over(Pen::Line)), "⢁");
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let outside = |canvas: &mut Canvas| {
            for at in [f64::NAN, f64::INFINITY, -1.0, 1e12] {
                canvas.dot(0, Style::new(), Pen::Line, Dot { x: at, y: 0.0 });
                canvas.line(0, Style::new(), Dot { x: at, y: -5.0 }, Dot { x: 0.0, y: -5.0 });
                canvas.symbol(0, Style::new(), "o", Dot { x: 0.0, y: at });
            }
        };
        assert_eq!(drawn(&unicode(), 2, 1, outside), "  ");
    }
}
