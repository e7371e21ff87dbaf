//! Loss by step, and accuracy by epoch.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{self as cells, Line};
use ratatui::widgets::Widget;

use super::Shown;
use crate::app::{Epoch, MarkKind as Happened, Pane as Which, RunView};
use crate::metrics::{Series, Span, text};
use crate::run::{PauseReason, Status};
use crate::ui::widgets::{Chart, Layer, Mark, MarkKind, Pane};

/// Training loss, faint by step and smoothed, and test loss by epoch.
pub(super) struct LossPane<'a>(pub(super) Shown<'a>);

impl Widget for LossPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { run, look, .. } = self.0;
        let curve = &look.palette.curve;
        let test = series(&run.epochs, |epoch| (epoch.step as f64, epoch.test_loss));
        let steps_per_epoch = run.start.as_ref().map_or(1, |start| start.steps_per_epoch) as f64;

        let raw = run.loss.raw().last_finite().map(|point| point.y);
        let smoothed = run.loss.smooth().last_finite().map(|point| point.y);
        let last = run.epochs.last().map(|epoch| epoch.test_loss);
        Pane::new(look, "loss")
            .value(fact("step", text::count(run.step), &self.0))
            .value(legend(look.glyphs.small_dot(), "train ", text::loss(raw), curve.train, &self.0))
            .value(fact("smoothed", text::loss(smoothed), &self.0))
            .value(legend(look.glyphs.dot(), "test ", text::loss(last), curve.test, &self.0))
            .focus(self.0.focus(Which::Loss))
            .render(area, buf);

        let mut chart = Chart::new(look);
        if let Some(span) = settled(run, &test) {
            chart = chart.y_span(span);
        }
        chart
            .layer(Layer::dots(run.loss.raw(), curve.raw))
            .layer(Layer::line(run.loss.smooth(), curve.train))
            .layer(Layer::points(&test, curve.test, look.glyphs.dot()))
            .marks(run.marks.iter().map(|mark| {
                let (kind, label) = match mark.kind {
                    Happened::Paused(PauseReason::Diverged) => (MarkKind::Paused, "diverged".to_owned()),
                    Happened::Paused(_) => (MarkKind::Paused, "paused".to_owned()),
                    Happened::Resumed => (MarkKind::Changed, "resumed".to_owned()),
                    Happened::Changed(change) => (MarkKind::Changed, change.to_string()),
                };
                Mark::new(kind, mark.step as f64).label(label)
            }))
            .x_axis("epoch", steps_per_epoch)
            .empty(waiting(&self.0, "the first step"))
            .render(Pane::inner(area), buf);
    }
}

/// The losses to show: in the first epochs all of them, then those after the first fall. That fall takes
/// a moment and most of the height: everything after it would be flat. A single step, however far off, does
/// not set the scale.
fn settled(run: &RunView, test: &Series) -> Option<Span> {
    let early = run.step < 3 * run.start.as_ref()?.steps_per_epoch;
    let (skipped, room) = if early { (0.0, 0.1) } else { (0.05, 0.5) };
    let all = run.loss.smooth().x_span()?;
    let after = Span::new(all.low() + all.width() * skipped, all.high())?;
    let smooth = run.loss.smooth().y_span(after)?;
    let both = test.y_span(after).map_or(smooth, |test| smooth.join(test));
    let room = both.width() * room;
    Span::new((both.low() - room).max(0.0), both.high() + room)
}

/// Accuracy on the training and on the test set, by epoch.
pub(super) struct AccuracyPane<'a>(pub(super) Shown<'a>);

impl Widget for AccuracyPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { run, look, .. } = self.0;
        let curve = &look.palette.curve;
        let percent = |accuracy: f64| accuracy * 100.0;
        let train = series(&run.epochs, |epoch| (f64::from(epoch.epoch), percent(epoch.train_accuracy)));
        let test = series(&run.epochs, |epoch| (f64::from(epoch.epoch), percent(epoch.test_accuracy)));

        let last = run.epochs.last();
        let (train_word, test_word) = if area.width < 46 { ("", "") } else { ("train ", "test ") };
        let of_train = text::percent(last.map(|epoch| epoch.train_accuracy));
        let of_test = text::percent(last.map(|epoch| epoch.test_accuracy));
        Pane::new(look, "accuracy")
            .value(legend(look.glyphs.small_dot(), train_word, of_train, curve.train, &self.0))
            .value(legend(look.glyphs.dot(), test_word, of_test, curve.test, &self.0))
            .focus(self.0.focus(Which::Accuracy))
            .render(area, buf);

        let best = run.best().map(|best| {
            Mark::new(MarkKind::Best, f64::from(best.epoch)).at(percent(best.test_accuracy)).label("best")
        });
        Chart::new(look)
            .layer(Layer::line(&train, curve.train))
            .layer(Layer::beads(&test, curve.test, look.glyphs.dot()))
            .whole_x()
            .marks(best)
            .x_axis("epoch", 1.0)
            .empty(waiting(&self.0, "the first epoch"))
            .render(Pane::inner(area), buf);
    }
}

fn series(epochs: &[Epoch], point: impl Fn(&Epoch) -> (f64, f64)) -> Series {
    let mut series = Series::default();
    for (x, y) in epochs.iter().map(point) {
        series.push(x, y);
    }
    series
}

/// `step 11,256`
fn fact<'a>(label: &'a str, value: String, shown: &Shown<'a>) -> Line<'a> {
    let palette = &shown.look.palette;
    Line::from_iter([
        cells::Span::styled(label, palette.dim),
        cells::Span::raw(" "),
        cells::Span::styled(value, palette.text),
    ])
}

/// `● test 0.3817`
fn legend<'a>(
    symbol: &'a str,
    label: &'a str,
    value: String,
    style: ratatui::style::Style,
    shown: &Shown<'a>,
) -> Line<'a> {
    let palette = &shown.look.palette;
    Line::from_iter([
        cells::Span::styled(symbol, style),
        cells::Span::styled(format!(" {label}"), palette.dim),
        cells::Span::styled(value, style),
    ])
}

/// What an empty chart waits for.
fn waiting(shown: &Shown<'_>, what: &str) -> String {
    match shown.run.status() {
        None | Some(Status::Queued | Status::Running | Status::Paused) => format!("waiting for {what}"),
        Some(_) => format!("it ended before\n{what}"),
    }
}
