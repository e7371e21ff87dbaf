//! Mean and standard deviation of repeated results.

/// Count, mean and sample standard deviation of the finite values of a set.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spread {
    /// The number of finite values.
    pub count: usize,
    /// Their mean; `None` if there are no values.
    pub mean: Option<f64>,
    /// Their sample standard deviation (n - 1 in the denominator); `None` for fewer than two values.
    pub deviation: Option<f64>,
}

impl Spread {
    /// Computes the statistics of `numbers`, ignoring non-finite ones.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
        let count = numbers.len();
        let mean = (count > 0).then(|| numbers.iter().sum::<f64>() / count as f64);
        let deviation = mean.filter(|_| count > 1).map(|mean| {
            let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
            (squares / (count - 1) as f64).sqrt()
        });
        Self { count, mean, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviation_is_that_of_a_sample() {
        let spread = Spread::of([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, f64::NAN]);
        assert_eq!((spread.count, spread.mean), (8, Some(5.0)));
        assert!((spread.deviation.unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(Spread::of([3.0]), Spread { count: 1, mean: Some(3.0), deviation: None });
        assert_eq!(Spread::of([]), Spread::default());
    }
}
