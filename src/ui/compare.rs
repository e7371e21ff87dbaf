//! The comparison screen: curves, results and differing settings of several runs.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::curves::{self, sign};
use super::layout::cells;
use super::theme::RenderTheme;
use super::widgets::{ChartLayer, Focus, PaneFrame};
use super::{Glyphs, Size};
use crate::app::{App, Compare, Metric, RunView};
use crate::metrics::text;

/// ```text
/// ┌ loss ───────┬ test accuracy ┐      only one of them at 80 columns
/// ├ runs ───────┴───────────────┤
/// └─────────────────────────────┘
/// ```
pub(super) struct CompareScreen<'a> {
    pub(super) app: &'a App,
    pub(super) compare: &'a Compare,
    pub(super) theme: &'a RenderTheme,
}

impl Widget for CompareScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let compare = self.compare;
        let rows = cells(compare.runs.len() + 3);
        let [charts, table] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
        if Size::of(Rect { height: area.height + 1, ..area }) >= Size::Normal {
            let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(charts);
            self.chart(compare, Metric::Loss, left, buf);
            self.chart(compare, Metric::Accuracy, right, buf);
        } else {
            self.chart(compare, compare.chart, charts, buf);
        }
        self.table(compare, table, buf);
    }
}

/// Widths of the name column and of the number columns.
const NAME: usize = 16;
const NUMBER: usize = 16;

impl CompareScreen<'_> {
    fn chart(&self, compare: &Compare, which: Metric, area: Rect, buf: &mut Buffer) {
        let charts = self.app.shared.charts;
        let title = match which {
            Metric::Loss => "training loss, smoothed",
            Metric::Accuracy => "test accuracy",
        };
        let value = Line::styled(format!("x axis: {}", charts.along.name()), self.theme.palette.dim);
        let focus = if which == compare.chart { Focus::Here } else { Focus::Elsewhere };
        PaneFrame::new(self.theme, title).value(value).focus(focus).render(area, buf);
        let curves: Vec<_> = compare.runs.iter().map(|run| (run, which.curve(run))).collect();
        let mut chart = curves::chart(self.theme, self.app, which).empty("waiting for the runs");
        // The baseline is drawn last, on top of the others.
        let below = (0..curves.len()).rev().filter(|index| *index != compare.baseline);
        for index in below.chain([compare.baseline]) {
            let (run, series) = &curves[index];
            let (style, symbol) = sign(self.theme, index);
            chart = chart
                .layer(ChartLayer::with_markers(series, style, symbol).along(charts.along.x_scale(run)))
                .marks(curves::marks(self.app, run, series, Some(style)));
        }
        chart.render(PaneFrame::inner(area), buf);
    }

    fn table(&self, compare: &Compare, area: Rect, buf: &mut Buffer) {
        let palette = &self.theme.palette;
        let baseline = &compare.runs[compare.baseline];
        let against_baseline = format!("difference vs {}", baseline.name());
        let index = curves::reading_place(self.app);
        let title = index
            .as_ref()
            .map_or(against_baseline.clone(), |index| format!("at {index}, {against_baseline}"));
        PaneFrame::new(self.theme, "runs").value(Span::styled(title, palette.dim)).render(area, buf);
        let mut rows = PaneFrame::inner(area).rows();
        let (accuracy_name, loss_name) = if index.is_some() {
            ("test accuracy", "smoothed loss")
        } else {
            ("best accuracy", "last test loss")
        };
        let mut heading = format!("  {:<NAME$}{accuracy_name:<NUMBER$}{loss_name:<NUMBER$}", "name");
        let room = usize::from(PaneFrame::inner(area).width).saturating_sub(heading.len());
        let (columns, left_out) = fitting(columns(compare, self.theme.glyphs), room);
        for Column { name, width, .. } in &columns {
            heading = format!("{heading}{name:<width$}");
        }
        if left_out > 0 {
            heading = format!("{heading}+{left_out}");
        }
        if let Some(row) = rows.next() {
            Line::styled(heading, palette.dim).render(row, buf);
        }
        let read = |run: &RunView, metric: Metric| curves::read(self.app, run, &metric.curve(run));
        let value = |run: &RunView| {
            if index.is_some() {
                let percent = read(run, Metric::Accuracy);
                (percent.map(|percent| percent / 100.0), read(run, Metric::Loss))
            } else {
                let best = run.best().map(|best| best.test_accuracy);
                (best, run.timeline.reports().next_back().map(|report| report.test_loss))
            }
        };
        let values: Vec<_> = compare.runs.iter().map(value).collect();
        let (accuracy, loss) = values[compare.baseline];
        for ((index, run), row) in compare.runs.iter().enumerate().zip(rows) {
            let (style, symbol) = sign(self.theme, index);
            let is_baseline = index == compare.baseline;
            let mut line = Line::from_iter([
                Span::styled(format!("{symbol} "), style),
                Span::styled(format!("{:<15.15} ", run.name()), palette.strong),
                Span::styled(
                    against(values[index].0, accuracy, is_baseline, text::percent, |change| {
                        format!("{:+.2}", change * 100.0)
                    }),
                    palette.text,
                ),
                Span::styled(
                    against(values[index].1, loss, is_baseline, text::loss, |change| format!("{change:+.4}")),
                    palette.text,
                ),
            ]);
            for Column { values, width, .. } in &columns {
                line.push_span(Span::styled(format!("{:<width$}", values[index]), palette.text));
            }
            line.render(row, buf);
            if index == compare.selected {
                buf.set_style(row, palette.selection);
            }
        }
    }
}

/// A column of the table.
struct Column {
    name: &'static str,
    values: Vec<String>,
    width: usize,
}

/// The settings that differ, with the data path last, and the training times.
fn columns(compare: &Compare, glyphs: Glyphs) -> Vec<Column> {
    let (data, others): (Vec<_>, Vec<_>) =
        compare.differences().into_iter().partition(|(setting, _)| setting.name() == "data");
    let settings = others.into_iter().chain(data).map(|(setting, values)| {
        let values = values.into_iter().map(|value| value.replace('→', glyphs.arrow()));
        (setting.name(), values.collect())
    });
    let times = compare.runs.iter().map(|run| text::duration(run.active_seconds)).collect();
    let column = |(name, values): (&'static str, Vec<String>)| {
        let width = values.iter().map(|value| value.chars().count()).fold(name.len(), usize::max) + 2;
        Column { name, values, width }
    };
    settings.chain([("time", times)]).map(column).collect()
}

/// The columns that fit, and the number that do not; three cells are reserved to show it.
fn fitting(mut columns: Vec<Column>, room: usize) -> (Vec<Column>, usize) {
    let all = columns.len();
    let width = |columns: &[Column]| columns.iter().map(|column| column.width).sum::<usize>();
    while !columns.is_empty() && width(&columns) + if columns.len() < all { 3 } else { 0 } > room {
        columns.pop();
    }
    let left_out = all - columns.len();
    (columns, left_out)
}

/// A value and, except for the baseline itself, its difference from the baseline's.
fn against(
    value: Option<f64>,
    baseline: Option<f64>,
    is_baseline: bool,
    write: impl Fn(Option<f64>) -> String,
    difference: impl Fn(f64) -> String,
) -> String {
    let change =
        value.zip(baseline).filter(|_| !is_baseline).map(|(value, baseline)| difference(value - baseline));
    let text = format!("{} {}", write(value), change.unwrap_or_default());
    format!("{text:<NUMBER$}")
}
