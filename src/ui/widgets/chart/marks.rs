//! Marks on the curves of a chart.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::Span;

use super::axes::Plot;
use super::canvas::Canvas;
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// Height of a flag in rows, if there is room.
const FLAG: usize = 2;

/// The kind of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// A setting changed, such as the learning rate.
    Changed,
    /// The run paused.
    Paused,
    /// The best value so far.
    Best,
    /// The value is NaN.
    NotANumber,
}

/// A symbol on a curve, with an optional label.
///
/// Changes and pauses are flags on the topmost curve; the best value and NaN are marked at their own y.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark<'a> {
    kind: MarkKind,
    x: f64,
    y: Option<f64>,
    label: Cow<'a, str>,
    style: Option<Style>,
}

impl<'a> Mark<'a> {
    /// A mark at `x` on the topmost curve.
    pub const fn new(kind: MarkKind, x: f64) -> Self {
        Self { kind, x, y: None, label: Cow::Borrowed(""), style: None }
    }

    /// Places the mark at this `y`.
    #[must_use]
    pub const fn at(mut self, y: f64) -> Self {
        self.y = Some(y);
        self
    }

    /// Uses the style of the curve that the mark belongs to.
    #[must_use]
    pub const fn style(mut self, style: Style) -> Self {
        self.style = Some(style);
        self
    }

    /// Adds a label, which is left out if it would cover a curve or another mark.
    #[must_use]
    pub fn label(mut self, label: impl Into<Cow<'a, str>>) -> Self {
        self.label = label.into();
        self
    }
}

/// Draws marks on a chart without overlapping labels.
pub(super) struct MarkPainter<'a> {
    theme: &'a RenderTheme,
    plot: &'a Plot,
    canvas: &'a Canvas,
    /// Occupied cells.
    taken: Vec<(usize, usize)>,
}

/// The cells of a mark's symbols.
struct Place {
    column: usize,
    rows: Range<usize>,
    style: Style,
}

impl<'a> MarkPainter<'a> {
    pub(super) const fn new(theme: &'a RenderTheme, plot: &'a Plot, canvas: &'a Canvas) -> Self {
        Self { theme, plot, canvas, taken: Vec::new() }
    }

    /// Draws all visible marks: first the symbols, then the labels that fit between them.
    pub(super) fn draw(mut self, marks: &[Mark<'_>], buf: &mut Buffer) {
        let placed: Vec<_> = marks.iter().filter_map(|mark| Some((mark, self.symbol(mark, buf)?))).collect();
        for (mark, place) in placed.into_iter().filter(|(mark, _)| !mark.label.is_empty()) {
            self.label(&mark.label, place, buf);
        }
    }

    fn symbol(&mut self, mark: &Mark<'_>, buf: &mut Buffer) -> Option<Place> {
        let column = self.plot.column(mark.x)?;
        let height = usize::from(self.plot.area.height);
        let own = mark.y.and_then(|y| self.plot.row(y));
        let row = own.or_else(|| self.ground(column)).unwrap_or(height / 2);
        let glyphs = self.theme.glyphs;
        let style = mark.style.unwrap_or(match mark.kind {
            MarkKind::NotANumber => self.theme.palette.warning,
            MarkKind::Changed | MarkKind::Paused | MarkKind::Best => self.theme.palette.mark,
        });
        let flag = row.saturating_sub(FLAG)..row.max(1);
        let (rows, symbol) = match mark.kind {
            MarkKind::NotANumber => (row..row + 1, glyphs.cross()),
            MarkKind::Best if row == 0 => (1..2, glyphs.best_below()),
            MarkKind::Best => (row - 1..row, glyphs.best()),
            MarkKind::Changed => (flag, glyphs.changed()),
            MarkKind::Paused => (flag, glyphs.paused()),
        };
        for row in rows.clone() {
            self.put(buf, column, row, symbol, style);
        }
        Some(Place { column, rows, style })
    }

    /// The top row of a curve in a column, or in the nearest column before it.
    fn ground(&self, column: usize) -> Option<usize> {
        (0..=column).rev().find_map(|column| self.canvas.top(column))
    }

    /// Draws a label where it covers nothing: to the right of its mark, to the left, or on the row above.
    fn label(&mut self, label: &str, Place { column, rows, style }: Place, buf: &mut Buffer) {
        let width = Span::raw(label).width();
        let (right, left) = (column + 2, column.checked_sub(width + 1));
        let above = rows.start.checked_sub(1);
        let place = rows.chain(above).find_map(|row| {
            let starts = [Some(right), left].into_iter().flatten();
            starts.map(|start| (start, row)).find(|(start, row)| self.is_free(*start, width, *row))
        });
        if let Some((start, row)) = place {
            // A space on each side separates the label from the dots of a noisy curve.
            for (column, symbol) in [(start.checked_sub(1), " "), (Some(start + width), " ")] {
                if let Some(column) = column.filter(|column| !self.taken.contains(&(*column, row))) {
                    self.put(buf, column, row, symbol, Style::new());
                }
            }
            let at = (self.plot.area.x + cells(start), self.plot.area.y + cells(row));
            buf.set_stringn(at.0, at.1, label, width, style);
            self.taken.extend((start..start + width).map(|column| (column, row)));
        }
    }

    fn is_free(&self, start: usize, width: usize, row: usize) -> bool {
        let area = self.plot.area;
        let fits = start + width <= area.width.into() && row < area.height.into();
        // A free cell on each side separates the label from neighbouring marks and labels.
        let is_apart =
            (start.saturating_sub(1)..=start + width).all(|column| !self.taken.contains(&(column, row)));
        fits && is_apart && (start..start + width).all(|column| !self.canvas.is_curve(column, row))
    }

    fn put(&mut self, buf: &mut Buffer, column: usize, row: usize, symbol: &str, style: Style) {
        let area = self.plot.area;
        if column < area.width.into() && row < area.height.into() {
            buf.set_string(area.x + cells(column), area.y + cells(row), symbol, style);
            self.taken.push((column, row));
        }
    }
}
