//! A series seen along an x axis: look-up by position, ranges, and thinning to the width of a screen.

use std::ops::Range;

use super::series::{Point, Series};
use super::x_scale::XScale;
use crate::metrics::Interval;

impl Series {
    /// The value, possibly NaN, of the point nearest to `position` on the axis; `None` before the first point.
    pub fn nearest(&self, scale: XScale<'_>, position: f64) -> Option<f64> {
        let next = self.points().partition_point(|point| scale.position(point.x) < position);
        let distance = |index: usize| (scale.position(self.points()[index].x) - position).abs();
        match (next.checked_sub(1), (next < self.points().len()).then_some(next)) {
            (Some(before), Some(next)) if distance(before) <= distance(next) => Some(self.points()[before].y),
            (Some(_), Some(next)) => Some(self.points()[next].y),
            (Some(last), None) => Some(self.points()[last].y),
            (None, Some(first)) => (distance(first) == 0.0).then(|| self.points()[first].y),
            (None, None) => None,
        }
    }

    /// The position of the first point at or after `position`.
    pub fn next_position(&self, scale: XScale<'_>, position: f64) -> Option<f64> {
        let next = self.points().partition_point(|point| scale.position(point.x) < position);
        self.points().get(next).map(|point| scale.position(point.x))
    }

    /// The position of the last point at or before `position`.
    pub fn previous_position(&self, scale: XScale<'_>, position: f64) -> Option<f64> {
        let end = self.points().partition_point(|point| scale.position(point.x) <= position);
        end.checked_sub(1).map(|last| scale.position(self.points()[last].x))
    }

    /// The positions of the first and the last point on the axis.
    pub fn x_span(&self, scale: XScale<'_>) -> Option<Interval> {
        Interval::new(scale.position(self.points().first()?.x), scale.position(self.points().last()?.x))
    }

    /// The number of points whose position lies within `x`.
    pub fn count(&self, scale: XScale<'_>, x: Interval) -> usize {
        self.within(scale, x).len()
    }

    fn within(&self, scale: XScale<'_>, x: Interval) -> Range<usize> {
        let start = self.points().partition_point(|point| scale.position(point.x) < x.low());
        start..self.points().partition_point(|point| scale.position(point.x) <= x.high())
    }

    /// The range of the finite values whose position lies within `x`.
    pub fn y_span(&self, scale: XScale<'_>, x: Interval) -> Option<Interval> {
        let within = self.within(scale, x);
        let found = self.summary(within.start, within.end).finite?;
        Interval::new(self.points()[found.low].y, self.points()[found.high].y)
    }

    /// A small subset of the points that draws the same picture as all of them on `columns` columns across `x`, with x
    /// already mapped to axis positions.
    ///
    /// Each column keeps its first, last, lowest and highest number and its first and last gap, so a spike of a single
    /// step stays visible among a million steps. One point beyond each end of `x` is included, so that lines run off
    /// the edges. Gaps have a y of NaN and break the line.
    pub fn thin(&self, scale: XScale<'_>, x: Interval, columns: usize) -> Vec<Point> {
        let x = x.widened();
        let drawn = |index: usize| {
            let Point { x, y } = self.points()[index];
            Point { x: scale.position(x), y: if y.is_finite() { y } else { f64::NAN } }
        };
        let mut thinned = Vec::new();
        let mut start = self.points().partition_point(|point| scale.position(point.x) < x.low());
        thinned.extend(start.checked_sub(1).map(drawn));
        for column in 0..columns {
            let in_column =
                |point: &Point| x.column(scale.position(point.x), columns).is_some_and(|at| at <= column);
            let end = start + self.points()[start..].partition_point(in_column);
            thinned.extend(self.summary(start, end).indices().map(drawn));
            start = end;
        }
        thinned.extend((start < self.points().len()).then(|| drawn(start)));
        thinned
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn series(values: &[f64]) -> Series {
        let mut series = Series::default();
        for (x, &y) in values.iter().enumerate() {
            series.push(x as f64, y);
        }
        series
    }

    #[test]
    fn thinning_keeps_a_single_spike_among_a_million_points() {
        let mut values = vec![1.0; 1_000_000];
        values[765_432] = 9.0;
        let series = series(&values);
        let thinned = series.thin(XScale::IDENTITY, series.x_span(XScale::IDENTITY).unwrap(), 200);
        assert!(thinned.len() <= 6 * 200 + 2);
        assert!(thinned.contains(&Point { x: 765_432.0, y: 9.0 }));
        assert_eq!(series.highest(), Some(Point { x: 765_432.0, y: 9.0 }));
    }

    #[test]
    fn non_finite_values_are_gaps() {
        let series = series(&[1.0, f64::NAN, f64::INFINITY, 2.0]);
        assert_eq!(series.first_non_finite(), Some(1.0));
        assert_eq!(
            series.y_span(XScale::IDENTITY, Interval::new(0.0, 9.0).unwrap()),
            Interval::new(1.0, 2.0)
        );
        let thinned = series.thin(XScale::IDENTITY, Interval::new(0.0, 3.0).unwrap(), 1);
        assert!(thinned.iter().any(|point| point.y.is_nan()));
        assert!(thinned.iter().all(|point| !point.y.is_infinite()));
    }

    #[test]
    fn thinning_includes_the_neighbours_of_the_visible_range() {
        let series = series(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let thinned = series.thin(XScale::IDENTITY, Interval::new(1.5, 3.5).unwrap(), 10);
        assert_eq!(thinned.iter().map(|point| point.x).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn a_lookup_scale_keeps_order_and_extremes() {
        // Steps 0 to 9 take a second each, those after it ten.
        let mut times = Series::default();
        for (step, time) in [(0.0, 0.0), (10.0, 10.0), (20.0, 110.0)] {
            times.push(step, time);
        }
        let (scale, values) = (XScale::Lookup(&times), (0..=20).map(f64::from).collect::<Vec<_>>());
        let series = series(&values);
        assert_eq!(series.x_span(scale), Interval::new(0.0, 110.0));
        assert_eq!(series.y_span(scale, Interval::new(20.0, 50.0).unwrap()), Interval::new(11.0, 14.0));
        let thinned = series.thin(scale, Interval::new(0.0, 110.0).unwrap(), 11);
        assert!(
            thinned.contains(&Point { x: 30.0, y: 12.0 }) && !thinned.contains(&Point { x: 5.0, y: 5.0 })
        );
        assert_eq!(series.nearest(scale, 34.9), Some(12.0));
        assert_eq!((series.nearest(scale, 35.1), series.nearest(scale, 999.0)), (Some(13.0), Some(20.0)));
        assert_eq!((series.nearest(scale, 0.0), series.nearest(scale, -0.1)), (Some(0.0), None));
        assert_eq!(
            (series.next_position(scale, 20.5), series.previous_position(scale, 20.5)),
            (Some(30.0), Some(20.0))
        );
        assert_eq!((series.next_position(scale, 111.0), series.previous_position(scale, -1.0)), (None, None));
    }

    #[test]
    fn pushing_an_earlier_x_replaces_later_points() {
        let mut series = series(&[1.0, 2.0, f64::NAN, 4.0]);
        series.push(1.0, 7.0);
        assert_eq!(series.points(), [Point { x: 0.0, y: 1.0 }, Point { x: 1.0, y: 7.0 }]);
        assert_eq!(series.first_non_finite(), None);
        assert_eq!(series.nearest(XScale::IDENTITY, 5.0), Some(7.0));
    }

    #[test]
    fn empty_series_has_no_values() {
        let series = Series::default();
        assert!(series.is_empty() && series.thin(XScale::IDENTITY, Interval::UNIT, 10).is_empty());
        assert_eq!(
            (
                series.x_span(XScale::IDENTITY),
                series.y_span(XScale::IDENTITY, Interval::UNIT),
                series.lowest()
            ),
            (None, None, None)
        );
        assert_eq!((series.nearest(XScale::IDENTITY, 0.0), series.last_finite()), (None, None));
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(prop_oneof![9 => -5.0..5.0_f64, 1 => Just(f64::NAN)], 0..600)
    }

    proptest! {
        #[test]
        fn thinning_keeps_the_extremes_and_gaps_of_every_column(
            values in values(), columns in 1..40_usize, rewound in prop::option::of(0..600_usize),
        ) {
            let mut series = series(&values);
            if let Some(x) = rewound {
                series.rewind(x as f64);
                for (x, &y) in values.iter().enumerate().skip(x) {
                    series.push(x as f64, y);
                }
            }
            let span = Interval::new(0.0, values.len() as f64).unwrap();
            let thinned = series.thin(XScale::IDENTITY, span, columns);
            prop_assert!(thinned.is_sorted_by(|a, b| a.x < b.x));
            for column in 0..columns {
                let of = |points: &[Point]| -> (Option<Interval>, bool) {
                    let ys: Vec<f64> = points
                        .iter()
                        .filter(|point| span.column(point.x, columns) == Some(column))
                        .map(|point| point.y)
                        .collect();
                    (Interval::of(ys.iter().copied()), ys.iter().any(|y| y.is_nan()))
                };
                prop_assert_eq!(of(&thinned), of(series.points()));
            }
        }

        #[test]
        fn any_point_can_be_pushed(points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..100)) {
            let mut series = Series::default();
            for (x, y) in points {
                series.push(x, y);
                series.thin(XScale::IDENTITY, Interval::UNIT, 7);
                if let Some(x) = series.x_span(XScale::IDENTITY) {
                    series.thin(XScale::IDENTITY, x, 3);
                }
            }
            prop_assert!(series.points().is_sorted_by(|a, b| a.x < b.x));
        }
    }
}
