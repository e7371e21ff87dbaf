//! Round tick values, and a linear y axis.

use super::interval::floor_index;
use crate::metrics::{Interval, text};

/// Labels use scientific notation from this value on, or if the step's exponent is below `SMALL`.
const LARGE: f64 = 1e7;
const SMALL: i32 = -5;
/// Steps smaller than this, relative to the value, are below floating-point resolution.
const PRECISION: f64 = 1e-12;
/// Tolerance of a quotient, so that an end which is itself a tick is recognised as one.
const ROUNDING: f64 = 1e-9;
/// How far values may reach beyond the middle of the outermost rows, in rows.
const SLACK: f64 = 0.45;

/// A labelled value on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Position on the axis.
    pub value: f64,
    /// Its label, with just enough digits to tell the ticks of one axis apart.
    pub label: String,
}

/// A round tick spacing: 1, 2 or 5 times a power of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickStep {
    digit: u8,
    exponent: i32,
}

impl TickStep {
    /// A spacing of 1.
    pub const ONE: Self = Self { digit: 1, exponent: 0 };
    /// The smallest spacing that is ever used, 1e-290.
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

    /// The spacing as a number.
    pub fn size(self) -> f64 {
        self.times(1.0)
    }

    /// `count` steps, rounded once.
    pub fn times(self, count: f64) -> f64 {
        let digits = f64::from(self.digit) * count;
        let power = 10_f64.powi(self.exponent.abs());
        // Dividing by a power of ten is correctly rounded; multiplying by its inverse is not.
        if self.exponent < 0 { digits / power } else { digits * power }
    }

    fn larger(self, other: Self) -> Self {
        if self.size() < other.size() { other } else { self }
    }

    /// The labelled multiples of the step within `span`.
    fn ticks(self, span: Interval) -> Vec<Tick> {
        let first = (span.low() / self.size() - ROUNDING).ceil();
        let counts = (0..1000).map(|index| first + f64::from(index));
        let values = counts.map(|count| self.times(count)).take_while(|&value| value <= span.high());
        self.label(values.filter(|&value| value >= span.low()).collect())
    }

    fn label(self, mut values: Vec<f64>) -> Vec<Tick> {
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

/// The exponent of a positive number in scientific notation.
#[expect(clippy::cast_possible_truncation, reason = "the logarithm of a float is below a thousand")]
fn decade(x: f64) -> i32 {
    x.log10().floor() as i32
}

/// At most `max` ticks at round values within `span`, as dense as that allows.
pub fn ticks(span: Interval, max: usize) -> Vec<Tick> {
    step_for(span, max, TickStep::SMALLEST).ticks(span)
}

/// Like [`ticks`], but at least `least` apart: epochs, for example, are whole numbers.
pub fn ticks_by(span: Interval, max: usize, least: TickStep) -> Vec<Tick> {
    if max == 0 { Vec::new() } else { step_for(span, max, least).ticks(span) }
}

/// `span` extended to round values that are among its own `max` ticks.
pub fn nice_bounds(span: Interval, max: usize) -> Interval {
    let span = span.widened();
    let mut step = step_for(span, max, TickStep::SMALLEST);
    loop {
        let (low, high) = ((span.low() / step.size()).floor(), (span.high() / step.size()).ceil());
        if high - low < max.max(2) as f64 {
            return Interval::new(step.times(low), step.times(high)).unwrap_or(span).join(span);
        }
        step = step.next();
    }
}

/// The smallest step, at least `least`, with at most `max` multiples in `span`.
fn step_for(span: Interval, max: usize, least: TickStep) -> TickStep {
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

/// A linear y axis of text rows on which every tick is in the middle of a row, a whole number of rows from the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearScale {
    step: TickStep,
    /// Rows between ticks.
    gap: usize,
    rows: usize,
    /// The bottom row's distance from zero, in rows.
    bottom: f64,
}

impl LinearScale {
    /// The finest scale of `rows` rows that contains `span` and leaves the top `headroom` rows free.
    pub fn fit(span: Interval, rows: usize, headroom: usize) -> Self {
        let span = span.widened();
        let rows = rows.max(1);
        let used = rows.saturating_sub(headroom).max(1);
        let closest = (rows / 8).max(2).min(rows.saturating_sub(1).max(1));
        let gaps = closest..=(closest + 1).max(rows / 3);
        let scales = gaps.rev().map(|gap| Self::finest(span, rows, used, gap));
        let finest = scales.min_by(|a, b| a.per_row().total_cmp(&b.per_row()));
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
                // Centred, but the axis of a non-negative interval does not extend below zero.
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

    /// The difference in value between adjacent rows.
    pub fn per_row(&self) -> f64 {
        self.step.size() / self.gap as f64
    }

    /// Height of `value` above the bottom edge of the bottom row, in rows.
    pub fn height(&self, value: f64) -> f64 {
        value / self.per_row() - self.bottom + 0.5
    }

    /// The ticks with their rows, counted from the top.
    pub fn ticks(&self) -> impl Iterator<Item = (usize, Tick)> {
        let gap = self.gap as f64;
        let first = (self.bottom / gap).ceil();
        let (last, offset) = (self.rows - 1, floor_index(first * gap - self.bottom));
        let rows = (offset..self.rows).step_by(self.gap).map(move |row| last - row);
        let values = rows.clone().zip(0_u32..).map(|(_, index)| self.step.times(first + f64::from(index)));
        rows.zip(self.step.label(values.collect()))
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
    fn ticks_have_round_labels() {
        assert_eq!(labels(&ticks(span(0.0, 12.0), 5)), ["0", "5", "10"]);
        assert_eq!(labels(&ticks(span(0.38, 2.31), 5)), ["0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(labels(&ticks(span(-0.3, 0.3), 7)), ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(&ticks(span(0.0, 37_520.0), 5)), ["0", "10,000", "20,000", "30,000"]);
        assert_eq!(labels(&ticks(span(0.0, 3e-7), 4)), ["0", "1e-7", "2e-7", "3e-7"]);
        assert_eq!(labels(&ticks(span(99e9, 101e9), 3)), ["9.9e10", "1.00e11", "1.01e11"]);
    }

    #[test]
    fn ticks_by_one_are_whole_numbers() {
        assert_eq!(labels(&ticks_by(span(0.0, 1.2), 6, TickStep::ONE)), ["0", "1"]);
        assert_eq!(labels(&ticks_by(span(0.0, 1.2), 0, TickStep::ONE)), [""; 0]);
    }

    #[test]
    fn nice_bounds_extend_to_round_values() {
        assert_eq!(nice_bounds(span(0.38, 2.31), 6), span(0.0, 2.5));
        assert_eq!(nice_bounds(span(57.0, 86.3), 5), span(50.0, 90.0));
        assert_eq!(nice_bounds(span(3.0, 3.0), 5), span(2.5, 3.5));
    }

    #[test]
    fn linear_scale_ticks_are_evenly_spaced_in_rows() {
        let scale = LinearScale::fit(span(0.38, 2.31), 13, 0);
        let ticks: Vec<_> = scale.ticks().map(|(row, tick)| format!("{row} {}", tick.label)).collect();
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
        fn ticks_are_sorted_within_bounds_few_and_have_unique_labels((a, b) in ends(), max in 1..20_usize) {
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
        fn nice_bounds_contain_the_span((a, b) in ends(), max in 0..20_usize) {
            if let Some(span) = Interval::new(a, b) {
                let bounds = nice_bounds(span, max);
                prop_assert!(bounds.low() <= span.low() && span.high() <= bounds.high());
                prop_assert!(bounds.low() < bounds.high());
            }
        }

        #[test]
        fn linear_scale_contains_the_span((a, b) in ends(), rows in 0..80_usize, headroom in 0..3_usize) {
            if let Some(span) = Interval::new(a, b) {
                let scale = LinearScale::fit(span, rows, headroom);
                let top = rows.max(1) as f64;
                prop_assert!((0.0..=top).contains(&scale.height(span.low())), "{:?}", scale);
                prop_assert!((0.0..=top).contains(&scale.height(span.high())), "{:?}", scale);
                let rows: Vec<_> = scale.ticks().map(|(row, _)| row).collect();
                prop_assert!(rows.is_sorted_by(|a, b| a > b) && rows.iter().all(|&row| (row as f64) < top));
            }
        }
    }
}
