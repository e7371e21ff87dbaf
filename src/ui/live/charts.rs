//! Loss by step, and accuracy by epoch.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::shown::Shown;
use crate::app::{Metric, Pane, Window};
use crate::metrics::{Interval, Series, text};
use crate::run::{EpochMetric, RunStatus};
use crate::ui::curves;
use crate::ui::widgets::{ChartLayer, Mark, MarkKind, PaneFrame};

/// Training loss, per step (faint) and smoothed, and test loss per epoch.
pub(super) struct LossPane<'a>(pub(super) Shown<'a>);

impl Widget for LossPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { app, run, theme } = self.0;
        let (curve, x_scale) = (&theme.palette.curve, app.shared.charts.along.x_scale(run));
        let (raw, smooth, test) = (run.loss.raw(), run.loss.smooth(), run.by_epoch(EpochMetric::TEST_LOSS));

        let read = |series: &Series| text::loss(curves::read(app, run, series));
        PaneFrame::new(theme, "loss")
            .value(at(&self.0))
            .value(legend(theme.glyphs.small_dot(), "train ", read(raw), curve.train, &self.0))
            .value(fact("smoothed", read(smooth), &self.0))
            .value(legend(theme.glyphs.dot(), "test ", read(&test), curve.test, &self.0))
            .focus(self.0.focus(Pane::Loss))
            .render(area, buf);

        let mut chart = curves::chart(theme, app, Metric::Loss);
        if let Some(span) = settled(&self.0, &test) {
            chart = chart.y_span(span);
        }
        chart
            .layer(ChartLayer::dots(raw, curve.raw).along(x_scale))
            .layer(ChartLayer::line(smooth, curve.train).along(x_scale))
            .layer(ChartLayer::with_markers(&test, curve.test, theme.glyphs.dot()).along(x_scale))
            .marks(curves::marks(app, run, smooth, None))
            .empty(waiting(&self.0, "the first step"))
            .render(PaneFrame::inner(area), buf);
    }
}

/// Up to this many visible steps, every step is within the vertical range.
const FEW: usize = 400;

/// The vertical range: in the first epochs all losses, later only those after the initial fall, which is short but
/// would otherwise take most of the height and flatten the rest. Outliers of single steps do not extend the range
/// unless only a few steps are visible.
fn settled(Shown { app, run, .. }: &Shown<'_>, test: &Series) -> Option<Interval> {
    let (shown, x_scale) = (app.axis(), app.shared.charts.along.x_scale(run));
    let early = run.timeline.step < 3 * run.trainer.as_ref()?.steps_per_epoch;
    let (skipped, room) = match app.shared.charts.window {
        Window::All if early => (0.0, 0.1),
        Window::All => (0.05, 0.5),
        Window::Last(_) | Window::Between(_) => (0.0, 0.5),
    };
    let after = Interval::new(shown.low() + shown.width() * skipped, shown.high())?;
    let smooth = run.loss.smooth().y_span(x_scale, after)?;
    let both = test.y_span(x_scale, after).map_or(smooth, |test| smooth.join(test));
    if app.shared.charts.window != Window::All && run.loss.raw().count(x_scale, shown) <= FEW {
        return run.loss.raw().y_span(x_scale, shown).map(|raw| raw.join(both));
    }
    let room = both.width() * room;
    let least = if app.shared.charts.log_loss { both.low() * 0.8 } else { 0.0 };
    Interval::new((both.low() - room).max(least), both.high() + room)
}

/// Accuracy on the training and the test set per epoch.
pub(super) struct AccuracyPane<'a>(pub(super) Shown<'a>);

impl Widget for AccuracyPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { app, run, theme } = self.0;
        let (curve, x_scale) = (&theme.palette.curve, app.shared.charts.along.x_scale(run));
        let (train, test) =
            (run.by_epoch(EpochMetric::TRAIN_ACCURACY), run.by_epoch(EpochMetric::TEST_ACCURACY));

        let read =
            |series: &Series| text::percent(curves::read(app, run, series).map(|percent| percent / 100.0));
        let (train_word, test_word) = if area.width < 46 { ("", "") } else { ("train ", "test ") };
        PaneFrame::new(theme, "accuracy")
            .value(legend(theme.glyphs.small_dot(), train_word, read(&train), curve.train, &self.0))
            .value(legend(theme.glyphs.dot(), test_word, read(&test), curve.test, &self.0))
            .focus(self.0.focus(Pane::Accuracy))
            .render(area, buf);

        let best = run.best().map(|best| {
            let x = x_scale.position(best.step as f64);
            Mark::new(MarkKind::Best, x).at(best.test_accuracy * 100.0).label("best")
        });
        curves::chart(theme, app, Metric::Accuracy)
            .layer(ChartLayer::line(&train, curve.train).along(x_scale))
            .layer(ChartLayer::with_markers(&test, curve.test, theme.glyphs.dot()).along(x_scale))
            .marks(best)
            .marks(curves::marks(app, run, &test, None))
            .empty(waiting(&self.0, "the first epoch"))
            .render(PaneFrame::inner(area), buf);
    }
}

/// The position of the crosshair, for the title of a pane.
fn at<'a>(shown: &Shown<'a>) -> Line<'a> {
    match curves::reading_place(shown.app) {
        Some(place) => Line::styled(format!("at {place}"), shown.theme.palette.accent),
        None => fact("step", text::count(shown.run.timeline.step), shown),
    }
}

/// Such as `step 11,256`.
fn fact<'a>(label: &'a str, value: String, shown: &Shown<'a>) -> Line<'a> {
    let palette = &shown.theme.palette;
    Line::from_iter([Span::styled(label, palette.dim), Span::raw(" "), Span::styled(value, palette.text)])
}

/// Such as `● test 0.3817`.
fn legend<'a>(
    symbol: &'a str,
    label: &'a str,
    value: String,
    style: ratatui::style::Style,
    shown: &Shown<'a>,
) -> Line<'a> {
    let palette = &shown.theme.palette;
    Line::from_iter([
        Span::styled(symbol, style),
        Span::styled(format!(" {label}"), palette.dim),
        Span::styled(value, style),
    ])
}

/// The text of an empty chart: what it is waiting for.
fn waiting(shown: &Shown<'_>, what: &str) -> String {
    match shown.run.status() {
        None | Some(RunStatus::Queued | RunStatus::Running | RunStatus::Paused) => {
            format!("waiting for {what}")
        }
        Some(_) => format!("ended before\n{what}"),
    }
}
