//! Floats that may not be finite. JSON has no NaN and no infinity: both are written as `null`, and `null` is read back
//! as NaN, so that a diverged loss stays a gap and never becomes a number.

use serde::{Deserialize, Deserializer};

/// A float type with a NaN.
pub(crate) trait Float: Copy {
    /// Represents every non-finite value.
    const NAN: Self;
    /// The value itself where it is finite, otherwise NaN.
    fn finite_or_nan(self) -> Self;
}

impl Float for f32 {
    const NAN: Self = f32::NAN;

    fn finite_or_nan(self) -> Self {
        if self.is_finite() { self } else { Self::NAN }
    }
}

impl Float for f64 {
    const NAN: Self = f64::NAN;

    fn finite_or_nan(self) -> Self {
        if self.is_finite() { self } else { Self::NAN }
    }
}

/// For `#[serde(default)]`: NaN where a value is missing.
pub(crate) fn nan<F: Float>() -> F {
    F::NAN
}

/// For `#[serde(deserialize_with)]`: a number, or `null` as NaN.
pub(crate) fn or_nan<'de, D, F>(deserializer: D) -> Result<F, D::Error>
where
    D: Deserializer<'de>,
    F: Float + Deserialize<'de>,
{
    Ok(Option::<F>::deserialize(deserializer)?.map_or(F::NAN, F::finite_or_nan))
}

/// For `#[serde(deserialize_with)]`: a list of numbers in which `null` stands for NaN.
pub(crate) fn list_or_nan<'de, D, F>(deserializer: D) -> Result<Vec<F>, D::Error>
where
    D: Deserializer<'de>,
    F: Float + Deserialize<'de>,
{
    let values = Vec::<Option<F>>::deserialize(deserializer)?;
    Ok(values.into_iter().map(|value| value.map_or(F::NAN, F::finite_or_nan)).collect())
}

/// The `f64` with the same shortest decimal form: 0.2, not the 0.200000003 that an `f32` holds.
pub(crate) fn widen(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}
