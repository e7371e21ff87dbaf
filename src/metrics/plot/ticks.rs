//! Round numbers for axes.
use super::interval::floor_index;
use crate::metrics::{Interval, text};

/// Labels of values this large, or of steps this small, are written as powers of ten.
const LARGE: f64 = 1e7;
const SMALL: i32 = -5;
/// Below this share of a value, steps are lost in its rounding.
const PRECISION: f64 = 1e-12;
/// What a quotient may be off by, so that an end which is a tick is found to be one.
const ROUNDING: f64 = 1e-9;
/// What may stick out of a ladder's outermost rows, in rows.
const SLACK: f64 = 0.45;

/// A value on an axis and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where it stands.
    pub value: f64,
    /// What is written there, with the fewest digits that tell the ticks of one axis apart.
    pub label: String,
}

/// A round distance: 1, 2 or 5 times a power of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickStep {
    digit: u8,
    exponent: i32,
}

impl TickStep {
    /// The distance of one.
    pub const ONE: Self = Self { digit: 1, exponent: 0 };
    /// A distance below which nothing is told apart.
    pub const SMALLEST: Self = Self { digit: 1, exponent: -290 };

    /// The smallest step that is not below `size`.
    pub fn at_least(size: f64) -> Self {
        let size = if size.is_nan() { 1.0 } else { size.clamp(1e-290, 1e300) };
        let mut step = Self { digit: 1, exponent: decade(size) - 1 };
        while step.size() < size {
            step = step.next();
        }
        step
    }

    /// The next larger step.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.digit {
            1 => Self { digit: 2, ..self },
            2 => Self { digit: 5, ..self },
            _ => Self { digit: 1, exponent: self.exponent + 1 },
        }
    }

    /// The distance as a number.
    pub fn size(self) -> f64 {
        self.times(1.0)
    }

    /// `count` steps, as exact as a float can be.
    pub fn times(self, count: f64) -> f64 {
        let digits = f64::from(self.digit) * count;
        let power = 10_f64.powi(self.exponent.abs());
        // Dividing by a power of ten is exact to the last bit where multiplying by its inverse is not.
        if self.exponent < 0 { digits / power } else { digits * power }
    }

    fn larger(self, other: Self) -> Self {
        if self.size() < other.size() { other } else { self }
    }

    /// The multiples of the step within `span`, named.
    fn ticks(self, span: Interval) -> Vec<Tick> {
        let first = (span.low() / self.size() - ROUNDING).ceil();
        let counts = (0..1000).map(|index| first + f64::from(index));
        let values = counts.map(|count| self.times(count)).take_while(|&value| value <= span.high());
        self.named(values.filter(|&value| value >= span.low()).collect())
    }

    fn named(self, mut values: Vec<f64>) -> Vec<Tick> {
        values.dedup();
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let label = |value: f64| {
            if largest >= LARGE || self.exponent < SMALL {
                let digits = if value == 0.0 { 0 } else { decade(value.abs()) - self.exponent };
                text::power(value, floor_index(f64::from(digits)))
            } else {
                text::fixed(value, floor_index(f64::from(-self.exponent)))
            }
        };
        values.into_iter().map(|value| Tick { value, label: label(value) }).collect()
    }
}

/// The power of ten of a positive number's first digit.
#[expect(clippy::cast_possible_truncation, reason = "the logarithm of a float is below a thousand")]
fn decade(x: f64) -> i32 {
    x.log10().floor() as i32
}

/// At most `max` round values within `span`, as close together as that allows.
pub fn ticks(span: Interval, max: usize) -> Vec<Tick> {
    fitting(span, max, TickStep::SMALLEST).ticks(span)
}

/// As [`ticks`], but never closer together than `least`: epochs, for one, are whole.
pub fn ticks_by(span: Interval, max: usize, least: TickStep) -> Vec<Tick> {
    if max == 0 { Vec::new() } else { fitting(span, max, least).ticks(span) }
}

/// `span` with its ends moved out to round values, which are among its own `max` ticks.
pub fn nice_bounds(span: Interval, max: usize) -> Interval {
    let span = span.widened();
    let mut step = fitting(span, max, TickStep::SMALLEST);
    loop {
        let (low, high) = ((span.low() / step.size()).floor(), (span.high() / step.size()).ceil());
        if high - low < max.max(2) as f64 {
            return Interval::new(step.times(low), step.times(high)).unwrap_or(span).join(span);
        }
        step = step.next();
    }
}

/// The smallest step, not below `least`, that has at most `max` multiples in `span`.
fn fitting(span: Interval, max: usize, least: TickStep) -> TickStep {
    let span = span.widened();
    let precision = span.low().abs().max(span.high().abs()) * PRECISION;
    let mut step = TickStep::at_least((span.width() / (max as f64 + 1.0)).max(precision)).larger(least);
    let count =
        |size: f64| (span.high() / size + ROUNDING).floor() - (span.low() / size - ROUNDING).ceil() + 1.0;
    while count(step.size()) > max.max(1) as f64 {
        step = step.next();
    }
    step
}

/// A vertical axis of text rows, chosen so that every tick stands in the middle of a row and all are the same number
/// of rows apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearScale {
    step: TickStep,
    /// Rows from tick to tick.
    gap: usize,
    rows: usize,
    /// The bottom row's distance from zero, in rows.
    bottom: f64,
}

impl LinearScale {
    /// The finest ladder of `rows` rows that holds `span` and leaves the top `headroom` rows free.
    pub fn fit(span: Interval, rows: usize, headroom: usize) -> Self {
        let span = span.widened();
        let rows = rows.max(1);
        let used = rows.saturating_sub(headroom).max(1);
        let closest = (rows / 8).max(2).min(rows.saturating_sub(1).max(1));
        let gaps = closest..=(closest + 1).max(rows / 3);
        let ladders = gaps.rev().map(|gap| Self::finest(span, rows, used, gap));
        let finest = ladders.min_by(|a, b| a.per_row().total_cmp(&b.per_row()));
        finest.unwrap_or(Self { step: TickStep::ONE, gap: 1, rows, bottom: 0.0 })
    }

    fn finest(span: Interval, rows: usize, used: usize, gap: usize) -> Self {
        let precision = span.low().abs().max(span.high().abs()) * PRECISION;
        let mut step = TickStep::at_least((span.width() / used as f64 * gap as f64 * 0.5).max(precision));
        loop {
            let per_row = step.size() / gap as f64;
            let bottom = (span.low() / per_row + SLACK).floor();
            let spare = bottom + used as f64 - 1.0 + SLACK - span.high() / per_row;
            if spare >= 0.0 {
                // The span stands in the middle, but what is never negative does not reach below zero.
                let centered = bottom - (spare / 2.0).floor();
                return Self {
                    step,
                    gap,
                    rows,
                    bottom: if bottom < 0.0 { centered } else { centered.max(0.0) },
                };
            }
            step = step.next();
        }
    }

    /// How far the values of two rows lie apart.
    pub fn per_row(&self) -> f64 {
        self.step.size() / self.gap as f64
    }

    /// The height of `value` above the bottom edge of the bottom row, in rows.
    pub fn height(&self, value: f64) -> f64 {
        value / self.per_row() - self.bottom + 0.5
    }

    /// Every tick and its row, counted from the top.
    pub fn ticks(&self) -> impl Iterator<Item = (usize, Tick)> {
        let gap = self.gap as f64;
        let first = (self.bottom / gap).ceil();
        let (last, offset) = (self.rows - 1, floor_index(first * gap - self.bottom));
        let rows = (offset..self.rows).step_by(self.gap).map(move |row| last - row);
        let values = rows.clone().zip(0_u32..).map(|(_, index)| self.step.times(first + f64::from(index)));
        rows.zip(self.step.named(values.collect()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    fn span(low: f64, high: f64) -> Interval {
        Interval::new(low, high).unwrap()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&ticks(span(0.0, 12.0), 5)), ["0", "5", "10"]);
        assert_eq!(labels(&ticks(span(0.38, 2.31), 5)), ["0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(labels(&ticks(span(-0.3, 0.3), 7)), ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(&ticks(span(0.0, 37_520.0), 5)), ["0", "10,000", "20,000", "30,000"]);
        assert_eq!(labels(&ticks(span(0.0, 3e-7), 4)), ["0", "1e-7", "2e-7", "3e-7"]);
        assert_eq!(labels(&ticks(span(99e9, 101e9), 3)), ["9.9e10", "1.00e11", "1.01e11"]);
    }

    #[test]
    fn whole_ticks_are_whole() {
        assert_eq!(labels(&ticks_by(span(0.0, 1.2), 6, TickStep::ONE)), ["0", "1"]);
        assert_eq!(labels(&ticks_by(span(0.0, 1.2), 0, TickStep::ONE)), [""; 0]);
    }

    #[test]
    fn bounds_move_out_to_round_values() {
        assert_eq!(nice_bounds(span(0.38, 2.31), 6), span(0.0, 2.5));
        assert_eq!(nice_bounds(span(57.0, 86.3), 5), span(50.0, 90.0));
        assert_eq!(nice_bounds(span(3.0, 3.0), 5), span(2.5, 3.5));
    }

    #[test]
    fn a_ladders_ticks_are_the_same_number_of_rows_apart() {
        let ladder = LinearScale::fit(span(0.38, 2.31), 13, 0);
        let ticks: Vec<_> = ladder.ticks().map(|(row, tick)| format!("{row} {}", tick.label)).collect();
        assert_eq!(ticks, ["11 0.5", "8 1.0", "5 1.5", "2 2.0"]);
    }

    fn ends() -> impl Strategy<Value = (f64, f64)> {
        prop_oneof![
            (-1e3..1e3_f64, -1e3..1e3_f64),
            (any::<f64>(), any::<f64>()),
            (any::<f64>()).prop_map(|x| (x, x)),
            (-1e9..1e9_f64, 0.0..1e-3_f64).prop_map(|(x, w)| (x, x + w)),
        ]
    }

    proptest! {
        #[test]
        fn ticks_are_sorted_within_bounds_few_and_have_names_of_their_own((a, b) in ends(), max in 1..20_usize) {
            if let Some(span) = Interval::new(a, b) {
                let ticks = ticks(span, max);
                prop_assert!(ticks.len() <= max);
                prop_assert!(ticks.is_sorted_by(|a, b| a.value < b.value));
                prop_assert!(ticks.iter().all(|tick| span.contains(tick.value)));
                let mut names = labels(&ticks);
                names.sort_unstable();
                names.dedup();
                prop_assert_eq!(names.len(), ticks.len());
            }
        }

        #[test]
        fn nice_bounds_hold_the_span((a, b) in ends(), max in 0..20_usize) {
            if let Some(span) = Interval::new(a, b) {
                let bounds = nice_bounds(span, max);
                prop_assert!(bounds.low() <= span.low() && span.high() <= bounds.high());
                prop_assert!(bounds.low() < bounds.high());
            }
        }

        #[test]
        fn a_ladder_holds_the_span((a, b) in ends(), rows in 0..80_usize, headroom in 0..3_usize) {
            if let Some(span) = Interval::new(a, b) {
                let ladder = LinearScale::fit(span, rows, headroom);
                let top = rows.max(1) as f64;
                prop_assert!((0.0..=top).contains(&ladder.height(span.low())), "{:?}", ladder);
                prop_assert!((0.0..=top).contains(&ladder.height(span.high())), "{:?}", ladder);
                let rows: Vec<_> = ladder.ticks().map(|(row, _)| row).collect();
                prop_assert!(rows.is_sorted_by(|a, b| a > b) && rows.iter().all(|&row| (row as f64) < top));
            }
        }
    }
}
