//! Runs beside each other: their curves, how they did, and where their settings differ.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::Size;
use super::layout::cells;
use super::theme::Look;
use super::widgets::{Chart, Focus, Layer, Notice, Pane};
use crate::app::{Along, App, Compare, ComparedChart, RunView};
use crate::metrics::{Series, text};

/// ```text
/// ┌ loss ───────┬ test accuracy ┐      one of them at 80 columns
/// ├ runs ───────┴───────────────┤
/// └─────────────────────────────┘
/// ```
pub(super) struct Compared<'a> {
    pub(super) app: &'a App,
    pub(super) look: &'a Look,
}

impl Widget for Compared<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { app, look } = self;
        let Some(compare) = &app.compare else {
            let text = "no runs are compared\nmark two or more of them with m, then c";
            return Notice::new(look, text).render(area, buf);
        };
        let rows = cells(compare.runs.len() + 3);
        let [charts, table] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
        if Size::of(Rect { height: area.height + 1, ..area }) >= Size::Normal {
            let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(charts);
            self.chart(compare, ComparedChart::Loss, left, buf);
            self.chart(compare, ComparedChart::Accuracy, right, buf);
        } else {
            self.chart(compare, compare.chart, charts, buf);
        }
        self.table(compare, table, buf);
    }
}

/// Columns of a run's name and of its numbers.
const NAME: usize = 16;
const NUMBER: usize = 16;

impl Compared<'_> {
    /// The colour and the symbol of the run at a place: the symbol tells it where there are no colours.
    fn sign(&self, place: usize) -> (Style, &'static str) {
        let (palette, glyphs) = (&self.look.palette, self.look.glyphs);
        let styles = [
            palette.curve.test,
            palette.curve.train,
            palette.state.running,
            palette.state.failed,
            palette.mark,
            palette.title,
        ];
        let symbols = [
            glyphs.dot(),
            glyphs.square(),
            glyphs.best(),
            glyphs.ring(),
            glyphs.cross(),
            glyphs.best_below(),
        ];
        (styles[place % styles.len()], symbols[place % symbols.len()])
    }

    fn chart(&self, compare: &Compare, which: ComparedChart, area: Rect, buf: &mut Buffer) {
        let (title, curve): (_, fn(&RunView, Along) -> Series) = match which {
            ComparedChart::Loss => ("training loss, smoothed", Compare::loss),
            ComparedChart::Accuracy => ("test accuracy", Compare::accuracy),
        };
        let along = self.app.along;
        let value = Line::styled(format!("along {}s", along.name()), self.look.palette.dim);
        let focus = if which == compare.chart { Focus::Here } else { Focus::Elsewhere };
        Pane::new(self.look, title).value(value).focus(focus).render(area, buf);
        let curves: Vec<_> = compare.runs.iter().map(|run| curve(run, along)).collect();
        let mut chart = Chart::new(self.look).x_axis(along.name(), 1.0).empty("waiting for the runs");
        // The one that the others are measured against lies on top.
        for (place, series) in curves.iter().enumerate().rev() {
            let (style, symbol) = self.sign(place);
            chart = chart.layer(Layer::beads(series, style, symbol));
        }
        chart.render(Pane::inner(area), buf);
    }

    fn table(&self, compare: &Compare, area: Rect, buf: &mut Buffer) {
        let palette = &self.look.palette;
        Pane::new(self.look, "runs")
            .value(Span::styled(format!("{} against the first", self.look.glyphs.plus_minus()), palette.dim))
            .render(area, buf);
        let mut rows = Pane::inner(area).rows();
        let differences = compare.differences();
        let mut heading = format!(
            "  {:<NAME$}{:<NUMBER$}{:<NUMBER$}{:>9}  ",
            "name", "best accuracy", "last test loss", "time"
        );
        let widths: Vec<usize> = differences
            .iter()
            .map(|(name, values)| {
                values.iter().map(String::len).chain([name.name().len()]).max().unwrap_or(0) + 2
            })
            .collect();
        for ((name, _), width) in differences.iter().zip(&widths) {
            heading = format!("{heading}{name:<width$}");
        }
        if let Some(row) = rows.next() {
            Line::styled(heading, palette.dim).render(row, buf);
        }
        let best = |run: &RunView| run.best().map(|best| best.test_accuracy);
        let loss = |run: &RunView| run.epochs.last().map(|epoch| epoch.test_loss);
        let first = &compare.runs[0];
        for ((place, run), row) in compare.runs.iter().enumerate().zip(rows) {
            let (style, symbol) = self.sign(place);
            let mut line = Line::from_iter([
                Span::styled(format!("{symbol} "), style),
                Span::styled(format!("{:<15.15} ", run.name()), palette.strong),
                Span::styled(
                    against(best(run), best(first), place, text::percent, |change| {
                        format!("{:+.2}", change * 100.0)
                    }),
                    palette.text,
                ),
                Span::styled(
                    against(loss(run), loss(first), place, text::loss, |change| format!("{change:+.4}")),
                    palette.text,
                ),
                Span::styled(format!("{:>9}  ", text::duration(Some(run.active_seconds))), palette.text),
            ]);
            for ((_, values), width) in differences.iter().zip(&widths) {
                line.push_span(Span::styled(format!("{:<width$}", values[place]), palette.text));
            }
            line.render(row, buf);
            if place == compare.selected {
                buf.set_style(row, palette.selection);
            }
        }
    }
}

/// A value and how far it is from the first run's.
fn against(
    value: Option<f64>,
    first: Option<f64>,
    place: usize,
    write: impl Fn(Option<f64>) -> String,
    difference: impl Fn(f64) -> String,
) -> String {
    let change = value.zip(first).filter(|_| place > 0).map(|(value, first)| difference(value - first));
    let text = format!("{} {}", write(value), change.unwrap_or_default());
    format!("{text:<NUMBER$}")
}
