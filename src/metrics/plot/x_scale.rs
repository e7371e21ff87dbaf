//! Where the points of a curve lie along an axis.
use crate::metrics::Series;

/// A map from the x of a curve, such as a step, to its place along an axis, such as a time. It never turns round, so
/// that points keep their order.
#[derive(Debug, Clone, Copy)]
pub enum XScale<'a> {
    /// So many x make one: steps make an epoch.
    Every(f64),
    /// The value that this curve has there, which must never fall: the time of a step.
    Through(&'a Series),
}

impl XScale<'_> {
    /// The axis is x itself.
    pub const X: Self = Self::Every(1.0);

    /// Where `x` lies. What no curve tells lies at zero.
    pub fn place(self, x: f64) -> f64 {
        match self {
            Self::Every(unit) => x / unit,
            Self::Through(series) => series.value_near(x).unwrap_or(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_share_or_a_measured_value() {
        let mut times = Series::default();
        assert_eq!(XScale::Through(&times).place(3.0).to_bits(), 0.0_f64.to_bits());
        times.push(10.0, 5.0);
        times.push(20.0, 6.0);
        let places = [10.0, 15.0, 99.0].map(|x| XScale::Through(&times).place(x));
        assert_eq!(places.map(f64::to_bits), [5.0, 5.5, 6.0].map(f64::to_bits));
        assert_eq!(XScale::Every(4.0).place(10.0).to_bits(), 2.5_f64.to_bits());
    }
}
