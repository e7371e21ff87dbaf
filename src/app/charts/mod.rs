//! How curves are looked at: along which axis, which part of it, how smooth, and where their values are read.

mod smoothing;
mod window;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use self::smoothing::Smoothing;
pub use self::window::Window;
use super::{App, Notice, Pane, RunView, Screen};
use crate::metrics::{Interval, Series, XScale};
use crate::run::EpochMetric;

/// How curves are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChartView {
    /// What they go along.
    pub along: XAxis,
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
pub enum XAxis {
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

impl XAxis {
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
    pub fn ruler(self, run: &RunView) -> XScale<'_> {
        match self {
            Self::Epochs => XScale::PerUnit(run.steps_per_epoch()),
            Self::Steps => XScale::IDENTITY,
            Self::ActiveTime => XScale::Lookup(&run.times),
            Self::WallTime => XScale::Lookup(&run.wall_times),
        }
    }

    /// The step of a run that lies here, or the nearest one that it did.
    fn step_at(self, run: &RunView, place: f64) -> f64 {
        let (mut low, mut high) = (0.0, run.timeline.step as f64);
        // So that a step of any run is told from the next one.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.ruler(run).position(middle) < place { low = middle } else { high = middle }
        }
        high
    }

    /// Where a run's last step lies.
    pub fn end(self, run: &RunView) -> f64 {
        self.ruler(run).position(run.timeline.step as f64)
    }
}

/// What a chart shows of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Smoothed training loss.
    Loss,
    /// Accuracy on the test set.
    Accuracy,
}

impl Metric {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Loss => Self::Accuracy,
            Self::Accuracy => Self::Loss,
        }
    }

    /// Its curve, by step; of the loss the smoothed one.
    pub fn curve(self, run: &RunView) -> Cow<'_, Series> {
        match self {
            Self::Loss => Cow::Borrowed(run.loss.smooth()),
            Self::Accuracy => Cow::Owned(run.by_epoch(EpochMetric::TEST_ACCURACY)),
        }
    }
}

/// How much narrower one key makes a window.
const ZOOM: f64 = 0.5;
/// How far one key moves it, as a share of its width.
const PAN: f64 = 0.25;
/// How far one key moves the crosshair, as a share of the window's width, if no point is farther.
const STRIDE: f64 = 0.01;
/// How many strides are far.
const FAR: f64 = 10.0;

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
enum Direction {
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
    pub fn axis(&self) -> Interval {
        self.charts.window.span(self.axis_end())
    }

    /// Does what a key asks for.
    pub(super) fn look_at_curves(&mut self, action: CurveAction) {
        match action {
            CurveAction::NextAxis => self.turn_axis(),
            CurveAction::ZoomIn => self.zoom_chart(Direction::On),
            CurveAction::ZoomOut => self.zoom_chart(Direction::Back),
            CurveAction::ZoomAll => self.charts.window = Window::All,
            CurveAction::PanBack => self.pan_chart(Direction::Back),
            CurveAction::PanOn => self.pan_chart(Direction::On),
            CurveAction::WalkBack => self.walk(Direction::Back, 1.0),
            CurveAction::WalkOn => self.walk(Direction::On, 1.0),
            CurveAction::WalkFarBack => self.walk(Direction::Back, FAR),
            CurveAction::WalkFarOn => self.walk(Direction::On, FAR),
            CurveAction::WalkToStart => self.walk_to_end(Direction::Back),
            CurveAction::WalkToEnd => self.walk_to_end(Direction::On),
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
        let moved = |x: f64| self.charts.along.ruler(run).position(along.step_at(run, x));
        let (low, high, crosshair) = (moved(shown.low()), moved(shown.high()), crosshair.map(moved));
        self.charts.window = match window {
            Window::All => Window::All,
            Window::Last(_) => Window::at(low, self.axis_end() - low, self.axis_end()),
            Window::Between(_) => Window::at(low, high - low, self.axis_end()),
        };
        self.charts.crosshair = crosshair;
    }

    fn zoom_chart(&mut self, way: Direction) {
        let factor = if way == Direction::On { ZOOM } else { ZOOM.recip() };
        self.charts.window = self.charts.window.zoomed(factor, self.crosshair(), self.axis_end());
    }

    fn pan_chart(&mut self, way: Direction) {
        let share = if way == Direction::On { PAN } else { -PAN };
        self.charts.window = self.charts.window.panned(share, self.axis_end());
    }

    /// Moves the crosshair by so many strides to a point of the curve that has the focus; the first time it appears at
    /// the end of what is shown.
    fn walk(&mut self, way: Direction, strides: f64) {
        let shown = self.axis();
        let Some((run, curve)) = self.focused_curve() else { return };
        let ruler = self.charts.along.ruler(run);
        let stride = shown.width() * STRIDE * strides;
        let place = match (self.crosshair(), way) {
            (None, _) => curve.previous_position(ruler, shown.high()),
            (Some(before), Direction::Back) => {
                curve.previous_position(ruler, (before - stride).min(before.next_down()))
            }
            (Some(before), Direction::On) => {
                curve.next_position(ruler, (before + stride).max(before.next_up()))
            }
        };
        match place {
            Some(place) => self.read_at(place),
            None => self.walk_to_end(way),
        }
    }

    /// Moves the crosshair to the first or the last point.
    fn walk_to_end(&mut self, way: Direction) {
        let Some((run, curve)) = self.focused_curve() else { return };
        let ruler = self.charts.along.ruler(run);
        let place = match way {
            Direction::Back => curve.next_position(ruler, 0.0),
            Direction::On => curve.previous_position(ruler, f64::INFINITY),
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
            _ if self.focus == Pane::Accuracy => (self.run.as_ref()?, Metric::Accuracy),
            _ => (self.run.as_ref()?, Metric::Loss),
        };
        Some((run, chart.curve(run)))
    }

    fn smooth_more(&mut self) {
        self.charts.smoothing = self.charts.smoothing.next();
        let smoothing = self.charts.smoothing;
        let runs = self.compare.iter_mut().flat_map(|compare| &mut compare.runs).chain(&mut self.run);
        runs.for_each(|run| run.smooth(smoothing));
        self.notice = Some(Notice::Good(smoothing.to_string()));
    }
}
