//! An append-only curve that can be thinned to the width of a screen without losing what matters.
use std::ops::Range;

use crate::metrics::{Interval, XScale};

/// How many nodes of one level make a node of the next.
const FANOUT: usize = 16;

/// One measured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where: a step, an epoch, a time.
    pub x: f64,
    /// What was measured there; not finite means that there is no number.
    pub y: f64,
}

/// A curve in the order of its x, which only ever grows at its end.
///
/// Over the points lies a pyramid of summaries, 16 to one, that grows with them; so the extremes of any range are
/// found in logarithmic time, and drawing a million points costs no more than drawing a thousand.
#[derive(Debug, Clone, Default)]
pub struct Series {
    points: Vec<Point>,
    levels: Vec<Vec<Summary>>,
    first_gap: Option<f64>,
}

/// The points of a range that a drawing must not lose, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Summary {
    finite: Option<Extremes>,
    gaps: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extremes {
    first: usize,
    last: usize,
    low: usize,
    high: usize,
}

impl Series {
    /// The value between the points beside `x`, on the line from one to the other; at the ends the first or the last.
    pub fn value_near(&self, x: f64) -> Option<f64> {
        let after = self.points.partition_point(|point| point.x < x);
        let (before, after) = (after.checked_sub(1).map(|place| self.points[place]), self.points.get(after));
        match (before, after) {
            (Some(before), Some(after)) => {
                Some(before.y + (after.y - before.y) * (x - before.x) / (after.x - before.x))
            }
            (before, after) => before.or(after.copied()).map(|point| point.y),
        }
    }

    /// Appends the value `y` measured at `x`.
    ///
    /// An `x` that is not beyond the last one goes back to it: a resumed run measures the steps after its checkpoint
    /// again, and the later measurement holds. An `x` that is not finite is nowhere and is left out.
    pub fn push(&mut self, x: f64, y: f64) {
        if !x.is_finite() {
            return;
        }
        if self.last().is_some_and(|last| x <= last.x) {
            self.rewind(x);
        }
        if !y.is_finite() {
            self.first_gap.get_or_insert(x);
        }
        self.points.push(Point { x, y });
        self.grow();
    }

    /// Forgets the points at and after `x`.
    pub fn rewind(&mut self, x: f64) {
        let keep = self.points.partition_point(|point| point.x < x);
        self.points.truncate(keep);
        let mut nodes = keep;
        for level in &mut self.levels {
            nodes /= FANOUT;
            level.truncate(nodes);
        }
        self.first_gap = self.first_gap.filter(|&gap| gap < x);
    }

    /// Forgets every point.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Every point.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Whether there is no point, not even a gap.
    pub const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The last point, which may be a gap.
    pub fn last(&self) -> Option<Point> {
        self.points.last().copied()
    }

    /// The last point that is a number.
    pub fn last_finite(&self) -> Option<Point> {
        self.points.iter().rev().find(|point| point.y.is_finite()).copied()
    }

    /// The x of the first value that was not a number.
    pub const fn first_non_finite(&self) -> Option<f64> {
        self.first_gap
    }

    /// What was measured nearest to `place` on the axis, be it a number or not, and nothing before the first point.
    pub fn nearest(&self, ruler: XScale<'_>, place: f64) -> Option<f64> {
        let next = self.points.partition_point(|point| ruler.place(point.x) < place);
        let distance = |index: usize| (ruler.place(self.points[index].x) - place).abs();
        match (next.checked_sub(1), (next < self.points.len()).then_some(next)) {
            (Some(before), Some(next)) if distance(before) <= distance(next) => Some(self.points[before].y),
            (Some(_), Some(next)) => Some(self.points[next].y),
            (Some(last), None) => Some(self.points[last].y),
            (None, Some(first)) => (distance(first) == 0.0).then(|| self.points[first].y),
            (None, None) => None,
        }
    }

    /// Where the first point at or after `place` lies on the axis.
    pub fn next_place(&self, ruler: XScale<'_>, place: f64) -> Option<f64> {
        let next = self.points.partition_point(|point| ruler.place(point.x) < place);
        self.points.get(next).map(|point| ruler.place(point.x))
    }

    /// Where the last point at or before `place` lies on the axis.
    pub fn previous_place(&self, ruler: XScale<'_>, place: f64) -> Option<f64> {
        let end = self.points.partition_point(|point| ruler.place(point.x) <= place);
        end.checked_sub(1).map(|last| ruler.place(self.points[last].x))
    }

    /// The lowest point, the first of equals.
    pub fn lowest(&self) -> Option<Point> {
        self.summary(0, self.points.len()).finite.map(|found| self.points[found.low])
    }

    /// The highest point, the first of equals.
    pub fn highest(&self) -> Option<Point> {
        self.summary(0, self.points.len()).finite.map(|found| self.points[found.high])
    }

    /// From the first point to the last along the axis.
    pub fn x_span(&self, ruler: XScale<'_>) -> Option<Interval> {
        Interval::new(ruler.place(self.points.first()?.x), ruler.place(self.points.last()?.x))
    }

    /// How many points lie within `x` of the axis.
    pub fn count(&self, ruler: XScale<'_>, x: Interval) -> usize {
        self.within(ruler, x).len()
    }

    fn within(&self, ruler: XScale<'_>, x: Interval) -> Range<usize> {
        let start = self.points.partition_point(|point| ruler.place(point.x) < x.low());
        start..self.points.partition_point(|point| ruler.place(point.x) <= x.high())
    }

    /// The span of the numbers measured within `x` of the axis.
    pub fn y_span(&self, ruler: XScale<'_>, x: Interval) -> Option<Interval> {
        let within = self.within(ruler, x);
        let found = self.summary(within.start, within.end).finite?;
        Interval::new(self.points[found.low].y, self.points[found.high].y)
    }

    /// The values of the last `count` points, gaps included.
    pub fn tail(&self, count: usize) -> impl Iterator<Item = f64> {
        self.points[self.points.len().saturating_sub(count)..].iter().map(|point| point.y)
    }

    /// The points that draw the same picture as all of them on `columns` columns across `x` of the axis, and where
    /// they lie on it.
    ///
    /// Of every column they hold the first, the last, the lowest and the highest number, and the first and the last
    /// gap, so that a spike of one step shows after a million steps. One point on each side of `x` is added, so that
    /// lines run off the edges. A gap has an y of NaN and breaks the line.
    pub fn thin(&self, ruler: XScale<'_>, x: Interval, columns: usize) -> Vec<Point> {
        let x = x.widened();
        let drawn = |index: usize| {
            let Point { x, y } = self.points[index];
            Point { x: ruler.place(x), y: if y.is_finite() { y } else { f64::NAN } }
        };
        let mut thinned = Vec::new();
        let mut start = self.points.partition_point(|point| ruler.place(point.x) < x.low());
        thinned.extend(start.checked_sub(1).map(drawn));
        for column in 0..columns {
            let in_column =
                |point: &Point| x.column(ruler.place(point.x), columns).is_some_and(|at| at <= column);
            let end = start + self.points[start..].partition_point(in_column);
            thinned.extend(self.summary(start, end).indices().map(drawn));
            start = end;
        }
        thinned.extend((start < self.points.len()).then(|| drawn(start)));
        thinned
    }

    /// Adds the summaries that the last point completes.
    fn grow(&mut self) {
        let (mut count, mut size, mut level) = (self.points.len(), FANOUT, 0);
        while count.is_multiple_of(FANOUT) {
            count /= FANOUT;
            let node = self.summary((count - 1) * size, count * size);
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(node);
            (size, level) = (size * FANOUT, level + 1);
        }
    }

    /// What is worth keeping of the points `start..end`, from the largest whole nodes within.
    fn summary(&self, mut start: usize, end: usize) -> Summary {
        let mut found = Summary::default();
        while start < end {
            let mut node = self.single(start);
            let mut size = 1;
            for level in &self.levels {
                let wider = size * FANOUT;
                let index = start / wider;
                if !start.is_multiple_of(wider) || start + wider > end || index >= level.len() {
                    break;
                }
                (node, size) = (level[index], wider);
            }
            found = self.join(found, node);
            start += size;
        }
        found
    }

    fn single(&self, index: usize) -> Summary {
        if self.points[index].y.is_finite() {
            let point = Extremes { first: index, last: index, low: index, high: index };
            Summary { finite: Some(point), gaps: None }
        } else {
            Summary { finite: None, gaps: Some((index, index)) }
        }
    }

    /// The summary of two ranges, `left` before `right`.
    fn join(&self, left: Summary, right: Summary) -> Summary {
        let y = |index: usize| self.points[index].y;
        let finite = match (left.finite, right.finite) {
            (Some(a), Some(b)) => Some(Extremes {
                first: a.first,
                last: b.last,
                low: if y(b.low) < y(a.low) { b.low } else { a.low },
                high: if y(b.high) > y(a.high) { b.high } else { a.high },
            }),
            (one, other) => one.or(other),
        };
        let gaps = match (left.gaps, right.gaps) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (one, other) => one.or(other),
        };
        Summary { finite, gaps }
    }
}

impl Summary {
    /// The indices it names, in order and each once.
    fn indices(self) -> impl Iterator<Item = usize> {
        let mut indices = [None; 6];
        if let Some(Extremes { first, last, low, high }) = self.finite {
            indices[..4].copy_from_slice(&[Some(first), Some(low), Some(high), Some(last)]);
        }
        if let Some((first, last)) = self.gaps {
            indices[4..].copy_from_slice(&[Some(first), Some(last)]);
        }
        indices.sort_unstable();
        let mut before = None;
        indices.into_iter().flatten().filter(move |&index| before.replace(index) != Some(index))
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
    fn between_two_points_the_value_lies_on_their_line() {
        let mut series = Series::default();
        assert_eq!(series.value_near(1.0), None);
        series.push(2.0, 10.0);
        series.push(6.0, 30.0);
        for (x, want) in [(0.0, 10.0), (2.0, 10.0), (3.0, 15.0), (6.0, 30.0), (9.0, 30.0)] {
            assert!((series.value_near(x).unwrap() - want).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn a_spike_of_one_step_survives_a_million() {
        let mut values = vec![1.0; 1_000_000];
        values[765_432] = 9.0;
        let series = series(&values);
        let thinned = series.thin(XScale::X, series.x_span(XScale::X).unwrap(), 200);
        assert!(thinned.len() <= 6 * 200 + 2);
        assert!(thinned.contains(&Point { x: 765_432.0, y: 9.0 }));
        assert_eq!(series.highest(), Some(Point { x: 765_432.0, y: 9.0 }));
    }

    #[test]
    fn a_value_that_is_not_a_number_is_a_gap() {
        let series = series(&[1.0, f64::NAN, f64::INFINITY, 2.0]);
        assert_eq!(series.first_non_finite(), Some(1.0));
        assert_eq!(series.y_span(XScale::X, Interval::new(0.0, 9.0).unwrap()), Interval::new(1.0, 2.0));
        let thinned = series.thin(XScale::X, Interval::new(0.0, 3.0).unwrap(), 1);
        assert!(thinned.iter().any(|point| point.y.is_nan()));
        assert!(thinned.iter().all(|point| !point.y.is_infinite()));
    }

    #[test]
    fn the_neighbours_of_the_visible_range_are_drawn_too() {
        let series = series(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let thinned = series.thin(XScale::X, Interval::new(1.5, 3.5).unwrap(), 10);
        assert_eq!(thinned.iter().map(|point| point.x).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn along_another_axis_points_keep_their_order_and_their_extremes() {
        // Steps 0 to 9 take a second each, those after it ten.
        let mut times = Series::default();
        for (step, time) in [(0.0, 0.0), (10.0, 10.0), (20.0, 110.0)] {
            times.push(step, time);
        }
        let (ruler, values) = (XScale::Through(&times), (0..=20).map(f64::from).collect::<Vec<_>>());
        let series = series(&values);
        assert_eq!(series.x_span(ruler), Interval::new(0.0, 110.0));
        assert_eq!(series.y_span(ruler, Interval::new(20.0, 50.0).unwrap()), Interval::new(11.0, 14.0));
        let thinned = series.thin(ruler, Interval::new(0.0, 110.0).unwrap(), 11);
        assert!(
            thinned.contains(&Point { x: 30.0, y: 12.0 }) && !thinned.contains(&Point { x: 5.0, y: 5.0 })
        );
        assert_eq!(series.nearest(ruler, 34.9), Some(12.0));
        assert_eq!((series.nearest(ruler, 35.1), series.nearest(ruler, 999.0)), (Some(13.0), Some(20.0)));
        assert_eq!((series.nearest(ruler, 0.0), series.nearest(ruler, -0.1)), (Some(0.0), None));
        assert_eq!(
            (series.next_place(ruler, 20.5), series.previous_place(ruler, 20.5)),
            (Some(30.0), Some(20.0))
        );
        assert_eq!((series.next_place(ruler, 111.0), series.previous_place(ruler, -1.0)), (None, None));
    }

    #[test]
    fn going_back_replaces_what_was_measured() {
        let mut series = series(&[1.0, 2.0, f64::NAN, 4.0]);
        series.push(1.0, 7.0);
        assert_eq!(series.points(), [Point { x: 0.0, y: 1.0 }, Point { x: 1.0, y: 7.0 }]);
        assert_eq!(series.first_non_finite(), None);
        assert_eq!(series.nearest(XScale::X, 5.0), Some(7.0));
    }

    #[test]
    fn an_empty_series_has_nothing() {
        let series = Series::default();
        assert!(series.is_empty() && series.thin(XScale::X, Interval::UNIT, 10).is_empty());
        assert_eq!(
            (series.x_span(XScale::X), series.y_span(XScale::X, Interval::UNIT), series.lowest()),
            (None, None, None)
        );
        assert_eq!((series.nearest(XScale::X, 0.0), series.last_finite()), (None, None));
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
            let thinned = series.thin(XScale::X, span, columns);
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
        fn nothing_is_too_strange_to_append(points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..100)) {
            let mut series = Series::default();
            for (x, y) in points {
                series.push(x, y);
                series.thin(XScale::X, Interval::UNIT, 7);
                if let Some(x) = series.x_span(XScale::X) {
                    series.thin(XScale::X, x, 3);
                }
            }
            prop_assert!(series.points().is_sorted_by(|a, b| a.x < b.x));
        }
    }
}
