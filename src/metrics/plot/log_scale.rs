//! Logarithmic y axis.

use super::interval::floor_index;
use super::ticks;
use crate::metrics::{Interval, Tick, text};

/// A low end of zero or less is replaced by this fraction of the high end.
const MIN_RATIO: f64 = 1e-4;
/// If the ratio of the ends is below this, ticks are linearly spaced.
const LINEAR_BELOW: f64 = 4.0;
/// Minimum distance between ticks, in rows.
const MIN_TICK_ROWS: f64 = 1.5;

/// A logarithmic y axis of text rows: equal ratios are equally far apart. Each tick is drawn on the nearest row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogScale {
    /// log10 of the value in the middle of the bottom row.
    bottom: f64,
    /// log10 units per row.
    per_row: f64,
    rows: usize,
}

impl LogScale {
    /// A scale of `rows` rows on which `span` fills all but the top `headroom` rows.
    pub fn fit(span: Interval, rows: usize, headroom: usize) -> Self {
        let rows = rows.max(1);
        let span = if span.high() > 0.0 { span } else { Interval::UNIT };
        let positive = |low: f64| if low > 0.0 { low } else { span.high() * MIN_RATIO };
        let wide = Interval::new(positive(span.low()), span.high()).unwrap_or(Interval::UNIT).widened();
        let (low, high) = (positive(wide.low()).log10(), wide.high().log10());
        let gaps = rows.saturating_sub(headroom + 1).max(1) as f64;
        Self { bottom: low, per_row: ((high - low) / gaps).max(f64::MIN_POSITIVE), rows }
    }

    /// Height of `value` above the bottom edge of the bottom row, in rows; -1 for values of zero or less.
    pub fn height(&self, value: f64) -> f64 {
        if value > 0.0 { (value.log10() - self.bottom) / self.per_row + 0.5 } else { -1.0 }
    }

    /// The ticks with their rows, counted from the top.
    pub fn ticks(&self) -> Vec<(usize, Tick)> {
        let log = |height: f64| self.bottom + (height - 0.5) * self.per_row;
        let (low, high) = (log(0.0), log(self.rows as f64));
        let values = if high - low < LINEAR_BELOW.log10() {
            let span = Interval::new(10_f64.powf(low), 10_f64.powf(high));
            span.map(|span| ticks(span, (self.rows / 3).max(4))).unwrap_or_default()
        } else {
            self.decade_ticks(low, high)
        };
        let mut free = 0.0;
        let mut placed = Vec::new();
        for tick in values {
            let height = self.height(tick.value);
            if (0.0..self.rows as f64).contains(&height) && height.floor() >= free {
                free = height.floor() + 1.0;
                placed.push((self.rows - 1 - floor_index(height), tick));
            }
        }
        placed
    }

    /// Ticks at 1, 2 and 5 times powers of ten, or only at powers of ten if those would be too close.
    fn decade_ticks(&self, low: f64, high: f64) -> Vec<Tick> {
        let is_close = 2_f64.log10() < MIN_TICK_ROWS * self.per_row;
        let digits: &[f64] = if is_close { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let every = (MIN_TICK_ROWS * self.per_row).ceil().max(1.0);
        let decades = (0_u32..).map(|index| (low / every).floor() * every + f64::from(index) * every);
        let values = decades
            .take_while(|decade| *decade <= high)
            .flat_map(|decade| digits.iter().map(move |digit| digit * 10_f64.powf(decade)));
        values.map(|value| Tick { value, label: text::setting(value) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(low: f64, high: f64, rows: usize) -> Vec<(usize, String)> {
        let scale = LogScale::fit(Interval::new(low, high).unwrap(), rows, 0);
        scale.ticks().into_iter().map(|(row, tick)| (row, tick.label)).collect()
    }

    #[test]
    fn ticks_are_round_and_on_the_nearest_row() {
        let named = |ticks: &[(usize, &str)]| {
            ticks.iter().map(|(row, label)| (*row, (*label).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(
            labels(0.1, 10.0, 13),
            named(&[(12, "0.1"), (10, "0.2"), (8, "0.5"), (6, "1"), (4, "2"), (2, "5"), (0, "10")])
        );
        assert_eq!(labels(1e-6, 1.0, 7), named(&[(6, "1e-6"), (4, "0.0001"), (2, "0.01"), (0, "1")]));
        assert_eq!(labels(0.30, 0.36, 9), named(&[(8, "0.30"), (5, "0.32"), (3, "0.34"), (0, "0.36")]));
    }

    #[test]
    fn equal_ratios_are_equally_spaced() {
        let scale = LogScale::fit(Interval::new(0.25, 4.0).unwrap(), 9, 0);
        let heights = [0.25, 0.5, 1.0, 2.0, 4.0].map(|value| scale.height(value));
        assert!(heights.windows(2).all(|pair| (pair[1] - pair[0] - 2.0).abs() < 1e-9), "{heights:?}");
        assert!(scale.height(0.0) < 0.0 && scale.height(-3.0) < 0.0);
    }

    proptest! {
        #[test]
        fn any_interval_has_an_axis(a in any::<f64>(), b in any::<f64>(), rows in 0..60_usize, headroom in 0..3_usize) {
            let Some(span) = Interval::new(a, b) else { return Ok(()) };
            let scale = LogScale::fit(span, rows, headroom);
            let ticks = scale.ticks();
            prop_assert!(ticks.len() <= rows.max(1) && ticks.iter().all(|(row, _)| *row < rows.max(1)));
            prop_assert!(ticks.windows(2).all(|pair| pair[0].0 > pair[1].0), "{:?}", ticks);
        }
    }
}
