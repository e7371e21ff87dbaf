//! A noisy curve together with its smoothed self.
use crate::metrics::{Ema, Series};

/// Raw points and their moving average, taken point by point before anything is thinned.
#[derive(Debug, Clone)]
pub struct Curve {
    raw: Series,
    smooth: Series,
    ema: Ema,
}

impl Curve {
    /// An empty curve that will be smoothed by `ema`.
    pub fn new(ema: Ema) -> Self {
        Self { raw: Series::default(), smooth: Series::default(), ema }
    }

    /// Appends a point; one that is not beyond the last goes back to it, as [`Series::push`] does.
    pub fn push(&mut self, x: f64, y: f64) {
        if self.raw.last().is_some_and(|last| x <= last.x) {
            self.rewind(x);
        }
        self.raw.push(x, y);
        self.smooth.push(x, self.ema.push(y));
    }

    /// Forgets the points at and after `x`, and what the average took from them.
    pub fn rewind(&mut self, x: f64) {
        self.raw.rewind(x);
        self.smooth_by(self.ema);
    }

    /// Smooths all points anew by another average.
    pub fn smooth_by(&mut self, ema: Ema) {
        self.ema = ema;
        self.smooth.clear();
        self.ema.reset();
        for point in self.raw.points() {
            self.smooth.push(point.x, self.ema.push(point.y));
        }
    }

    /// The points as they were measured.
    pub const fn raw(&self) -> &Series {
        &self.raw
    }

    /// Their moving average.
    pub const fn smooth(&self) -> &Series {
        &self.smooth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replayed_steps_leave_no_trace_in_the_average() {
        let mut replayed = Curve::new(Ema::over(5.0));
        let mut straight = replayed.clone();
        for (x, y) in [(1.0, 2.0), (2.0, 1.5), (3.0, 9.0), (2.0, 1.5), (3.0, 1.2)] {
            replayed.push(x, y);
        }
        for (x, y) in [(1.0, 2.0), (2.0, 1.5), (3.0, 1.2)] {
            straight.push(x, y);
        }
        assert_eq!(replayed.smooth().points(), straight.smooth().points());
        assert_eq!(replayed.raw().points(), straight.raw().points());
    }

    #[test]
    fn another_average_is_as_if_it_had_been_there_from_the_start() {
        let mut curves = [30.0, 5.0].map(|values| Curve::new(Ema::over(values)));
        for curve in &mut curves {
            for (x, y) in [(1.0, 2.0), (2.0, 1.5), (3.0, f64::NAN), (4.0, 1.2)] {
                curve.push(x, y);
            }
        }
        let [mut other, want] = curves;
        other.smooth_by(Ema::over(5.0));
        other.push(5.0, 3.0);
        let mut longer = want;
        longer.push(5.0, 3.0);
        let bits =
            |curve: &Curve| curve.smooth().points().iter().map(|point| point.y.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&other), bits(&longer));
    }

    #[test]
    fn a_gap_in_the_points_is_a_gap_in_the_average() {
        let mut curve = Curve::new(Ema::over(5.0));
        curve.push(1.0, 2.0);
        curve.push(2.0, f64::NAN);
        assert_eq!(curve.smooth().first_non_finite(), Some(2.0));
        assert_eq!(curve.smooth().last_finite().map(|point| point.x), Some(1.0));
    }
}
