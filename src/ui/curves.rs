//! Shared by all charts of runs: the axis, the crosshair, and marks for pauses, changes and the best epoch.

use ratatui::style::Style;

use super::theme::RenderTheme;
use super::widgets::{AxisScale, Chart, Mark, MarkKind};
use crate::app::{App, Metric, RunView, XAxis};
use crate::metrics::{Interval, Series, text};
use crate::run::{AnnotationKind, PauseReason};

/// From this many seconds on, times are shown in minutes and in hours.
const MINUTES: f64 = 300.0;
const HOURS: f64 = 5.0 * 3600.0;

/// A chart of a metric on the selected axis, with the crosshair if it is shown.
pub(super) fn chart<'a>(theme: &'a RenderTheme, app: &App, metric: Metric) -> Chart<'a> {
    let (along, shown) = (app.shared.charts.along, app.axis());
    let (name, unit) = unit(along, shown);
    let chart = Chart::new(theme).x_span(shown).x_axis(name, unit);
    let is_log = app.shared.charts.log_loss && metric == Metric::Loss;
    let chart = chart.y_scale(if is_log { AxisScale::Logarithmic } else { AxisScale::Linear });
    // Steps are whole numbers, and accuracies exist only at whole epochs.
    let is_whole = along == XAxis::Steps || along == XAxis::Epochs && metric == Metric::Accuracy;
    let chart = if is_whole { chart.whole_x() } else { chart };
    match app.crosshair() {
        Some(x) => chart.crosshair(x, place(x, unit)),
        None => chart,
    }
}

/// The label of the axis, and the length of one unit.
fn unit(along: XAxis, shown: Interval) -> (&'static str, f64) {
    let is = |least: f64| shown.width() > least;
    match along {
        XAxis::Epochs => ("epoch", 1.0),
        XAxis::Steps => ("step", 1.0),
        XAxis::ActiveTime if is(HOURS) => ("training h", 3600.0),
        XAxis::ActiveTime if is(MINUTES) => ("training min", 60.0),
        XAxis::ActiveTime => ("training s", 1.0),
        XAxis::WallTime if is(HOURS) => ("clock h", 3600.0),
        XAxis::WallTime if is(MINUTES) => ("clock min", 60.0),
        XAxis::WallTime => ("clock s", 1.0),
    }
}

/// Formats a position in the unit of the axis, such as `3.25` or `11,256`.
fn place(x: f64, unit: f64) -> String {
    let text = text::fixed(x / unit, 2);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The position of the crosshair, such as `epoch 3.25`.
pub(super) fn reading_place(app: &App) -> Option<String> {
    let (name, unit) = unit(app.shared.charts.along, app.axis());
    app.crosshair().map(|x| format!("{name} {}", place(x, unit)))
}

/// The value of a curve nearest to the crosshair; without a crosshair, its last value.
pub(super) fn read(app: &App, run: &RunView, curve: &Series) -> Option<f64> {
    let along = app.shared.charts.along;
    match app.crosshair() {
        Some(x) if x > along.end(run) => None,
        Some(x) => curve.nearest(along.x_scale(run), x),
        None => curve.last_finite().map(|point| point.y),
    }
}

/// Marks for the annotations of a run.
pub(super) fn marks(app: &App, run: &RunView, curve: &Series, style: Option<Style>) -> Vec<Mark<'static>> {
    let x_scale = app.shared.charts.along.x_scale(run);
    let marks = run.timeline.annotations.iter().map(|mark| {
        let (kind, label) = match mark.kind {
            AnnotationKind::Paused(PauseReason::Diverged) => (MarkKind::Paused, "diverged".to_owned()),
            AnnotationKind::Paused(_) => (MarkKind::Paused, "paused".to_owned()),
            AnnotationKind::ResumedFromCheckpoint => (MarkKind::Changed, "resumed".to_owned()),
            AnnotationKind::Forked => (MarkKind::Changed, "forked".to_owned()),
            AnnotationKind::Changed(change) => (MarkKind::Changed, change.to_string()),
        };
        let x = x_scale.position(mark.step as f64);
        let mark = Mark::new(kind, x).label(label);
        match (style, curve.nearest(x_scale, x).filter(|y| y.is_finite())) {
            (Some(style), Some(y)) => mark.at(y).style(style),
            _ => mark,
        }
    });
    marks.collect()
}

/// The symbol and style of the run at this index. The symbol alone identifies it where there are no colours.
pub(super) fn sign(theme: &RenderTheme, place: usize) -> (Style, &'static str) {
    let (palette, glyphs) = (&theme.palette, theme.glyphs);
    let styles = [
        palette.curve.test,
        palette.curve.train,
        palette.state.running,
        palette.accent,
        palette.state.failed,
        palette.mark,
        palette.title,
        palette.strong,
    ];
    let symbols = [
        glyphs.dot(),
        glyphs.square(),
        glyphs.best(),
        glyphs.diamond(),
        glyphs.cross(),
        glyphs.best_below(),
        glyphs.plus(),
        glyphs.hollow(),
    ];
    (styles[place % styles.len()], symbols[place % symbols.len()])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::app::Compare;
    use crate::ui::theme::load;
    use crate::ui::{ColorDepth, Glyphs};

    #[test]
    fn every_compared_run_has_its_own_symbol_and_color() {
        let themes = load([]);
        for glyphs in Glyphs::ALL {
            let theme = RenderTheme::new(themes.first(), ColorDepth::TrueColor, glyphs);
            let symbols: HashSet<_> = (0..Compare::MAX_RUNS).map(|place| sign(&theme, place).1).collect();
            assert_eq!(symbols.len(), Compare::MAX_RUNS, "{glyphs}");
        }
        // Themes with few colours rely on the symbols.
        let few = ["terminal", "mono", "high-contrast"];
        for theme in themes.iter().filter(|theme| !few.contains(&theme.name.as_str())) {
            let rendered = RenderTheme::new(theme, ColorDepth::TrueColor, Glyphs::Unicode);
            let colours: HashSet<_> =
                (0..Compare::MAX_RUNS).map(|place| sign(&rendered, place).0.fg).collect();
            assert_eq!(colours.len(), Compare::MAX_RUNS, "{}", theme.name);
        }
    }
}
