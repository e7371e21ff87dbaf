//! A finite, closed range of numbers.

/// Beyond this, sums and differences of two ends could overflow.
const LIMIT: f64 = 1e300;
/// Ends that differ by less than this share of their size are the same for a drawing.
const FLAT: f64 = 1e-9;

/// A closed range of finite numbers, the low end never above the high one.
///
/// A span may be flat, as the values of a constant curve are; [`Interval::widened`] gives one with room to draw in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    /// From 0 to 1.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0 };

    /// The span between two numbers in any order, or `None` if one of them is not finite.
    pub fn new(a: f64, b: f64) -> Option<Self> {
        let clamp = |x: f64| x.is_finite().then_some(x.clamp(-LIMIT, LIMIT));
        let (a, b) = (clamp(a)?, clamp(b)?);
        Some(Self { low: a.min(b), high: a.max(b) })
    }

    /// The smallest span that holds every finite one of `values`, or `None` if there is none.
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

    /// The smallest span that holds both.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Whether `x` lies inside, ends included.
    pub fn contains(self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    /// This span if it has room to draw in, else one around it that has.
    #[must_use]
    pub fn widened(self) -> Self {
        let size = self.low.abs().max(self.high.abs());
        if self.width() > size * FLAT && self.width() > f64::MIN_POSITIVE / FLAT {
            return self;
        }
        let margin = (size * 0.05).max(0.5);
        Self { low: self.low - margin, high: self.high + margin }
    }

    /// How far `x` lies along the span: 0 at the low end, 1 at the high end, beyond for what is outside.
    pub fn ratio(self, x: f64) -> f64 {
        let span = self.widened();
        (x - span.low) / span.width()
    }

    /// The one of `columns` equal parts that holds `x`, or `None` for what is outside.
    pub fn column(self, x: f64, columns: usize) -> Option<usize> {
        let last = columns.checked_sub(1)?;
        let ratio = self.ratio(x);
        (0.0..=1.0).contains(&ratio).then(|| floor_index(ratio * columns as f64).min(last))
    }
}

/// The index of the unit interval that holds `x`; zero below zero and for NaN.
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
    fn only_finite_numbers_make_a_span() {
        assert_eq!(Interval::new(f64::NAN, 1.0), None);
        assert_eq!(Interval::of([f64::NAN, f64::INFINITY]), None);
        assert_eq!(Interval::of([f64::NAN, 2.0, -1.0]), Interval::new(-1.0, 2.0));
    }

    #[test]
    fn a_flat_span_gets_room() {
        assert_eq!(Interval::of([3.0, 3.0]).unwrap().widened(), Interval::new(2.5, 3.5).unwrap());
        assert_eq!(Interval::of([1e6]).unwrap().widened(), Interval::new(0.95e6, 1.05e6).unwrap());
        assert_eq!(Interval::UNIT.widened(), Interval::UNIT);
    }

    #[test]
    fn both_ends_have_a_column() {
        assert_eq!(Interval::UNIT.column(0.0, 10), Some(0));
        assert_eq!(Interval::UNIT.column(1.0, 10), Some(9));
        assert_eq!(Interval::UNIT.column(1.1, 10), None);
        assert_eq!(Interval::UNIT.column(f64::NAN, 10), None);
        assert_eq!(Interval::UNIT.column(0.5, 0), None);
    }

    proptest! {
        #[test]
        fn a_widened_span_is_never_empty(a in any::<f64>(), b in any::<f64>()) {
            if let Some(span) = Interval::new(a, b) {
                let wide = span.widened();
                prop_assert!(wide.low() < wide.high() && wide.width().is_finite());
                prop_assert!(wide.low() <= span.low() && wide.high() >= span.high());
            }
        }
    }
}
