//! Units of values and their formatting.

use jiff::Timestamp;

use crate::metrics::text;

/// The unit of a number, which determines its formatting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A fraction from 0 to 1: `88.68 %`.
    Accuracy,
    /// A mean loss per image: `0.3145`.
    Loss,
    /// Seconds: `1 h 5 m`.
    Seconds,
    /// Images per second: `17,210`.
    ImagesPerSecond,
    /// A setting such as a learning rate or a batch size, with the digits as entered: `0.001`, `1024`.
    Setting,
    /// A count: `37,520`.
    Count,
    /// An identifying number such as a seed, without digit grouping.
    Number,
    /// A point in time, in seconds since 1970 UTC: `2026-11-24 06:30 UTC`.
    Date,
}

impl Unit {
    /// Formats a whole number in this unit, exactly.
    pub fn format_integer(self, number: u64) -> String {
        match self {
            Self::Count => text::count(number),
            Self::Setting | Self::Number => number.to_string(),
            _ => self.format(number as f64),
        }
    }

    /// Formats a number in this unit.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts and dates are whole")]
    pub fn format(self, number: f64) -> String {
        match self {
            Self::Accuracy => text::percent(number),
            Self::Loss => text::loss(number),
            Self::Seconds => text::duration(number),
            Self::ImagesPerSecond => text::rate(number),
            Self::Setting => text::exact(number),
            Self::Count => text::count(number as u64),
            Self::Number => number.to_string(),
            Self::Date => Timestamp::from_second(number as i64)
                .map_or_else(|_| number.to_string(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_by_their_unit() {
        for (unit, number, text) in [
            (Unit::Accuracy, 0.8868, "88.68 %"),
            (Unit::Loss, 0.314_51, "0.3145"),
            (Unit::Setting, 0.001, "0.001"),
            (Unit::Count, 37_520.0, "37,520"),
            (Unit::Number, 20_261.0, "20261"),
            (Unit::Date, 1_795_501_812.0, "2026-11-24 06:30 UTC"),
        ] {
            assert_eq!(unit.format(number), text);
        }
    }
}
