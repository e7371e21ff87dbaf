//! A closed interval of finite numbers.

/// Ends are clamped to this, so that sums and differences of two ends cannot overflow.
const LIMIT: f64 = 1e300;
/// Intervals narrower than this, relative to the size of their ends, count as empty when drawing.
const FLAT: f64 = 1e-9;

/// A closed interval of finite numbers, with `low <= high`.
///
/// It may have zero width, like the values of a constant curve; [`Interval::widened`] makes it drawable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    /// From 0 to 1.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0 };

    /// The interval between two numbers in any order; `None` if either is not finite.
    pub fn new(a: f64, b: f64) -> Option<Self> {
        let clamp = |x: f64| x.is_finite().then_some(x.clamp(-LIMIT, LIMIT));
        let (a, b) = (clamp(a)?, clamp(b)?);
        Some(Self { low: a.min(b), high: a.max(b) })
    }

    /// The smallest interval that contains every finite value; `None` if there is none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values.into_iter().filter_map(|value| Self::new(value, value)).reduce(Self::join)
    }

    /// The low end.
    pub const fn low(self) -> f64 {
        self.low
    }

    /// The high end.
    pub const fn high(self) -> f64 {
        self.high
    }

    /// The distance between the ends.
    pub const fn width(self) -> f64 {
        self.high - self.low
    }

    /// The smallest interval that contains both.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Whether `x` lies inside, ends included.
    pub fn contains(self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    /// This interval, or, if it is too narrow to draw, a wider one around it.
    #[must_use]
    pub fn widened(self) -> Self {
        let size = self.low.abs().max(self.high.abs());
        if self.width() > size * FLAT && self.width() > f64::MIN_POSITIVE / FLAT {
            return self;
        }
        let margin = (size * 0.05).max(0.5);
        Self { low: self.low - margin, high: self.high + margin }
    }

    /// Position of `x` relative to the interval: 0 at the low end, 1 at the high end, outside 0..=1 if `x` lies
    /// outside.
    pub fn ratio(self, x: f64) -> f64 {
        let wide = self.widened();
        (x - wide.low) / wide.width()
    }

    /// The index of the column that contains `x` when the interval is split into `columns` equal parts; `None` outside.
    pub fn column(self, x: f64, columns: usize) -> Option<usize> {
        let last = columns.checked_sub(1)?;
        let ratio = self.ratio(x);
        (0.0..=1.0).contains(&ratio).then(|| floor_index(ratio * columns as f64).min(last))
    }
}

/// `x` rounded down to an index; 0 for negative numbers and NaN.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, which is what is wanted here"
)]
pub(crate) fn floor_index(x: f64) -> usize {
    x.floor() as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn non_finite_ends_are_rejected() {
        assert_eq!(Interval::new(f64::NAN, 1.0), None);
        assert_eq!(Interval::of([f64::NAN, f64::INFINITY]), None);
        assert_eq!(Interval::of([f64::NAN, 2.0, -1.0]), Interval::new(-1.0, 2.0));
    }

    #[test]
    fn zero_width_is_widened() {
        assert_eq!(Interval::of([3.0, 3.0]).unwrap().widened(), Interval::new(2.5, 3.5).unwrap());
        assert_eq!(Interval::of([1e6]).unwrap().widened(), Interval::new(0.95e6, 1.05e6).unwrap());
        assert_eq!(Interval::UNIT.widened(), Interval::UNIT);
    }

    #[test]
    fn both_ends_belong_to_a_column() {
        assert_eq!(Interval::UNIT.column(0.0, 10), Some(0));
        assert_eq!(Interval::UNIT.column(1.0, 10), Some(9));
        assert_eq!(Interval::UNIT.column(1.1, 10), None);
        assert_eq!(Interval::UNIT.column(f64::NAN, 10), None);
        assert_eq!(Interval::UNIT.column(0.5, 0), None);
    }

    proptest! {
        #[test]
        fn widened_contains_the_interval_and_is_never_empty(a in any::<f64>(), b in any::<f64>()) {
            if let Some(span) = Interval::new(a, b) {
                let wide = span.widened();
                prop_assert!(wide.low() < wide.high() && wide.width().is_finite());
                prop_assert!(wide.low() <= span.low() && wide.high() >= span.high());
            }
        }
    }
}
