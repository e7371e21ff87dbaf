//! The axes of a chart, and the mapping from values to cells.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::canvas::{Canvas, Dot};
use crate::metrics::{Interval, LinearScale, LogScale, Point, Tick, TickStep, floor_index, text, ticks_by};
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// Minimum width of vertical labels, so that curves do not move when labels change.
const LABEL: usize = 4;
/// Below this size, a chart is drawn without axes.
const LEAST_COLUMNS: u16 = 12;
const LEAST_ROWS: u16 = 4;
/// Minimum distance between the starts of two horizontal labels.
const X_DISTANCE: u16 = 8;

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisScale {
    /// Linear.
    Linear,
    /// Values are base-10 logarithms.
    Logarithmic,
}

/// The axes of a chart.
#[derive(Debug)]
pub(super) struct Axes<'a> {
    pub(super) theme: &'a RenderTheme,
    /// Visible range of x.
    pub(super) x: Interval,
    /// Length of one unit of the horizontal axis in x.
    pub(super) unit: f64,
    /// Minimum distance between two horizontal ticks, in units.
    pub(super) least: TickStep,
    /// Scale of the horizontal axis.
    pub(super) scale: AxisScale,
    /// Name of the horizontal axis.
    pub(super) name: &'a str,
    /// Visible range of y; `None` without data.
    pub(super) y: Option<Interval>,
    /// Scale of the vertical axis.
    pub(super) y_scale: AxisScale,
    /// Rows left free above the curves.
    pub(super) headroom: usize,
    /// Position of the crosshair, and its label on the horizontal axis.
    pub(super) crosshair: Option<(f64, &'a str)>,
}

/// The scale of the vertical axis.
#[derive(Debug, Clone, Copy)]
enum YScale {
    Linear(LinearScale),
    Logarithmic(LogScale),
}

impl YScale {
    fn height(&self, value: f64) -> f64 {
        match self {
            Self::Linear(ladder) => ladder.height(value),
            Self::Logarithmic(ladder) => ladder.height(value),
        }
    }

    fn ticks(&self) -> Vec<(usize, Tick)> {
        match self {
            Self::Linear(ladder) => ladder.ticks().collect(),
            Self::Logarithmic(ladder) => ladder.ticks(),
        }
    }
}

/// The area between the axes.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) area: Rect,
    x: Interval,
    rise: YScale,
    dots: (usize, usize),
}

impl Axes<'_> {
    /// Draws the axes and returns the area between them.
    pub(super) fn render(&self, area: Rect, buf: &mut Buffer) -> Plot {
        let has_axes = area.width >= LEAST_COLUMNS && area.height >= LEAST_ROWS;
        let rows = usize::from(area.height) - usize::from(has_axes);
        let headroom = if rows < 6 { 0 } else { self.headroom };
        let y = self.y.unwrap_or(Interval::UNIT);
        let rise = match self.y_scale {
            AxisScale::Linear => YScale::Linear(LinearScale::fit(y, rows, headroom)),
            AxisScale::Logarithmic => YScale::Logarithmic(LogScale::fit(y, rows, headroom)),
        };
        let dots = Canvas::dots_per_cell(self.theme.glyphs);
        if !has_axes {
            return Plot { area, x: self.x, rise, dots };
        }
        let labels = rise.ticks();
        let widest = labels.iter().map(|(_, tick)| tick.label.len()).fold(LABEL, usize::max);
        // Label, space and tick.
        let gutter = cells(widest + 2).min(area.width / 2);
        let palette = &self.theme.palette;
        if self.y.is_some() {
            for (row, tick) in labels {
                let line = Line::from_iter([
                    Span::styled(format!("{:>widest$} ", tick.label), palette.dim),
                    Span::styled(self.theme.glyphs.tick(), palette.frame),
                ]);
                buf.set_line(area.x, area.y + cells(row), &line, gutter);
            }
        }
        let plot = Rect { x: area.x + gutter, width: area.width - gutter, height: area.height - 1, ..area };
        self.render_x(plot, buf);
        Plot { area: plot, x: self.x, rise, dots }
    }

    /// Draws the horizontal axis below `plot`, with the labels on the line.
    fn render_x(&self, plot: Rect, buf: &mut Buffer) {
        let (palette, glyphs) = (&self.theme.palette, self.theme.glyphs);
        let y = plot.bottom();
        buf.set_string(plot.x - 1, y, glyphs.corner(), palette.frame);
        buf.set_string(plot.x, y, glyphs.horizontal().repeat(plot.width.into()), palette.frame);
        let mut end = plot.right();
        let mut taken = 0..0;
        if let Some((x, label)) = self.crosshair
            && let Some(column) = self.x.column(x, plot.width.into())
        {
            let width = cells(Span::raw(label).width() + 2).min(plot.width);
            let start =
                (plot.x + cells(column)).saturating_sub(width / 2).clamp(plot.x, plot.right() - width);
            buf.set_stringn(start, y, format!(" {label} "), width.into(), palette.accent);
            taken = start..start + width;
        }
        let name = if self.name.is_empty() { String::new() } else { format!(" {}", self.name) };
        let begin = plot.right().saturating_sub(cells(Span::raw(name.as_str()).width()));
        // The crosshair's label takes precedence over tick labels.
        if begin > plot.x && taken.end <= begin {
            buf.set_string(begin, y, name, palette.dim);
            end = begin;
        }
        let (Some(low), Some(high)) = (self.in_units(self.x.low()), self.in_units(self.x.high())) else {
            return;
        };
        let Some(span) = Interval::new(low, high).filter(|_| self.y.is_some()) else { return };
        let mut free = plot.x;
        for tick in ticks_by(span, usize::from(plot.width / X_DISTANCE).max(1), self.least) {
            let Some(column) = self.x.column(tick.value * self.unit, plot.width.into()) else { continue };
            let label = match self.scale {
                AxisScale::Linear => format!(" {} ", tick.label),
                AxisScale::Logarithmic => format!(" {} ", text::setting(10_f64.powf(tick.value))),
            };
            let width = cells(label.len());
            let start = (plot.x + cells(column)).saturating_sub(width / 2).max(plot.x);
            let is_free = start + width <= taken.start || start >= taken.end;
            if start >= free && start + width <= end && is_free {
                buf.set_string(start, y, label, palette.dim);
                free = start + width + 1;
            }
        }
    }

    /// Draws the crosshair.
    pub(super) fn render_crosshair(&self, plot: &Plot, buf: &mut Buffer) {
        let Some(column) = self.crosshair.and_then(|(x, _)| plot.column(x)) else { return };
        for row in plot.area.rows() {
            buf.set_string(
                row.x + cells(column),
                row.y,
                self.theme.glyphs.reading(),
                self.theme.palette.accent,
            );
        }
    }

    fn in_units(&self, x: f64) -> Option<f64> {
        Some(x / self.unit).filter(|x| x.is_finite())
    }
}

impl Plot {
    /// Number of dot columns.
    pub(super) fn dot_columns(&self) -> usize {
        usize::from(self.area.width) * self.dots.0
    }

    /// The dot of a point, which may be outside the plot.
    pub(super) fn dot(&self, point: Point) -> Dot {
        let columns = self.dot_columns();
        let outside = || (self.x.ratio(point.x) * columns as f64).floor();
        let below_top = f64::from(self.area.height) - self.rise.height(point.y);
        Dot {
            x: self.x.column(point.x, columns).map_or_else(outside, |column| column as f64),
            y: (below_top * self.dots.1 as f64).floor(),
        }
    }

    /// The cell column of `x`.
    pub(super) fn column(&self, x: f64) -> Option<usize> {
        self.x.column(x, self.area.width.into())
    }

    /// The cell row of `y`.
    pub(super) fn row(&self, y: f64) -> Option<usize> {
        let below_top = f64::from(self.area.height) - self.rise.height(y);
        (0.0..f64::from(self.area.height)).contains(&below_top).then(|| floor_index(below_top))
    }
}
