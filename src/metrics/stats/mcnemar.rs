//! McNemar's test: two classifiers on the same images.

/// Below this number of discordant images the exact binomial test is used; from here on chi-square is accurate enough.
const EXACT_BELOW: u64 = 25;

/// McNemar's 2×2 contingency table: on how many images each of two classifiers is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContingencyTable {
    /// Images that both classify correctly.
    pub both: u64,
    /// Images that only the first classifies correctly.
    pub only_first: u64,
    /// Images that only the second classifies correctly.
    pub only_second: u64,
    /// Images that both classify wrongly.
    pub neither: u64,
}

/// The result of McNemar's test for equal error rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// The two-sided p-value: the probability of a difference at least this large if both had the same error rate.
    pub p: f64,
    /// The distribution that `p` was computed from.
    pub method: McNemarMethod,
}

/// The distribution used for the p-value of McNemar's test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum McNemarMethod {
    /// Exact binomial distribution, two-sided.
    Exact,
    /// Chi-square distribution with one degree of freedom.
    ChiSquare {
        /// The test statistic, with continuity correction.
        statistic: f64,
    },
}

impl ContingencyTable {
    /// Adds an image, given which of the two classifiers is right about it.
    pub const fn count(&mut self, first: bool, second: bool) {
        *match (first, second) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.only_first,
            (false, true) => &mut self.only_second,
            (false, false) => &mut self.neither,
        } += 1;
    }

    /// The number of images.
    pub const fn total(&self) -> u64 {
        self.both + self.only_first + self.only_second + self.neither
    }

    /// The accuracy of each classifier, from 0 to 1; NaN if there are no images.
    pub fn accuracies(&self) -> [f64; 2] {
        let share = |right: u64| right as f64 / self.total() as f64;
        [share(self.both + self.only_first), share(self.both + self.only_second)]
    }

    /// Tests whether the difference could be due to chance (McNemar, 1947, <https://doi.org/10.1007/BF02295996>;
    /// recommended for two classifiers on one test set by Dietterich, 1998,
    /// <https://doi.org/10.1162/089976698300017197>).
    ///
    /// Only discordant images count: `b` that only the first classifies correctly, and `c` that only the second does.
    /// Under equal error rates `b` follows a binomial distribution with `n = b + c` and probability one half. For
    /// `n < 25` the test is exact and two-sided; otherwise it uses chi-square with one degree of freedom for
    /// `(|b - c| - 1)² / n`, with the continuity correction of Edwards, 1948 (<https://doi.org/10.1007/BF02289261>).
    pub fn mcnemar(&self) -> McNemar {
        let discordant = self.only_first + self.only_second;
        let fewer = self.only_first.min(self.only_second);
        if discordant < EXACT_BELOW {
            return McNemar { p: binomial_two_sided(fewer, discordant), method: McNemarMethod::Exact };
        }
        let distance = (self.only_first.abs_diff(self.only_second) as f64 - 1.0).max(0.0);
        let statistic = distance * distance / discordant as f64;
        let p = erfc((statistic / 2.0).sqrt());
        McNemar { p, method: McNemarMethod::ChiSquare { statistic } }
    }
}

/// The two-sided binomial p-value: the probability that `n` fair coins show at most `k` heads or at most `k` tails.
fn binomial_two_sided(k: u64, n: u64) -> f64 {
    let mut coefficient = 1.0;
    let mut tail = 1.0;
    for heads in 1..=k {
        coefficient *= (n + 1 - heads) as f64 / heads as f64;
        tail += coefficient;
    }
    (2.0 * tail / 2_f64.powf(n as f64)).min(1.0)
}

/// The complementary error function for `x >= 0`, to about 14 significant digits: the series of Abramowitz and Stegun
/// 7.1.6 below 2, their continued fraction 7.1.14 above.
fn erfc(x: f64) -> f64 {
    let density = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.0 {
        let mut term = x;
        let mut sum = x;
        for odd in 1..100_u8 {
            term *= 2.0 * x * x / (2.0 * f64::from(odd) + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 * density * sum;
    }
    // Evaluated from the innermost term outwards: x + (1/2)/(x + 1/(x + (3/2)/(x + ...
    let fraction = (1..=120_u8).rev().fold(x, |inner, half| x + f64::from(half) / 2.0 / inner);
    density / fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn discordant(only_first: u64, only_second: u64) -> McNemar {
        ContingencyTable { both: 100, only_first, only_second, neither: 7 }.mcnemar()
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= expected.abs() * 1e-9, "{found}, not {expected}");
    }

    /// Expected values from statsmodels 0.14 (`mcnemar(table, exact, correction=True)`).
    #[test]
    fn chi_square_test_matches_statsmodels() {
        for (first, second, statistic, p) in [
            // Approval ratings of Agresti, 1990, p. 350.
            (86, 150, 16.817_796_610_169_49, 4.114_562_281_345_944e-5),
            (25, 15, 2.025, 0.154_728_923_485_374_37),
            (400, 300, 14.001_428_571_428_571, 1.826_717_911_095_503e-4),
            (14, 11, 0.16, 0.689_156_516_779_351_8),
            (321, 298, 0.781_906_300_484_652_7, 0.376_558_758_715_597_4),
        ] {
            let test = discordant(first, second);
            let McNemarMethod::ChiSquare { statistic: found } = test.method else { unreachable!("{test:?}") };
            assert_close(found, statistic);
            assert_close(test.p, p);
        }
    }

    #[test]
    fn exact_test_is_used_below_25_discordant_images() {
        for (first, second, p) in [
            (0, 0, 1.0),
            (1, 9, 0.021_484_375),
            (11, 1, 0.006_347_656_25),
            (8, 15, 0.210_039_615_631_103_52),
            (12, 12, 1.0),
            (24, 0, 1.192_092_895_507_812_5e-7),
        ] {
            let test = discordant(first, second);
            assert_eq!(test.method, McNemarMethod::Exact);
            assert_close(test.p, p);
        }
    }

    #[test]
    fn erfc_matches_scipy() {
        for (x, expected) in [
            (0.0, 1.0),
            (0.1, 0.887_537_083_981_715_2),
            (1.0, 0.157_299_207_050_285_16),
            (1.99, 0.004_888_586_800_383_002),
            (2.0, 0.004_677_734_981_047_266),
            (3.0, 2.209_049_699_858_544_5e-5),
            (10.0, 2.088_487_583_762_544_6e-45),
        ] {
            assert_close(erfc(x), expected);
        }
    }

    #[test]
    fn equal_error_counts_give_p_1() {
        assert_eq!(
            discordant(40, 40),
            McNemar { p: 1.0, method: McNemarMethod::ChiSquare { statistic: 0.0 } }
        );
    }

    #[test]
    fn images_are_counted_in_the_matching_cell() {
        let mut table = ContingencyTable::default();
        for (first, second) in [(true, true), (true, true), (true, false), (false, false)] {
            table.count(first, second);
        }
        assert_eq!(table, ContingencyTable { both: 2, only_first: 1, only_second: 0, neither: 1 });
        assert_eq!((table.total(), table.accuracies()), (4, [0.75, 0.5]));
    }

    proptest! {
        #[test]
        fn p_is_a_probability_and_symmetric(b in 0..10_000_u64, c in 0..10_000_u64) {
            let p = discordant(b, c).p;
            prop_assert!((0.0..=1.0).contains(&p), "{p}");
            prop_assert_eq!(p.to_bits(), discordant(c, b).p.to_bits());
        }
    }
}
