//! How curves are looked at: along which axis, which part of it, how smooth, and where their values are read.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{App, ComparedChart, News, Pane, RunView, Screen};
use crate::metrics::{Ruler, Series, Span};

/// How curves are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChartView {
    /// What they go along.
    pub along: Along,
    /// How much of it is shown.
    pub window: Window,
    /// Where values are read.
    pub crosshair: Option<f64>,
    /// Whether losses are drawn by their logarithms.
    pub log_loss: bool,
    /// How training losses are smoothed.
    pub smoothing: Smoothing,
}

/// What charts go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// Epochs: runs with other batch sizes are side by side.
    #[default]
    Epochs,
    /// Steps.
    Steps,
    /// Training time in seconds, without pauses.
    ActiveTime,
    /// Seconds since the run began, with pauses.
    WallTime,
}

impl Along {
    const fn next(self) -> Self {
        match self {
            Self::Epochs => Self::Steps,
            Self::Steps => Self::ActiveTime,
            Self::ActiveTime => Self::WallTime,
            Self::WallTime => Self::Epochs,
        }
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Epochs => "epochs",
            Self::Steps => "steps",
            Self::ActiveTime => "active time",
            Self::WallTime => "wall time",
        }
    }

    /// Where the steps of a run lie.
    pub fn ruler(self, run: &RunView) -> Ruler<'_> {
        match self {
            Self::Epochs => Ruler::Every(run.steps_per_epoch()),
            Self::Steps => Ruler::X,
            Self::ActiveTime => Ruler::Through(&run.times),
            Self::WallTime => Ruler::Through(&run.wall_times),
        }
    }

    /// The step of a run that lies here, or the nearest one that it did.
    fn step_at(self, run: &RunView, place: f64) -> f64 {
        let (mut low, mut high) = (0.0, run.step as f64);
        // So that a step of any run is told from the next one.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.ruler(run).place(middle) < place { low = middle } else { high = middle }
        }
        high
    }

    /// Where a run's last step lies.
    pub fn end(self, run: &RunView) -> f64 {
        self.ruler(run).place(run.step as f64)
    }
}

/// How much of an axis is shown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Window {
    /// Everything.
    #[default]
    All,
    /// So much before the end, which moves while a run trains.
    Last(f64),
    /// From here to there.
    Between(Span),
}

impl Window {
    /// What is shown of an axis from zero to `end`.
    pub fn span(self, end: f64) -> Span {
        let all = Span::new(0.0, end).filter(|all| all.width() > 0.0).unwrap_or(Span::UNIT);
        match self {
            Self::All => all,
            Self::Last(width) => Span::new((all.high() - width).max(0.0), all.high()).unwrap_or(all),
            Self::Between(span) => span,
        }
    }

    /// The window that shows `width` of an axis from `low` on, as far as there is an axis from zero to `end`.
    fn at(low: f64, width: f64, end: f64) -> Self {
        if width >= end {
            return Self::All;
        }
        match Span::new(low.max(0.0), low.max(0.0) + width) {
            Some(span) if span.high() < end => Self::Between(span),
            _ => Self::Last(width),
        }
    }

    /// `factor` times as wide, with `fixed` where it was, or else the right edge.
    fn zoomed(self, factor: f64, fixed: Option<f64>, end: f64) -> Self {
        let shown = self.span(end).widened();
        let width = (shown.width() * factor).max(end * NARROWEST);
        let fixed = fixed.filter(|x| shown.contains(*x)).unwrap_or(shown.high());
        Self::at(fixed - width * shown.ratio(fixed), width, end)
    }

    /// Moved by this share of its width.
    fn panned(self, share: f64, end: f64) -> Self {
        let shown = self.span(end);
        Self::at(shown.low() + shown.width() * share, shown.width(), end)
    }

    /// Moved as little as shows `x`.
    fn showing(self, x: f64, end: f64) -> Self {
        let shown = self.span(end);
        if shown.contains(x) {
            self
        } else if x < shown.low() {
            Self::at(x, shown.width(), end)
        } else {
            Self::at(x - shown.width(), shown.width(), end)
        }
    }
}

/// The narrowest window, as a share of the axis: a step of five million takes some columns there.
const NARROWEST: f64 = 1e-6;
/// How much narrower one key makes a window.
const ZOOM: f64 = 0.5;
/// How far one key moves it, as a share of its width.
const PAN: f64 = 0.25;
/// How far one key moves the crosshair, as a share of the window's width, if no point is farther.
const STRIDE: f64 = 0.01;
/// How many strides are far.
const FAR: f64 = 10.0;

/// How far back the average of a smoothed curve looks, as a share of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Smoothing(f64);

impl Default for Smoothing {
    /// A tenth of an epoch: little enough to follow the first fall, enough to tell one epoch from the next.
    fn default() -> Self {
        Self(0.1)
    }
}

impl Smoothing {
    /// The shares that a key goes through.
    const SHARES: [f64; 6] = [0.0, 0.01, 0.03, 0.1, 0.3, 1.0];
    /// The fewest steps for each whole epoch: where epochs are short, a share of one smooths nothing.
    const LEAST: f64 = 100.0;

    fn next(self) -> Self {
        Self(Self::SHARES.into_iter().find(|share| *share > self.0).unwrap_or(Self::SHARES[0]))
    }

    /// How many steps it looks back; one is the step itself.
    pub fn steps(self, steps_per_epoch: f64) -> f64 {
        (self.0 * steps_per_epoch.max(Self::LEAST)).max(1.0)
    }
}

impl fmt::Display for Smoothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0.0 => f.write_str("training losses are not smoothed"),
            1.0 => f.write_str("training losses are smoothed over an epoch"),
            share => write!(f, "training losses are smoothed over {share} of an epoch"),
        }
    }
}

/// Something that a key does to the charts on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CurveAction {
    /// To the next axis.
    NextAxis,
    /// Show less of the axis.
    ZoomIn,
    /// Show more of it.
    ZoomOut,
    /// Show all of it.
    ZoomAll,
    /// Show what is before.
    PanBack,
    /// Show what comes after.
    PanOn,
    /// Read values at the point before.
    WalkBack,
    /// Read them at the next point.
    WalkOn,
    /// Read them farther back.
    WalkFarBack,
    /// Read them farther on.
    WalkFarOn,
    /// Read them at the first point.
    WalkToStart,
    /// Read them at the last point.
    WalkToEnd,
    /// Draw losses by their logarithms, or no more.
    LogLoss,
    /// Smooth training losses more, or after the most not at all.
    Smooth,
}

/// A way along the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Towards the start.
    Back,
    /// Towards the end.
    On,
}

impl ChartView {
    /// As other runs are first seen: all of them, and no values read.
    pub(super) const fn whole(&mut self) {
        (self.window, self.crosshair) = (Window::All, None);
    }
}

impl App {
    /// Where the axis of the charts on the screen ends.
    pub fn axis_end(&self) -> f64 {
        let end = |run: &RunView| self.charts.along.end(run);
        match (self.screen, &self.compare) {
            (Screen::Compare, Some(compare)) => compare.runs.iter().map(end).fold(0.0, f64::max),
            _ => self.run.as_ref().map_or(0.0, end),
        }
    }

    /// Where values are read on the charts on the screen. What is moved out of sight is read no more.
    pub fn crosshair(&self) -> Option<f64> {
        self.charts.crosshair.filter(|x| self.axis().contains(*x))
    }

    /// The part of the axis that the charts on the screen show.
    pub fn axis(&self) -> Span {
        self.charts.window.span(self.axis_end())
    }

    /// Does what a key asks for.
    pub(super) fn look_at_curves(&mut self, action: CurveAction) {
        match action {
            CurveAction::NextAxis => self.turn_axis(),
            CurveAction::ZoomIn => self.zoom_chart(Way::On),
            CurveAction::ZoomOut => self.zoom_chart(Way::Back),
            CurveAction::ZoomAll => self.charts.window = Window::All,
            CurveAction::PanBack => self.pan_chart(Way::Back),
            CurveAction::PanOn => self.pan_chart(Way::On),
            CurveAction::WalkBack => self.walk(Way::Back, 1.0),
            CurveAction::WalkOn => self.walk(Way::On, 1.0),
            CurveAction::WalkFarBack => self.walk(Way::Back, FAR),
            CurveAction::WalkFarOn => self.walk(Way::On, FAR),
            CurveAction::WalkToStart => self.walk_to_end(Way::Back),
            CurveAction::WalkToEnd => self.walk_to_end(Way::On),
            CurveAction::LogLoss => self.charts.log_loss = !self.charts.log_loss,
            CurveAction::Smooth => self.smooth_more(),
        }
    }

    /// To the next axis, with the same steps of the run that has the focus in sight.
    fn turn_axis(&mut self) {
        let (window, crosshair) = (self.charts.window, self.crosshair());
        let (shown, along) = (self.axis(), self.charts.along);
        self.charts.along = along.next();
        self.charts.whole();
        let Some((run, _)) = self.focused_curve() else { return };
        let moved = |x: f64| self.charts.along.ruler(run).place(along.step_at(run, x));
        let (low, high, crosshair) = (moved(shown.low()), moved(shown.high()), crosshair.map(moved));
        self.charts.window = match window {
            Window::All => Window::All,
            Window::Last(_) => Window::at(low, self.axis_end() - low, self.axis_end()),
            Window::Between(_) => Window::at(low, high - low, self.axis_end()),
        };
        self.charts.crosshair = crosshair;
    }

    fn zoom_chart(&mut self, way: Way) {
        let factor = if way == Way::On { ZOOM } else { ZOOM.recip() };
        self.charts.window = self.charts.window.zoomed(factor, self.crosshair(), self.axis_end());
    }

    fn pan_chart(&mut self, way: Way) {
        let share = if way == Way::On { PAN } else { -PAN };
        self.charts.window = self.charts.window.panned(share, self.axis_end());
    }

    /// Moves the crosshair by so many strides to a point of the curve that has the focus; the first time it appears at
    /// the end of what is shown.
    fn walk(&mut self, way: Way, strides: f64) {
        let shown = self.axis();
        let Some((run, curve)) = self.focused_curve() else { return };
        let ruler = self.charts.along.ruler(run);
        let stride = shown.width() * STRIDE * strides;
        let place = match (self.crosshair(), way) {
            (None, _) => curve.previous_place(ruler, shown.high()),
            (Some(before), Way::Back) => {
                curve.previous_place(ruler, (before - stride).min(before.next_down()))
            }
            (Some(before), Way::On) => curve.next_place(ruler, (before + stride).max(before.next_up())),
        };
        match place {
            Some(place) => self.read_at(place),
            None => self.walk_to_end(way),
        }
    }

    /// Moves the crosshair to the first or the last point.
    fn walk_to_end(&mut self, way: Way) {
        let Some((run, curve)) = self.focused_curve() else { return };
        let ruler = self.charts.along.ruler(run);
        let place = match way {
            Way::Back => curve.next_place(ruler, 0.0),
            Way::On => curve.previous_place(ruler, f64::INFINITY),
        };
        if let Some(place) = place {
            self.read_at(place);
        }
    }

    fn read_at(&mut self, place: f64) {
        self.charts.crosshair = Some(place);
        self.charts.window = self.charts.window.showing(place, self.axis_end());
    }

    /// The run and its curve that the crosshair walks along.
    fn focused_curve(&self) -> Option<(&RunView, Cow<'_, Series>)> {
        let (run, chart) = match (self.screen, &self.compare) {
            (Screen::Compare, Some(compare)) => (compare.runs.get(compare.selected)?, compare.chart),
            _ if self.focus == Pane::Accuracy => (self.run.as_ref()?, ComparedChart::Accuracy),
            _ => (self.run.as_ref()?, ComparedChart::Loss),
        };
        Some((run, chart.curve(run)))
    }

    fn smooth_more(&mut self) {
        self.charts.smoothing = self.charts.smoothing.next();
        let smoothing = self.charts.smoothing;
        let runs = self.compare.iter_mut().flat_map(|compare| &mut compare.runs).chain(&mut self.run);
        runs.for_each(|run| run.smooth(smoothing));
        self.notice = Some(News::Good(smoothing.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn between(low: f64, high: f64) -> Window {
        Window::Between(Span::new(low, high).unwrap())
    }

    #[test]
    fn the_end_stays_in_sight_unless_values_are_read() {
        assert_eq!(Window::All.zoomed(0.5, None, 40.0), Window::Last(20.0));
        assert_eq!(Window::Last(20.0).span(44.0), Span::new(24.0, 44.0).unwrap());
        assert_eq!(Window::All.zoomed(0.5, Some(10.0), 40.0), between(5.0, 25.0));
        assert_eq!(Window::Last(20.0).zoomed(2.0, None, 40.0), Window::All);
    }

    #[test]
    fn a_window_moves_as_far_as_there_is_something() {
        assert_eq!(Window::Last(20.0).panned(-0.25, 40.0), between(15.0, 35.0));
        assert_eq!(between(15.0, 35.0).panned(-4.0, 40.0), between(0.0, 20.0));
        assert_eq!(between(15.0, 35.0).panned(0.25, 40.0), Window::Last(20.0));
        assert_eq!(Window::All.panned(-0.25, 40.0), Window::All);
        assert_eq!(between(15.0, 35.0).showing(10.0, 40.0), between(10.0, 30.0));
        assert_eq!(between(15.0, 35.0).showing(36.0, 40.0), between(16.0, 36.0));
        assert_eq!(between(15.0, 35.0).showing(20.0, 40.0), between(15.0, 35.0));
    }

    #[test]
    fn smoothing_goes_round() {
        let mut smoothing = Smoothing::default();
        let steps: Vec<f64> = (0..6)
            .map(|_| {
                smoothing = smoothing.next();
                smoothing.steps(1000.0)
            })
            .collect();
        let want = [300.0, 1000.0, 1.0, 10.0, 30.0, 100.0];
        assert!(steps.iter().zip(want).all(|(steps, want)| (steps - want).abs() < 1e-9), "{steps:?}");
        assert_eq!(Smoothing::default().steps(8.0).to_bits(), 10.0_f64.to_bits());
    }

    proptest! {
        #[test]
        fn no_keys_lead_out_of_the_axis(keys in prop::collection::vec((0..4_u8, 0.0..50.0_f64), 0..60), end in 0.1..1e7_f64) {
            let mut window = Window::All;
            for (key, x) in keys {
                window = match key {
                    0 => window.zoomed(ZOOM, Some(x), end),
                    1 => window.zoomed(ZOOM.recip(), None, end),
                    2 => window.panned(x - 25.0, end),
                    _ => window.showing(x.min(end), end),
                };
                let shown = window.span(end);
                prop_assert!(shown.low() >= 0.0 && shown.high() <= end * (1.0 + 1e-9) && shown.width() > 0.0);
            }
        }
    }
}
