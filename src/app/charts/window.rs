//! The visible window of an axis.

use crate::metrics::Interval;

/// The narrowest window, as a fraction of the axis: a single step of five million is then several columns wide.
const NARROWEST: f64 = 1e-6;
/// The visible window of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Window {
    /// The whole axis.
    #[default]
    All,
    /// This width before the end, which moves while a run trains.
    Last(f64),
    /// A fixed interval.
    Between(Interval),
}

impl Window {
    /// The visible interval of an axis from zero to `end`.
    pub fn span(self, end: f64) -> Interval {
        let all = Interval::new(0.0, end).filter(|all| all.width() > 0.0).unwrap_or(Interval::UNIT);
        match self {
            Self::All => all,
            Self::Last(width) => Interval::new((all.high() - width).max(0.0), all.high()).unwrap_or(all),
            Self::Between(span) => span,
        }
    }

    /// The window of this width that starts at `low`, clipped to an axis from zero to `end`.
    pub(super) fn at(low: f64, width: f64, end: f64) -> Self {
        if width >= end {
            return Self::All;
        }
        match Interval::new(low.max(0.0), low.max(0.0) + width) {
            Some(span) if span.high() < end => Self::Between(span),
            _ => Self::Last(width),
        }
    }

    /// The window scaled by `factor` around `fixed`, by default the right edge.
    pub(super) fn zoomed(self, factor: f64, fixed: Option<f64>, end: f64) -> Self {
        let shown = self.span(end).widened();
        let width = (shown.width() * factor).max(end * NARROWEST);
        let fixed = fixed.filter(|x| shown.contains(*x)).unwrap_or(shown.high());
        Self::at(fixed - width * shown.ratio(fixed), width, end)
    }

    /// The window moved by this fraction of its width.
    pub(super) fn panned(self, share: f64, end: f64) -> Self {
        let shown = self.span(end);
        Self::at(shown.low() + shown.width() * share, shown.width(), end)
    }

    /// The window moved by the smallest distance that makes `x` visible.
    pub(super) fn showing(self, x: f64, end: f64) -> Self {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn between(low: f64, high: f64) -> Window {
        Window::Between(Interval::new(low, high).unwrap())
    }

    #[test]
    fn window_follows_the_end_unless_fixed() {
        assert_eq!(Window::All.zoomed(0.5, None, 40.0), Window::Last(20.0));
        assert_eq!(Window::Last(20.0).span(44.0), Interval::new(24.0, 44.0).unwrap());
        assert_eq!(Window::All.zoomed(0.5, Some(10.0), 40.0), between(5.0, 25.0));
        assert_eq!(Window::Last(20.0).zoomed(2.0, None, 40.0), Window::All);
    }

    #[test]
    fn window_stops_at_the_ends_of_the_axis() {
        assert_eq!(Window::Last(20.0).panned(-0.25, 40.0), between(15.0, 35.0));
        assert_eq!(between(15.0, 35.0).panned(-4.0, 40.0), between(0.0, 20.0));
        assert_eq!(between(15.0, 35.0).panned(0.25, 40.0), Window::Last(20.0));
        assert_eq!(Window::All.panned(-0.25, 40.0), Window::All);
        assert_eq!(between(15.0, 35.0).showing(10.0, 40.0), between(10.0, 30.0));
        assert_eq!(between(15.0, 35.0).showing(36.0, 40.0), between(16.0, 36.0));
        assert_eq!(between(15.0, 35.0).showing(20.0, 40.0), between(15.0, 35.0));
    }

    proptest! {
        #[test]
        fn window_stays_within_the_axis(keys in prop::collection::vec((0..4_u8, 0.0..50.0_f64), 0..60), end in 0.1..1e7_f64) {
            let mut window = Window::All;
            for (key, x) in keys {
                window = match key {
                    0 => window.zoomed(0.5, Some(x), end),
                    1 => window.zoomed(2.0, None, end),
                    2 => window.panned(x - 25.0, end),
                    _ => window.showing(x.min(end), end),
                };
                let shown = window.span(end);
                prop_assert!(shown.low() >= 0.0 && shown.high() <= end * (1.0 + 1e-9) && shown.width() > 0.0);
            }
        }
    }
}
