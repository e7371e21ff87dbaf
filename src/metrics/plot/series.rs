//! An append-only series with a summary tree over it.

/// Nodes of one level of the summary tree per node of the next.
const FANOUT: usize = 16;

/// A measured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where it was measured, usually a step.
    pub x: f64,
    /// The value; NaN or infinite is a gap.
    pub y: f64,
}

/// Points in ascending order of x.
///
/// A tree of summaries, 16 to one, grows with the points, so the extremes of any range are found in logarithmic time:
/// drawing a million points costs no more than drawing a thousand.
#[derive(Debug, Clone, Default)]
pub struct Series {
    points: Vec<Point>,
    levels: Vec<Vec<Summary>>,
    first_gap: Option<f64>,
}

/// Indices of the points of a range that a drawing must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Summary {
    pub(super) finite: Option<Extremes>,
    /// The first and the last gap.
    gaps: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extremes {
    first: usize,
    last: usize,
    pub(super) low: usize,
    pub(super) high: usize,
}

impl Series {
    /// The value at `x`, linearly interpolated; before the first or after the last point, that point's value.
    pub fn interpolate(&self, x: f64) -> Option<f64> {
        let after = self.points.partition_point(|point| point.x < x);
        let (before, after) = (after.checked_sub(1).map(|index| self.points[index]), self.points.get(after));
        match (before, after) {
            (Some(before), Some(after)) => {
                Some(before.y + (after.y - before.y) * (x - before.x) / (after.x - before.x))
            }
            (before, after) => before.or(after.copied()).map(|point| point.y),
        }
    }

    /// Appends the value `y` at `x`.
    ///
    /// If `x` is not beyond the last point, the series is rewound to it first: a resumed run repeats the steps after
    /// its checkpoint, and the later measurement counts. Points with a non-finite `x` are ignored.
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

    /// Discards the points at and after `x`.
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

    /// Discards every point.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// All points, in ascending order of x.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Whether there are no points, gaps included.
    pub const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The last point, which may be a gap.
    pub fn last(&self) -> Option<Point> {
        self.points.last().copied()
    }

    /// The last point with a finite value.
    pub fn last_finite(&self) -> Option<Point> {
        self.points.iter().rev().find(|point| point.y.is_finite()).copied()
    }

    /// The x of the first non-finite value.
    pub const fn first_non_finite(&self) -> Option<f64> {
        self.first_gap
    }

    /// The lowest point; the first one if there are several.
    pub fn lowest(&self) -> Option<Point> {
        self.summary(0, self.points.len()).finite.map(|found| self.points[found.low])
    }

    /// The highest point; the first one if there are several.
    pub fn highest(&self) -> Option<Point> {
        self.summary(0, self.points.len()).finite.map(|found| self.points[found.high])
    }

    /// The values of the last `count` points, gaps included.
    pub fn tail(&self, count: usize) -> impl Iterator<Item = f64> {
        self.points[self.points.len().saturating_sub(count)..].iter().map(|point| point.y)
    }

    /// Adds the tree nodes that the last point completes.
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

    /// The summary of the points `start..end`, joined from the largest whole nodes within.
    pub(super) fn summary(&self, mut start: usize, end: usize) -> Summary {
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
    /// The indices, ascending and without duplicates.
    pub(super) fn indices(self) -> impl Iterator<Item = usize> {
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
    use super::*;

    #[test]
    fn interpolates_linearly_and_clamps_at_the_ends() {
        let mut series = Series::default();
        assert_eq!(series.interpolate(1.0), None);
        series.push(2.0, 10.0);
        series.push(6.0, 30.0);
        for (x, want) in [(0.0, 10.0), (2.0, 10.0), (3.0, 15.0), (6.0, 30.0), (9.0, 30.0)] {
            assert!((series.interpolate(x).unwrap() - want).abs() < 1e-12, "{x}");
        }
    }
}
