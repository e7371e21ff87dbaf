//! The actions and keys of charts.

use std::borrow::Cow;

use super::metric::Metric;
use super::window::Window;
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::panes::Pane;
use crate::app::run_view::RunView;
use crate::app::screens::Screen;
use crate::app::shared::{Notice, Shared};
use crate::app::state::App;
use crate::metrics::{Interval, Series};

use CurveAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<CurveAction, Shared>] = &[
    key(A::WalkForward, &[Key::Right, Key::Char('l')], Some("read"), "next point"),
    key(A::WalkBack, &[Key::Left, Key::Char('h')], None, "previous point"),
    key(A::WalkFarForward, &[Key::PageDown], None, "further forward"),
    key(A::WalkFarBack, &[Key::PageUp], None, "further back"),
    key(A::WalkToStart, &[Key::Home, Key::Char('g')], None, "first point"),
    key(A::WalkToEnd, &[Key::End, Key::Char('G')], None, "last point"),
    key(A::ZoomIn, &[Key::Char('+'), Key::Char('=')], Some("zoom in"), "zoom in"),
    key(A::ZoomOut, &[Key::Char('-')], None, "zoom out"),
    key(A::ZoomAll, &[Key::Char('0')], None, "show the whole axis"),
    key(A::PanBack, &[Key::Char('<'), Key::Char('H')], None, "pan back"),
    key(A::PanForward, &[Key::Char('>'), Key::Char('L')], None, "pan forward"),
    key(A::NextAxis, &[Key::Char('x')], Some("axis"), "x axis: epochs, steps or time"),
    key(A::LogLoss, &[Key::Char('y')], Some("log"), "logarithmic loss axis"),
    key(A::Smooth, &[Key::Char('S')], None, "smooth the loss more"),
];

/// The factor by which one key press zooms.
const ZOOM: f64 = 0.5;
/// How far one key press pans, as a fraction of the visible width.
const PAN: f64 = 0.25;
/// The minimum distance that one key press moves the crosshair, as a fraction of the visible width.
const STRIDE: f64 = 0.01;
/// How many times farther the page keys move it.
const FAR: f64 = 10.0;

/// An action on the charts on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CurveAction {
    /// Use the next x axis.
    NextAxis,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Show the whole axis.
    ZoomAll,
    /// Pan towards the start.
    PanBack,
    /// Pan towards the end.
    PanForward,
    /// Move the crosshair to the previous point.
    WalkBack,
    /// Move it to the next point.
    WalkForward,
    /// Move it further back.
    WalkFarBack,
    /// Move it further forward.
    WalkFarForward,
    /// Move it to the first point.
    WalkToStart,
    /// Move it to the last point.
    WalkToEnd,
    /// Switch the loss axis between linear and logarithmic.
    LogLoss,
    /// Use the next amount of smoothing; after the largest, none.
    Smooth,
}

/// A direction along the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// Towards the start.
    Back,
    /// Towards the end.
    Forward,
}

impl App {
    /// The end of the axis of the charts on the screen.
    pub fn axis_end(&self) -> f64 {
        let end = |run: &RunView| self.shared.charts.along.end(run);
        match &self.screen {
            Screen::Compare(compare) => compare.runs.iter().map(end).fold(0.0, f64::max),
            _ => self.shared.run.as_ref().map_or(0.0, end),
        }
    }

    /// The position of the crosshair on the charts on the screen; `None` while it is not visible.
    pub fn crosshair(&self) -> Option<f64> {
        self.shared.charts.crosshair.filter(|x| self.axis().contains(*x))
    }

    /// The visible part of the axis of the charts on the screen.
    pub fn axis(&self) -> Interval {
        self.shared.charts.window.span(self.axis_end())
    }

    /// Applies an action to the charts on the screen.
    pub(in crate::app) fn update_charts(&mut self, action: CurveAction) {
        match action {
            CurveAction::NextAxis => self.next_axis(),
            CurveAction::ZoomIn => self.zoom_chart(Direction::Forward),
            CurveAction::ZoomOut => self.zoom_chart(Direction::Back),
            CurveAction::ZoomAll => self.shared.charts.window = Window::All,
            CurveAction::PanBack => self.pan_chart(Direction::Back),
            CurveAction::PanForward => self.pan_chart(Direction::Forward),
            CurveAction::WalkBack => self.walk(Direction::Back, 1.0),
            CurveAction::WalkForward => self.walk(Direction::Forward, 1.0),
            CurveAction::WalkFarBack => self.walk(Direction::Back, FAR),
            CurveAction::WalkFarForward => self.walk(Direction::Forward, FAR),
            CurveAction::WalkToStart => self.walk_to_end(Direction::Back),
            CurveAction::WalkToEnd => self.walk_to_end(Direction::Forward),
            CurveAction::LogLoss => self.shared.charts.log_loss = !self.shared.charts.log_loss,
            CurveAction::Smooth => self.smooth_more(),
        }
    }

    /// Switches to the next x axis and keeps the same steps of the focused run visible.
    fn next_axis(&mut self) {
        let (window, crosshair) = (self.shared.charts.window, self.crosshair());
        let (shown, along) = (self.axis(), self.shared.charts.along);
        self.shared.charts.along = along.next();
        self.shared.charts.show_all();
        let Some((run, _)) = self.focused_curve() else { return };
        let moved = |x: f64| self.shared.charts.along.x_scale(run).position(along.step_at(run, x));
        let (low, high, crosshair) = (moved(shown.low()), moved(shown.high()), crosshair.map(moved));
        self.shared.charts.window = match window {
            Window::All => Window::All,
            Window::Last(_) => Window::at(low, self.axis_end() - low, self.axis_end()),
            Window::Between(_) => Window::at(low, high - low, self.axis_end()),
        };
        self.shared.charts.crosshair = crosshair;
    }

    fn zoom_chart(&mut self, direction: Direction) {
        let factor = if direction == Direction::Forward { ZOOM } else { ZOOM.recip() };
        self.shared.charts.window =
            self.shared.charts.window.zoomed(factor, self.crosshair(), self.axis_end());
    }

    fn pan_chart(&mut self, direction: Direction) {
        let share = if direction == Direction::Forward { PAN } else { -PAN };
        self.shared.charts.window = self.shared.charts.window.panned(share, self.axis_end());
    }

    /// Moves the crosshair by this many strides to a point of the focused curve. It first appears at the right edge.
    fn walk(&mut self, direction: Direction, strides: f64) {
        let shown = self.axis();
        let Some((run, curve)) = self.focused_curve() else { return };
        let x_scale = self.shared.charts.along.x_scale(run);
        let stride = shown.width() * STRIDE * strides;
        let position = match (self.crosshair(), direction) {
            (None, _) => curve.previous_position(x_scale, shown.high()),
            (Some(before), Direction::Back) => {
                curve.previous_position(x_scale, (before - stride).min(before.next_down()))
            }
            (Some(before), Direction::Forward) => {
                curve.next_position(x_scale, (before + stride).max(before.next_up()))
            }
        };
        match position {
            Some(position) => self.read_at(position),
            None => self.walk_to_end(direction),
        }
    }

    /// Moves the crosshair to the first or the last point.
    fn walk_to_end(&mut self, direction: Direction) {
        let Some((run, curve)) = self.focused_curve() else { return };
        let x_scale = self.shared.charts.along.x_scale(run);
        let position = match direction {
            Direction::Back => curve.next_position(x_scale, 0.0),
            Direction::Forward => curve.previous_position(x_scale, f64::INFINITY),
        };
        if let Some(position) = position {
            self.read_at(position);
        }
    }

    fn read_at(&mut self, position: f64) {
        self.shared.charts.crosshair = Some(position);
        self.shared.charts.window = self.shared.charts.window.showing(position, self.axis_end());
    }

    /// The run and the curve whose points the crosshair follows.
    fn focused_curve(&self) -> Option<(&RunView, Cow<'_, Series>)> {
        let (run, chart) = match &self.screen {
            Screen::Compare(compare) => (compare.runs.get(compare.selected)?, compare.chart),
            _ if self.shared.panes.focus == Pane::Accuracy => (self.shared.run.as_ref()?, Metric::Accuracy),
            _ => (self.shared.run.as_ref()?, Metric::Loss),
        };
        Some((run, chart.curve(run)))
    }

    fn smooth_more(&mut self) {
        self.shared.charts.smoothing = self.shared.charts.smoothing.next();
        let smoothing = self.shared.charts.smoothing;
        let compared = match &mut self.screen {
            Screen::Compare(compare) => compare.runs.as_mut_slice(),
            _ => &mut [],
        };
        compared.iter_mut().chain(&mut self.shared.run).for_each(|run| run.set_smoothing(smoothing));
        self.shared.notice = Some(Notice::Info(smoothing.to_string()));
    }
}
