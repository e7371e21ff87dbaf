//! What layers are computed by on the processor.

use std::fmt;

use fearless_simd::Level;

/// What computes convolutional blocks and linear layers on the processor.
#[derive(Debug, Clone, Copy)]
pub enum Backend {
    /// dfdx's own operations, one after another: the reference, and what other devices run.
    Composed,
    /// One operation of our own a block or layer, in the vector instructions of this level.
    Fused(Level),
}

impl Backend {
    /// The fastest that this processor can run.
    pub fn best() -> Self {
        Self::Fused(Level::new())
    }

    /// All that this processor can run, the slowest first.
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
        if all.iter().all(|kernels| kernels.name() != Self::Fused(best).name()) {
            all.push(Self::Fused(best));
        }
        all
    }

    /// Its name: that of the instructions, or `composed`.
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

impl PartialEq for Backend {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
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
    fn the_best_kernels_are_among_all_and_none_is_there_twice() {
        let names: Vec<_> = Backend::all().into_iter().map(Backend::name).collect();
        assert!(names.contains(&Backend::best().name()), "{names:?}");
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "{names:?}");
    }
}
