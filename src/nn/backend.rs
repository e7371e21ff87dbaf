//! CPU implementations of the layers.

use std::{fmt, mem};

use fearless_simd::Level;

/// The implementation that computes convolutional blocks and linear layers on the CPU.
#[derive(Debug, Clone, Copy)]
pub enum Backend {
    /// dfdx's own operations, one after another: the reference, and the only implementation on other devices.
    Composed,
    /// One fused operation per block or layer, with the SIMD instructions of this level.
    Fused(Level),
}

impl Backend {
    /// The fastest backend that this CPU supports.
    pub fn best() -> Self {
        Self::Fused(Level::new())
    }

    /// All backends that this CPU supports, slowest first.
    pub fn all() -> Vec<Self> {
        let best = Level::new();
        let mut all = vec![Self::Composed, Self::Fused(Level::baseline())];
        #[cfg(target_arch = "x86_64")]
        all.extend(
            [best.as_sse4_2().map(Level::Sse4_2), best.as_avx2().map(Level::Avx2)]
                .into_iter()
                .flatten()
                .map(Self::Fused),
        );
        if !all.contains(&Self::Fused(best)) {
            all.push(Self::Fused(best));
        }
        all
    }

    /// `composed`, or the name of the SIMD instruction set: `avx2`, `neon`, ...; `portable` for any other.
    pub fn name(self) -> &'static str {
        match self {
            Self::Composed => "composed",
            #[cfg(target_arch = "x86_64")]
            Self::Fused(Level::Sse2(_)) => "sse2",
            #[cfg(target_arch = "x86_64")]
            Self::Fused(Level::Sse4_2(_)) => "sse4.2",
            #[cfg(target_arch = "x86_64")]
            Self::Fused(Level::Avx2(_)) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Fused(Level::Avx512(_)) => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Fused(Level::Neon(_)) => "neon",
            Self::Fused(_) => "portable",
        }
    }
}

// By hand because `Level` does not implement `PartialEq`. Its variants carry only zero-sized proofs that the CPU has
// the instructions, so two levels are equal if their variants are.
impl PartialEq for Backend {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Composed, Self::Composed) => true,
            (Self::Fused(one), Self::Fused(other)) => mem::discriminant(one) == mem::discriminant(other),
            _ => false,
        }
    }
}

impl Eq for Backend {}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_contains_best_and_no_duplicates() {
        let names: Vec<_> = Backend::all().into_iter().map(Backend::name).collect();
        assert!(names.contains(&Backend::best().name()), "{names:?}");
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "{names:?}");
    }
}
