//! Mapping from steps to positions on an x axis.

use super::series::Series;

/// A monotonic map from the x of a series (a step) to its position on an axis (a step, an epoch or a time).
#[derive(Debug, Clone, Copy)]
pub enum XScale<'a> {
    /// Position is x divided by this: steps per epoch give epochs.
    PerUnit(f64),
    /// Position is the interpolated value of this series, which must not decrease: the time of a step.
    Lookup(&'a Series),
}

impl XScale<'_> {
    /// Position is x itself.
    pub const IDENTITY: Self = Self::PerUnit(1.0);

    /// The position of `x`; 0 if the look-up series is empty.
    pub fn position(self, x: f64) -> f64 {
        match self {
            Self::PerUnit(unit) => x / unit,
            Self::Lookup(series) => series.interpolate(x).unwrap_or(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_is_a_quotient_or_an_interpolated_value() {
        let mut times = Series::default();
        assert_eq!(XScale::Lookup(&times).position(3.0).to_bits(), 0.0_f64.to_bits());
        times.push(10.0, 5.0);
        times.push(20.0, 6.0);
        let positions = [10.0, 15.0, 99.0].map(|x| XScale::Lookup(&times).position(x));
        assert_eq!(positions.map(f64::to_bits), [5.0, 5.5, 6.0].map(f64::to_bits));
        assert_eq!(XScale::PerUnit(4.0).position(10.0).to_bits(), 2.5_f64.to_bits());
    }
}
