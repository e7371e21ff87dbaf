//! Chance as a pure function: the same seed, purpose and index give the same draws, whatever was
//! drawn before. So nothing random has to be saved, and a run can be resumed at any step.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What draws are for; each purpose has streams of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamId {
    /// The initial values of the parameter with this index.
    Weights(usize),
    /// The order of the training images in this epoch.
    Shuffle {
        /// From 0.
        epoch: u32,
    },
    /// The mask of a dropout layer.
    Dropout {
        /// Index of the layer in its network, below 256.
        layer: usize,
        /// Step of the run, from 0.
        step: u64,
    },
}

impl StreamId {
    /// The number of its stream: 8 bits say what for, 8 bits which layer, 48 bits when.
    fn stream(self) -> u64 {
        match self {
            Self::Weights(index) => 1 << 56 | index as u64,
            Self::Shuffle { epoch } => 2 << 56 | u64::from(epoch),
            Self::Dropout { layer, step } => {
                3 << 56 | (layer as u64 & 0xff) << 48 | (step & 0xffff_ffff_ffff)
            }
        }
    }
}

/// A source of chance: a seed. Draws come from `ChaCha` with 8 rounds, which is counter-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeededRng {
    seed: u64,
}

impl SeededRng {
    /// The source with this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The draws for a purpose, from the one with index `skip` on.
    pub fn draws(self, purpose: StreamId, skip: usize) -> RngStream {
        let mut words = ChaCha8Rng::seed_from_u64(self.seed);
        words.set_stream(purpose.stream());
        words.set_word_pos(skip as u128);
        RngStream { words }
    }

    /// The numbers below `len`, shuffled (Fisher and Yates; Durstenfeld, 1964).
    pub fn permutation(self, purpose: StreamId, len: usize) -> Vec<u32> {
        let mut draws = self.draws(purpose, 0);
        let mut order: Vec<u32> = (0..).take(len).collect();
        for last in (1..len).rev() {
            order.swap(last, draws.below(last + 1));
        }
        order
    }
}

/// A sequence of draws; each takes one word of 32 bits.
#[derive(Debug, Clone)]
pub struct RngStream {
    words: ChaCha8Rng,
}

impl RngStream {
    /// A number from 0 to below 1, in steps of 2^-24, all of which an `f32` can hold.
    #[inline]
    pub fn unit(&mut self) -> f32 {
        (self.words.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// A number from `-bound` to below `bound`.
    pub fn symmetric(&mut self, bound: f32) -> f32 {
        (self.unit() * 2.0 - 1.0) * bound
    }

    /// A whole number below `bound`, which must not be above 2^32 (Lemire, 2019, without his
    /// rejection: for a data set of 60,000 the bias is below 2^-16 of a number's chance).
    fn below(&mut self, bound: usize) -> usize {
        let scaled = u64::from(self.words.next_u32()) * bound as u64;
        usize::try_from(scaled >> 32).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, purpose: StreamId) -> Vec<f32> {
        let mut draws = SeededRng::new(seed).draws(purpose, 0);
        (0..64).map(|_| draws.unit()).collect()
    }

    #[test]
    fn draws_depend_on_seed_and_purpose_alone() {
        let purpose = StreamId::Dropout { layer: 3, step: 1000 };
        assert_eq!(first(7, purpose), first(7, purpose));
        for other in [
            StreamId::Dropout { layer: 4, step: 1000 },
            StreamId::Dropout { layer: 3, step: 1001 },
            StreamId::Shuffle { epoch: 1000 },
            StreamId::Weights(1000),
        ] {
            assert_ne!(first(7, purpose), first(7, other));
        }
        assert_ne!(first(7, purpose), first(8, purpose));
    }

    #[test]
    fn skipping_is_drawing_and_forgetting() {
        let all = first(1, StreamId::Weights(0));
        for skip in [0, 1, 15, 16, 17, 63] {
            assert_eq!(
                SeededRng::new(1).draws(StreamId::Weights(0), skip).unit().to_bits(),
                all[skip].to_bits()
            );
        }
    }

    #[test]
    fn units_are_uniform() {
        let mut draws = SeededRng::new(0).draws(StreamId::Weights(0), 0);
        let count = 100_000;
        let mut tenths = [0u32; 10];
        for _ in 0..count {
            let unit = draws.unit();
            assert!((0.0..1.0).contains(&unit));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "unit is in 0..1")]
            let tenth = (unit * 10.0) as usize;
            tenths[tenth] += 1;
        }
        // Five standard deviations of a binomial count.
        assert!(tenths.iter().all(|&n| n.abs_diff(count / 10) < 475), "{tenths:?}");
    }

    #[test]
    fn a_permutation_holds_every_number_once() {
        let order = SeededRng::new(5).permutation(StreamId::Shuffle { epoch: 2 }, 1000);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_ne!(order, sorted);
        assert_ne!(order, SeededRng::new(5).permutation(StreamId::Shuffle { epoch: 3 }, 1000));
    }
}
