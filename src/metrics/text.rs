//! Numbers as text: the only file that decides how a number is written.
//!
//! Every function takes `f64` or `Option<f64>`. `None` is written as [`MISSING`], never as zero; NaN and infinities are
//! written as such. Columns padded to the widths in [`width`] stay aligned for every usual value.

use crate::strings::group_thousands;

/// Placeholder for a value that does not exist yet.
pub const MISSING: &str = "-";

/// Column widths that hold every usual value of a kind.
pub mod width {
    /// `12.3456`
    pub const LOSS: usize = 7;
    /// `100.00 %`
    pub const PERCENT: usize = 8;
    /// `100.00`
    pub const PERCENTAGE: usize = 6;
    /// `100 %`
    pub const SHARE: usize = 5;
    /// `00:00:41`
    pub const CLOCK: usize = 8;
    /// `23 h 59 m`
    pub const DURATION: usize = 9;
    /// `just now`
    pub const AGE: usize = 8;
    /// `999,999`
    pub const RATE: usize = 7;
    /// `9.9e-10`
    pub const RATIO: usize = 7;
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const YEAR: f64 = 365.0 * DAY;

/// A count with thousands separators: `21,840`.
pub fn count(n: u64) -> String {
    group_thousands(&n.to_string())
}

/// A count with its noun, in the plural unless it is one: `1 run`, `1,234 runs`.
pub fn number_of(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// Bytes in use and in all: `3.1 of 24.0 GB`.
pub fn capacity(used: u64, total: u64) -> String {
    let gigabytes = |bytes: u64| fixed(bytes as f64 / 1e9, 1);
    format!("{} of {} GB", gigabytes(used), gigabytes(total))
}

/// A loss with four decimals, fewer where it is large: `0.4721`, `1234.56`, `1.2e7`.
pub fn loss(value: impl Into<Option<f64>>) -> String {
    written(value, |value| match value.abs() {
        size if size < 99.999_95 => format!("{value:.4}"),
        size if size < 9_999.995 => format!("{value:.2}"),
        _ => power(value, 1),
    })
}

/// A fraction as a percentage with its unit: `86.31 %`.
pub fn percent(fraction: impl Into<Option<f64>>) -> String {
    written(fraction, |fraction| format!("{:.2} %", positive_zero(fraction * 100.0)))
}

/// A fraction as a percentage without its unit, for columns whose header names it: `86.31`.
pub fn percentage(fraction: impl Into<Option<f64>>) -> String {
    written(fraction, |fraction| format!("{:.2}", positive_zero(fraction * 100.0)))
}

/// A fraction as a whole percentage; `0 %` only if it is exactly zero: `73 %`, `<1 %`, `0 %`.
pub fn share(fraction: impl Into<Option<f64>>) -> String {
    written(fraction, |fraction| match fraction * 100.0 {
        percent if percent > 0.0 && percent < 0.5 => "<1 %".to_owned(),
        percent => format!("{:.0} %", positive_zero(percent)),
    })
}

/// A fraction as a whole percentage without its unit: `73`.
pub fn points(fraction: impl Into<Option<f64>>) -> String {
    written(fraction, |fraction| format!("{:.0}", positive_zero(fraction * 100.0)))
}

/// Seconds as a running clock, `HH:MM:SS`: `00:00:41`.
pub fn clock(seconds: impl Into<Option<f64>>) -> String {
    written(seconds, |seconds| {
        let rounded = seconds.max(0.0).round();
        let (hours, minutes) = ((rounded / HOUR).floor(), (rounded % HOUR / MINUTE).floor());
        format!("{hours:02.0}:{minutes:02.0}:{:02.0}", rounded % MINUTE)
    })
}

/// Seconds in the two units that matter: `41 s`, `4 m`, `3 h 12 m`, `2 d 3 h`.
pub fn duration(seconds: impl Into<Option<f64>>) -> String {
    let two = |seconds: f64, large: f64, unit: char, small: f64, part: char| {
        format!("{:.0} {unit} {:.0} {part}", (seconds / large).floor(), (seconds % large / small).floor())
    };
    written(seconds, |seconds| match seconds.max(0.0) {
        seconds if seconds > 0.0 && seconds < 1.0 => "<1 s".to_owned(),
        seconds if seconds < MINUTE => format!("{:.0} s", seconds.floor()),
        seconds if seconds < HOUR => format!("{:.0} m", (seconds / MINUTE).floor()),
        seconds if seconds < DAY => two(seconds, HOUR, 'h', MINUTE, 'm'),
        seconds => two(seconds, DAY, 'd', HOUR, 'h'),
    })
}

/// How long ago something was, in one unit: `just now`, `2 h ago`.
pub fn age(seconds: impl Into<Option<f64>>) -> String {
    let ago = |seconds: f64, unit: f64, name: char| format!("{:.0} {name} ago", (seconds / unit).floor());
    written(seconds, |seconds| match seconds {
        seconds if seconds < MINUTE => "just now".to_owned(),
        seconds if seconds < HOUR => ago(seconds, MINUTE, 'm'),
        seconds if seconds < DAY => ago(seconds, HOUR, 'h'),
        seconds if seconds < YEAR => ago(seconds, DAY, 'd'),
        seconds => ago(seconds, YEAR, 'y'),
    })
}

/// A rate with at least three significant digits: `71,240`, `12.5`, `0.90`.
pub fn rate(value: impl Into<Option<f64>>) -> String {
    written(value, |value| match value.abs() {
        size if size < 9.995 => fixed(value, 2),
        size if size < 99.95 => fixed(value, 1),
        size if size < 1e9 => fixed(value, 0),
        _ => power(value, 2),
    })
}

/// Seconds as milliseconds without their unit: `0.90`.
pub fn millis(seconds: impl Into<Option<f64>>) -> String {
    rate(seconds.into().map(|seconds| seconds * 1000.0))
}

/// A ratio in scientific notation, where the order of magnitude matters: `2.1e-3`.
pub fn ratio(value: impl Into<Option<f64>>) -> String {
    written(value, |value| power(value, 1))
}

/// A number exactly, as one would type it: `0.01`, `0.0123456789`, `3e-7`.
pub fn exact(value: f64) -> String {
    let (plain, power) = (positive_zero(value).to_string(), format!("{value:e}"));
    let is_odd = value != 0.0 && !(1e-4..1e6).contains(&value.abs());
    if is_odd && power.len() < plain.len() { power } else { plain }
}

/// Epochs with at most one decimal: `29`, `33.5`.
pub fn epochs(epochs: f64) -> String {
    ((epochs * 10.0).round() / 10.0).to_string()
}

/// A computed setting in single precision, without rounding errors: `0.01`, `0.5`, `3e-7`.
#[expect(clippy::cast_possible_truncation, reason = "settings are single precision; their shortest form is")]
pub fn setting(value: impl Into<Option<f64>>) -> String {
    written(value, |value| match value.abs() {
        size if size != 0.0 && !(1e-4..1e6).contains(&size) => format!("{:e}", value as f32),
        _ => format!("{}", positive_zero(value) as f32),
    })
}

/// The end of a colour scale, with more decimals if it is small: `0.41`, `0.0032`.
pub fn scale(value: impl Into<Option<f64>>) -> String {
    written(value, |value| match value.abs() {
        size if size == 0.0 || (0.095..999.5).contains(&size) => fixed(value, 2),
        size if (0.00095..0.095).contains(&size) => fixed(value, 4),
        _ => power(value, 1),
    })
}

/// A probability with three decimals, in scientific notation if that would round to zero: `0.377`, `3.8e-9`.
pub fn probability(value: impl Into<Option<f64>>) -> String {
    written(value, |value| if value < 0.000_95 { power(value, 1) } else { fixed(value, 3) })
}

/// A signed difference of two fractions in percentage points: `-0.42`.
pub fn points_apart(difference: impl Into<Option<f64>>) -> String {
    written(difference, |difference| format!("{:+.2}", positive_zero(difference * 100.0)))
}

/// A number with this many decimals and thousands separators: `1,234.5`.
pub fn fixed(value: f64, decimals: usize) -> String {
    group_thousands(&format!("{:.decimals$}", positive_zero(value)))
}

/// A number in scientific notation with this many decimals: `1.2e-7`.
pub fn power(value: f64, digits: usize) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value:.digits$e}") }
}

fn written(value: impl Into<Option<f64>>, write: impl Fn(f64) -> String) -> String {
    match value.into() {
        None => MISSING.to_owned(),
        Some(value) if value.is_nan() => "NaN".to_owned(),
        Some(value) if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        Some(value) => write(value),
    }
}

/// Turns -0 into +0, which is written without a sign.
fn positive_zero(value: f64) -> f64 {
    value + 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_have_thousands_separators() {
        let texts = [0, 999, 1000, 21_840, 1_234_567].map(count);
        assert_eq!(texts, ["0", "999", "1,000", "21,840", "1,234,567"]);
        assert_eq!(fixed(-1_234.56, 1), "-1,234.6");
        assert_eq!(fixed(-999.0, 0), "-999");
    }

    #[test]
    fn missing_values_are_a_dash_and_non_finite_ones_are_named() {
        let writers: [fn(Option<f64>) -> String; 13] = [
            loss,
            percent,
            percentage,
            points,
            share,
            clock,
            duration,
            age,
            rate,
            millis,
            ratio,
            setting,
            probability,
        ];
        for write in writers {
            assert_eq!(write(None), MISSING);
            assert_eq!(write(Some(f64::NAN)), "NaN");
            assert_eq!(write(Some(f64::NEG_INFINITY)), "-inf");
        }
    }

    #[test]
    fn losses_lose_decimals_as_they_grow() {
        assert_eq!(
            [0.4721, 2.301_26, 12.0, 99.999_99, 1234.0, 1.2e7].map(loss),
            ["0.4721", "2.3013", "12.0000", "100.00", "1234.00", "1.2e7"]
        );
    }

    #[test]
    fn shares_round_to_0_percent_only_if_they_are_zero() {
        assert_eq!([0.0, 0.001, 0.0119, 0.735, 1.0].map(share), ["0 %", "<1 %", "1 %", "74 %", "100 %"]);
        assert_eq!(percent(0.863_1), "86.31 %");
        assert_eq!(points(0.863_1), "86");
        assert_eq!(percentage(-0.0), "0.00");
    }

    #[test]
    fn small_probabilities_are_written_in_scientific_notation() {
        assert_eq!(
            [0.376_6, 1.0, 0.000_96, 3.82e-9, 0.0].map(probability),
            ["0.377", "1.000", "0.001", "3.8e-9", "0"]
        );
        assert_eq!([0.004_21, -0.1, 0.0].map(points_apart), ["+0.42", "-10.00", "+0.00"]);
    }

    #[test]
    fn clocks_durations_and_ages_use_their_units() {
        assert_eq!([41.0, 3_661.4, 432_000.0].map(clock), ["00:00:41", "01:01:01", "120:00:00"]);
        assert_eq!(
            [0.0, 0.3, 41.9, 250.0, 11_520.0, 190_000.0].map(duration),
            ["0 s", "<1 s", "41 s", "4 m", "3 h 12 m", "2 d 4 h"]
        );
        assert_eq!(
            [-5.0, 59.0, 61.0, 7_300.0, 9e4, 9e7].map(age),
            ["just now", "just now", "1 m ago", "2 h ago", "1 d ago", "2 y ago"]
        );
    }

    #[test]
    fn rates_have_at_least_three_digits() {
        assert_eq!([71_240.4, 99.96, 12.34, 0.9, 0.0].map(rate), ["71,240", "100", "12.3", "0.90", "0.00"]);
        assert_eq!(millis(0.000_9), "0.90");
    }

    #[test]
    fn settings_are_written_in_their_shortest_form() {
        assert_eq!(
            [0.01_f32, 0.5, 3e-7, 64.0, 0.0].map(|x| setting(f64::from(x))),
            ["0.01", "0.5", "3e-7", "64", "0"]
        );
        assert_eq!(ratio(0.0021), "2.1e-3");
        assert_eq!([0.41, 0.0032, 4.1e-7, 0.0].map(scale), ["0.41", "0.0032", "4.1e-7", "0.00"]);
    }

    proptest! {
        #[test]
        fn usual_values_fit_their_width(value in 0.0..1.0_f64) {
            prop_assert!(loss(value * 99.0).len() <= width::LOSS);
            prop_assert!(percent(value).len() <= width::PERCENT);
            prop_assert!(percentage(value).len() <= width::PERCENTAGE);
            prop_assert!(share(value).len() <= width::SHARE);
            prop_assert!(clock(value * 99.0 * HOUR).len() <= width::CLOCK);
            prop_assert!(duration(value * 100.0 * DAY).len() <= width::DURATION);
            prop_assert!(rate(value * 999_999.0).len() <= width::RATE);
            prop_assert!(ratio(value).len() <= width::RATIO);
        }
    }
}
