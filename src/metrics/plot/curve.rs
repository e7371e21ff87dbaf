//! A series together with its moving average.

use crate::metrics::{Ema, Series};

/// Raw points and their moving average, which is computed from every point before any thinning.
#[derive(Debug, Clone)]
pub struct Curve {
    raw: Series,
    smooth: Series,
    ema: Ema,
}

impl Curve {
    /// An empty curve, smoothed by `ema`.
    pub fn new(ema: Ema) -> Self {
        Self { raw: Series::default(), smooth: Series::default(), ema }
    }

    /// Appends a point. If `x` is not beyond the last point, the curve is rewound to it first, as in [`Series::push`].
    pub fn push(&mut self, x: f64, y: f64) {
        if self.raw.last().is_some_and(|last| x <= last.x) {
            self.rewind(x);
        }
        self.raw.push(x, y);
        self.smooth.push(x, self.ema.push(y));
    }

    /// Discards the points at and after `x` and recomputes the average.
    pub fn rewind(&mut self, x: f64) {
        self.raw.rewind(x);
        self.set_smoothing(self.ema);
    }

    /// Recomputes the smoothed series with another average.
    pub fn set_smoothing(&mut self, ema: Ema) {
        self.ema = ema;
        self.smooth.clear();
        self.ema.reset();
        for point in self.raw.points() {
            self.smooth.push(point.x, self.ema.push(point.y));
        }
    }

    /// The points as measured.
    pub const fn raw(&self) -> &Series {
        &self.raw
    }

    /// The moving average at each point.
    pub const fn smooth(&self) -> &Series {
        &self.smooth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replayed_steps_do_not_count_twice_in_the_average() {
        let mut replayed = Curve::new(Ema::with_span(5.0));
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
    fn set_smoothing_equals_smoothing_from_the_start() {
        let mut curves = [30.0, 5.0].map(|values| Curve::new(Ema::with_span(values)));
        for curve in &mut curves {
            for (x, y) in [(1.0, 2.0), (2.0, 1.5), (3.0, f64::NAN), (4.0, 1.2)] {
                curve.push(x, y);
            }
        }
        let [mut other, want] = curves;
        other.set_smoothing(Ema::with_span(5.0));
        other.push(5.0, 3.0);
        let mut longer = want;
        longer.push(5.0, 3.0);
        let bits =
            |curve: &Curve| curve.smooth().points().iter().map(|point| point.y.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&other), bits(&longer));
    }

    #[test]
    fn a_gap_in_the_points_is_a_gap_in_the_average() {
        let mut curve = Curve::new(Ema::with_span(5.0));
        curve.push(1.0, 2.0);
        curve.push(2.0, f64::NAN);
        assert_eq!(curve.smooth().first_non_finite(), Some(2.0));
        assert_eq!(curve.smooth().last_finite().map(|point| point.x), Some(1.0));
    }
}
