//! Line charts over steps, epochs or time.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::axes::{Axes, AxisScale, Plot};
use super::canvas::{Canvas, Pen};
use super::marks::{Mark, MarkKind, MarkPainter};
use crate::metrics::{Interval, Point, Series, TickStep, XScale};
use crate::ui::theme::RenderTheme;
use crate::ui::widgets::Placeholder;

/// A chart of one or more series over the same axes.
///
/// ```text
/// 2.0 ┤⡀      ┆ lr ÷2
///     │⢣      ┆
/// 1.0 ┤ ⠱⡀    ⡀
///     │  ⠈⠑⠒⠢⠤⣀⣀⣀⣀⣀×
///     └ 0 ────── 5 ───── epoch
/// ```
///
/// NaN is drawn as a gap that starts with a cross. However many points there are, the extremes of every dot column are
/// drawn. A constant is a line.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    theme: &'a RenderTheme,
    layers: Vec<ChartLayer<'a>>,
    marks: Vec<Mark<'a>>,
    x: Option<Interval>,
    x_unit: f64,
    x_least: TickStep,
    x_scale: AxisScale,
    x_name: &'a str,
    y: Option<Interval>,
    y_scale: AxisScale,
    crosshair: Option<Crosshair<'a>>,
    empty: Cow<'a, str>,
}

/// Position of the crosshair, and its label on the axis.
#[derive(Debug, Clone)]
struct Crosshair<'a> {
    x: f64,
    label: Cow<'a, str>,
}

/// One series and how it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct ChartLayer<'a> {
    series: &'a Series,
    x_scale: XScale<'a>,
    style: Style,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Line,
    Dots,
    Markers(&'static str),
}

/// Minimum number of columns between symbols on a line.
const BEADS: usize = 3;

impl<'a> ChartLayer<'a> {
    const fn new(series: &'a Series, style: Style, shape: Shape) -> Self {
        Self { series, x_scale: XScale::IDENTITY, style, shape }
    }

    /// A line through the points.
    pub const fn line(series: &'a Series, style: Style) -> Self {
        Self::new(series, style, Shape::Line)
    }

    /// A dot for each point, drawn beneath lines.
    pub const fn dots(series: &'a Series, style: Style) -> Self {
        Self::new(series, style, Shape::Dots)
    }

    /// A line with symbols, to distinguish it from other lines without colours.
    pub const fn with_markers(series: &'a Series, style: Style, symbol: &'static str) -> Self {
        Self::new(series, style, Shape::Markers(symbol))
    }

    /// Maps x to the axis with this scale.
    #[must_use]
    pub const fn along(self, x_scale: XScale<'a>) -> Self {
        Self { x_scale, ..self }
    }

    fn x_span(&self) -> Option<Interval> {
        self.series.x_span(self.x_scale)
    }

    fn y_span(&self, x: Interval) -> Option<Interval> {
        self.series.y_span(self.x_scale, x)
    }

    fn thin(&self, x: Interval, columns: usize) -> Vec<Point> {
        self.series.thin(self.x_scale, x, columns)
    }
}

impl<'a> Chart<'a> {
    /// A chart without curves.
    pub const fn new(theme: &'a RenderTheme) -> Self {
        Self {
            theme,
            layers: Vec::new(),
            marks: Vec::new(),
            x: None,
            x_unit: 1.0,
            x_least: TickStep::SMALLEST,
            x_scale: AxisScale::Linear,
            x_name: "",
            y: None,
            y_scale: AxisScale::Linear,
            crosshair: None,
            empty: Cow::Borrowed("nothing to show yet"),
        }
    }

    /// Adds a series, drawn above earlier ones.
    #[must_use]
    pub fn layer(mut self, layer: ChartLayer<'a>) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds a mark.
    #[must_use]
    pub fn mark(mut self, mark: Mark<'a>) -> Self {
        self.marks.push(mark);
        self
    }

    /// Adds marks.
    #[must_use]
    pub fn marks(mut self, marks: impl IntoIterator<Item = Mark<'a>>) -> Self {
        self.marks.extend(marks);
        self
    }

    /// Names the horizontal axis and sets the length of its unit in x, such as 938 steps per epoch.
    #[must_use]
    pub const fn x_axis(mut self, name: &'a str, unit: f64) -> Self {
        self.x_name = name;
        self.x_unit = if unit > 0.0 { unit } else { 1.0 };
        self
    }

    /// Restricts the horizontal ticks to whole numbers, for values that exist only there.
    #[must_use]
    pub const fn whole_x(mut self) -> Self {
        self.x_least = TickStep::ONE;
        self
    }

    /// Declares that x is a base-10 logarithm; ticks are labelled with the value itself.
    #[must_use]
    pub const fn powers_of_ten(mut self) -> Self {
        self.x_scale = AxisScale::Logarithmic;
        self.whole_x()
    }

    /// Sets the visible range of x; by default from zero to the last point.
    #[must_use]
    pub const fn x_span(mut self, x: Interval) -> Self {
        self.x = Some(x);
        self
    }

    /// Sets the visible range of y, extended to round values; by default that of all visible points.
    #[must_use]
    pub const fn y_span(mut self, y: Interval) -> Self {
        self.y = Some(y);
        self
    }

    /// Sets the scale of the vertical axis; linear by default.
    #[must_use]
    pub const fn y_scale(mut self, scale: AxisScale) -> Self {
        self.y_scale = scale;
        self
    }

    /// Draws a crosshair at `x`, with a label on the axis.
    #[must_use]
    pub fn crosshair(mut self, x: f64, label: impl Into<Cow<'a, str>>) -> Self {
        self.crosshair = Some(Crosshair { x, label: label.into() });
        self
    }

    /// Sets the text of a chart without points.
    #[must_use]
    pub fn empty(mut self, words: impl Into<Cow<'a, str>>) -> Self {
        self.empty = words.into();
        self
    }

    fn visible_x(&self) -> Option<Interval> {
        let all = self.layers.iter().filter_map(ChartLayer::x_span).reduce(Interval::join);
        self.x.or_else(|| Some(all?.join(Interval::of([0.0])?)))
    }

    fn draw_layer(&self, index: usize, x: Interval, plot: &Plot, canvas: &mut Canvas) {
        let layer = self.layers[index];
        let ChartLayer { style, shape, .. } = layer;
        let points = layer.thin(x, plot.dot_columns());
        for (at, point) in points.iter().enumerate().filter(|(_, point)| point.y.is_finite()) {
            let dot = plot.dot(*point);
            let before = at.checked_sub(1).map(|before| points[before]).filter(|before| before.y.is_finite());
            match (shape, before) {
                (Shape::Line | Shape::Markers(_), Some(before)) => {
                    canvas.line(index, style, plot.dot(before), dot);
                }
                (Shape::Line | Shape::Markers(_), None) => canvas.dot(index, style, Pen::Line, dot),
                (Shape::Dots, _) => canvas.dot(index, style, Pen::Dots, dot),
            }
        }
        if let Shape::Markers(symbol) = shape {
            let mut free = 0;
            for point in points.iter().filter(|point| point.y.is_finite()) {
                if let Some(column) = plot.column(point.x).filter(|column| *column >= free) {
                    canvas.symbol(index, style, symbol, plot.dot(*point));
                    free = column + BEADS;
                }
            }
        }
    }

    /// Draws a cross where each gap of a series begins, at the height of the value before it.
    fn gaps(&self, x: Interval, plot: &Plot) -> Vec<Mark<'static>> {
        let mut gaps: Vec<(usize, Mark<'static>)> = Vec::new();
        // Where several series have a gap, the topmost determines the height.
        for layer in self.layers.iter().rev().filter(|layer| layer.series.first_non_finite().is_some()) {
            let mut before: Option<Point> = None;
            let mut in_gap = false;
            for point in layer.thin(x, plot.dot_columns()) {
                if point.y.is_finite() {
                    before = Some(point);
                } else if let Some(column) = plot.column(point.x).filter(|_| !in_gap)
                    && gaps.iter().all(|(taken, _)| *taken != column)
                {
                    let mark = Mark::new(MarkKind::NotANumber, point.x);
                    gaps.push((column, before.map_or(mark.clone(), |before| mark.at(before.y))));
                }
                in_gap = !point.y.is_finite();
            }
        }
        gaps.into_iter().map(|(_, mark)| mark).collect()
    }
}

impl Widget for Chart<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let x = self.visible_x();
        let spans = self.layers.iter().filter_map(|layer| layer.y_span(x?));
        let y = self.y.or_else(|| spans.reduce(Interval::join));
        let axes = Axes {
            theme: self.theme,
            x: x.unwrap_or(Interval::UNIT),
            unit: self.x_unit,
            least: self.x_least,
            scale: self.x_scale,
            name: self.x_name,
            y,
            y_scale: self.y_scale,
            headroom: usize::from(!self.marks.is_empty()),
            crosshair: self.crosshair.as_ref().map(|Crosshair { x, label }| (*x, label.as_ref())),
        };
        let plot = axes.render(area, buf);
        let mut canvas = Canvas::new(self.theme, plot.area.width.into(), plot.area.height.into());
        for index in 0..self.layers.len() {
            self.draw_layer(index, axes.x, &plot, &mut canvas);
        }
        axes.render_crosshair(&plot, buf);
        canvas.render(plot.area, buf);
        let marks: Vec<_> = self.gaps(axes.x, &plot).into_iter().chain(self.marks).collect();
        MarkPainter::new(self.theme, &plot, &canvas).draw(&marks, buf);
        if self.layers.iter().all(|layer| layer.series.is_empty()) {
            Placeholder::new(self.theme, self.empty).render(plot.area, buf);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::{Curve, Ema};
    use crate::ui::widgets::testing::{ascii, buffer, overhanging, text, unicode};

    fn series(points: impl IntoIterator<Item = (f64, f64)>) -> Series {
        let mut series = Series::default();
        for (x, y) in points {
            series.push(x, y);
        }
        series
    }

    /// A falling loss over 12 epochs of 100 steps, with periodic noise.
    fn loss() -> Curve {
        let mut curve = Curve::new(Ema::with_span(30.0));
        for step in 1..=1200_u32 {
            let noise = f64::from(step * 7919 % 101) / 101.0 - 0.5;
            curve.push(step.into(), 0.4 + 1.9 * (-f64::from(step) / 150.0).exp() + 0.3 * noise);
        }
        curve
    }

    fn accuracy() -> Series {
        series((1..=12).map(|epoch| (f64::from(epoch), 88.0 - 20.0 / f64::from(epoch))))
    }

    fn loss_chart<'a>(theme: &'a RenderTheme, loss: &'a Curve, test: &'a Series) -> Chart<'a> {
        let curve = theme.palette.curve;
        Chart::new(theme)
            .layer(ChartLayer::dots(loss.raw(), curve.raw))
            .layer(ChartLayer::line(loss.smooth(), curve.train))
            .layer(ChartLayer::with_markers(test, curve.test, theme.glyphs.dot()))
            .x_axis("epoch", 100.0)
            .mark(Mark::new(MarkKind::Changed, 500.0).label(format!("lr {}2", theme.glyphs.divide())))
            .mark(Mark::new(MarkKind::Paused, 820.0).label("paused 4 m"))
    }

    #[test]
    fn loss_curve_has_round_axes_and_marks() {
        let (loss, test) = (loss(), series((1..=12).map(|epoch| (f64::from(epoch) * 100.0, 0.3))));
        for theme in [unicode(), ascii()] {
            insta::assert_snapshot!(
                format!("loss_{}", theme.glyphs),
                text(loss_chart(&theme, &loss, &test), 72, 16)
            );
        }
    }

    #[test]
    fn best_epoch_is_marked_at_its_point() {
        let (test, train) =
            (accuracy(), series(accuracy().points().iter().map(|point| (point.x, point.y + 4.0))));
        for theme in [unicode(), ascii()] {
            let chart = Chart::new(&theme)
                .layer(ChartLayer::line(&train, theme.palette.curve.train))
                .layer(ChartLayer::with_markers(&test, theme.palette.curve.test, theme.glyphs.dot()))
                .x_axis("epoch", 1.0)
                .mark(Mark::new(MarkKind::Best, 12.0).at(86.3).label("best"));
            insta::assert_snapshot!(format!("accuracy_{}", theme.glyphs), text(chart, 44, 12));
        }
    }

    #[test]
    fn a_constant_is_a_line() {
        let constant = series([(0.0, 0.5), (10.0, 0.5)]);
        let theme = unicode();
        let chart = Chart::new(&theme).layer(ChartLayer::line(&constant, theme.palette.curve.train));
        insta::assert_snapshot!(text(chart, 30, 6));
    }

    #[test]
    fn nan_is_a_gap_with_a_cross() {
        let holes = series((0..=40).map(|x| match x {
            10..=14 | 35.. => (f64::from(x), f64::NAN),
            _ => (f64::from(x), 2.0 - f64::from(x) / 40.0),
        }));
        let none = series((0..9).map(|x| (f64::from(x), f64::NAN)));
        let theme = unicode();
        let draw = |series: &Series| {
            text(Chart::new(&theme).layer(ChartLayer::line(series, theme.palette.curve.train)), 40, 8)
        };
        insta::assert_snapshot!("holes", draw(&holes));
        insta::assert_snapshot!("nothing_but_a_hole", draw(&none));
    }

    #[test]
    fn chart_without_points_has_axes_and_a_message() {
        let (theme, nothing) = (unicode(), Series::default());
        let chart = Chart::new(&theme)
            .layer(ChartLayer::line(&nothing, theme.palette.curve.train))
            .x_axis("epoch", 1.0)
            .empty("waiting for the first step");
        insta::assert_snapshot!(text(chart, 44, 7));
    }

    #[test]
    fn spike_of_one_step_is_drawn() {
        let spike = series((0..100_000).map(|x| (f64::from(x), if x == 54_321 { 9.0 } else { 1.0 })));
        let theme = unicode();
        let chart = Chart::new(&theme).layer(ChartLayer::line(&spike, theme.palette.curve.train));
        insta::assert_snapshot!(text(chart, 40, 7));
    }

    #[test]
    fn smoothed_line_is_visible_in_noise() {
        let (theme, loss, nothing) = (unicode(), loss(), Series::default());
        let cells = buffer(loss_chart(&theme, &loss, &nothing), 60, 14);
        let train = theme.palette.curve.train.fg.unwrap();
        let columns = (6..60).filter(|x| (0..13).any(|y| cells[(*x, y)].fg == train));
        assert_eq!(columns.count(), 54, "the line has a cell in every column");
    }

    #[test]
    fn zoomed_chart_shows_only_the_visible_range() {
        let (theme, loss, nothing) = (ascii(), loss(), Series::default());
        let chart = loss_chart(&theme, &loss, &nothing)
            .x_span(Interval::new(600.0, 900.0).unwrap())
            .y_span(Interval::new(0.3, 0.5).unwrap());
        insta::assert_snapshot!(text(chart, 50, 10));
    }

    #[test]
    fn crosshair_is_drawn_behind_the_curves() {
        let (loss, nothing) = (loss(), Series::default());
        for theme in [unicode(), ascii()] {
            let chart = loss_chart(&theme, &loss, &nothing).crosshair(312.0, "3.12");
            insta::assert_snapshot!(format!("crosshair_{}", theme.glyphs), text(chart, 60, 12));
        }
    }

    #[test]
    fn logarithmic_scale_shows_small_values() {
        let theme = unicode();
        let fall = series((0..=60).map(|x| (f64::from(x), 4.0 * (-f64::from(x) / 10.0).exp())));
        let chart = Chart::new(&theme)
            .layer(ChartLayer::line(&fall, theme.palette.curve.train))
            .y_scale(AxisScale::Logarithmic);
        insta::assert_snapshot!(text(chart, 44, 12));
    }

    #[test]
    fn curve_follows_its_x_scale() {
        let (theme, line) = (ascii(), series([(0.0, 0.0), (10.0, 10.0), (20.0, 20.0)]));
        let times = series([(0.0, 0.0), (10.0, 90.0), (20.0, 100.0)]);
        let layer = ChartLayer::line(&line, theme.palette.curve.train).along(XScale::Lookup(&times));
        insta::assert_snapshot!(text(Chart::new(&theme).layer(layer), 44, 9));
    }

    #[test]
    fn epoch_axis_has_whole_numbers() {
        let (theme, two) = (unicode(), series([(1.0, 70.0), (2.0, 75.0)]));
        let chart =
            Chart::new(&theme).layer(ChartLayer::line(&two, theme.palette.curve.test)).x_axis("epoch", 1.0);
        let axis = |chart: Chart<'_>| text(chart, 50, 5).lines().last().unwrap().to_owned();
        assert_eq!(axis(chart.clone()), "     └ 0.0 ──── 0.5 ────── 1.0 ────── 1.5 ── epoch");
        assert_eq!(axis(chart.whole_x()), "     └ 0 ────────────────── 1 ────────────── epoch");
    }

    #[test]
    fn labels_never_cover_curves_or_each_other() {
        let (theme, flat) = (unicode(), series((0..=100).map(|x| (f64::from(x), 1.0))));
        let marks =
            [40.0, 42.0, 44.0, 99.0].map(|x| Mark::new(MarkKind::Changed, x).label(format!("at {x}")));
        let chart = Chart::new(&theme).layer(ChartLayer::line(&flat, theme.palette.curve.train)).marks(marks);
        insta::assert_snapshot!(text(chart, 50, 9));
    }

    proptest! {
        #[test]
        fn any_data_can_be_drawn_at_any_size(
            points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..40),
            ordered in prop::collection::vec(prop_oneof![9 => -1e3..1e3_f64, 1 => Just(f64::NAN)], 0..200),
            (width, height) in (0..50_u16, 0..20_u16),
            marked in any::<f64>(),
            unit in any::<f64>(),
            log in any::<bool>(),
        ) {
            let (wild, tame) = (series(points), series((0..).map(f64::from).zip(ordered)));
            for theme in [unicode(), ascii()] {
                let kinds = [MarkKind::Changed, MarkKind::Paused, MarkKind::Best, MarkKind::NotANumber];
                let marks = kinds.into_iter().flat_map(|kind| {
                    [Mark::new(kind, 3.0).label("words"), Mark::new(kind, marked).at(marked).label("words")]
                });
                for series in [&wild, &tame] {
                    let chart = Chart::new(&theme)
                        .layer(ChartLayer::dots(series, theme.palette.curve.raw))
                        .layer(ChartLayer::line(series, theme.palette.curve.train))
                        .layer(ChartLayer::with_markers(series, theme.palette.curve.test, theme.glyphs.dot()))
                        .layer(ChartLayer::line(series, theme.palette.curve.train).along(XScale::Lookup(&tame)))
                        .marks(marks.clone())
                        .y_scale(if log { AxisScale::Logarithmic } else { AxisScale::Linear })
                        .crosshair(marked, "here")
                        .x_axis("epoch", unit);
                    overhanging(chart.clone(), width, height);
                    buffer(chart, width, height);
                }
            }
        }
    }
}
