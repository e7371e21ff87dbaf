//! The axes around a chart's drawing, and where values are between them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::canvas::{Canvas, Dot};
use crate::metrics::{Interval, LinearScale, LogScale, Point, Tick, TickStep, floor_index, text, ticks_by};
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// Labels of the vertical axis have at least this width, so that a curve stays in place when they change.
const LABEL: usize = 4;
/// Below these, there is no room for axes beside the curve.
const LEAST_COLUMNS: u16 = 12;
const LEAST_ROWS: u16 = 4;
/// The least distance between the starts of two labels of the horizontal axis.
const X_DISTANCE: u16 = 8;

/// What the numbers of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisScale {
    /// What is counted.
    Linear,
    /// Its logarithms to base ten.
    Logarithmic,
}

/// What the axes of a chart say.
#[derive(Debug)]
pub(super) struct Axes<'a> {
    pub(super) theme: &'a RenderTheme,
    /// The visible x.
    pub(super) x: Interval,
    /// How much of x is one on the horizontal axis.
    pub(super) unit: f64,
    /// The least distance between two labels of the horizontal axis.
    pub(super) least: TickStep,
    /// Whether it is logarithms.
    pub(super) scale: AxisScale,
    /// What the horizontal axis counts.
    pub(super) name: &'a str,
    /// The visible y, if there is any.
    pub(super) y: Option<Interval>,
    /// Whether it is drawn by its logarithms.
    pub(super) y_scale: AxisScale,
    /// Rows that the curve leaves free at the top.
    pub(super) headroom: usize,
    /// Where values are read, and what stands there on the horizontal axis.
    pub(super) crosshair: Option<(f64, &'a str)>,
}

/// Where values are on the vertical axis.
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

/// The place between the axes.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) area: Rect,
    x: Interval,
    rise: YScale,
    dots: (usize, usize),
}

impl Axes<'_> {
    /// Draws the axes and returns the place between them.
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
        // The label, a space and the tick.
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

    /// Draws the horizontal axis below `plot`, its labels on the line.
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
        // What is read is worth more than what is counted.
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

    /// Draws a line down where values are read.
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
    /// How many columns of dots there are.
    pub(super) fn dot_columns(&self) -> usize {
        usize::from(self.area.width) * self.dots.0
    }

    /// The dot of a point, also where that is outside.
    pub(super) fn dot(&self, point: Point) -> Dot {
        let columns = self.dot_columns();
        let outside = || (self.x.ratio(point.x) * columns as f64).floor();
        let below_top = f64::from(self.area.height) - self.rise.height(point.y);
        Dot {
            x: self.x.column(point.x, columns).map_or_else(outside, |column| column as f64),
            y: (below_top * self.dots.1 as f64).floor(),
        }
    }

    /// The column of cells in which `x` is.
    pub(super) fn column(&self, x: f64) -> Option<usize> {
        self.x.column(x, self.area.width.into())
    }

    /// The row of cells in which `y` is.
    pub(super) fn row(&self, y: f64) -> Option<usize> {
        let below_top = f64::from(self.area.height) - self.rise.height(y);
        (0.0..f64::from(self.area.height)).contains(&below_top).then(|| floor_index(below_top))
    }
}
