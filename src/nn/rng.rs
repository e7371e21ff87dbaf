//! Random numbers as a pure function of seed, stream and index, independent of what was drawn before. So no generator
//! state has to be saved, and a run can be resumed at any step.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What random numbers are used for; each use has its own streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamId {
    /// The initial values of the parameter with this index.
    Weights(usize),
    /// The order of the training images in this epoch.
    Shuffle {
        /// Epoch, from 0.
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
    /// The `ChaCha` stream number: 8 bits for the use, 8 bits for the layer, 48 bits for the step.
    fn number(self) -> u64 {
        match self {
            Self::Weights(index) => 1 << 56 | index as u64,
            Self::Shuffle { epoch } => 2 << 56 | u64::from(epoch),
            Self::Dropout { layer, step } => {
                3 << 56 | (layer as u64 & 0xff) << 48 | (step & 0xffff_ffff_ffff)
            }
        }
    }
}

/// A seeded source of random streams, from `ChaCha` with 8 rounds, which is counter-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeededRng {
    seed: u64,
}

impl SeededRng {
    /// Creates a source from a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream `id`, starting at its number with index `skip`.
    pub fn stream(self, id: StreamId, skip: usize) -> RngStream {
        let mut words = ChaCha8Rng::seed_from_u64(self.seed);
        words.set_stream(id.number());
        words.set_word_pos(skip as u128);
        RngStream { words }
    }

    /// The key of all streams, for generators elsewhere.
    #[cfg(feature = "cuda")]
    pub(super) fn key(self) -> [u32; 8] {
        let bytes = ChaCha8Rng::seed_from_u64(self.seed).get_seed();
        let (words, _) = bytes.as_chunks::<4>();
        std::array::from_fn(|word| words.get(word).map_or(0, |&bytes| u32::from_le_bytes(bytes)))
    }

    /// A random permutation of `0..len` (Fisher-Yates shuffle; Durstenfeld, 1964).
    pub fn permutation(self, id: StreamId, len: usize) -> Vec<u32> {
        let mut stream = self.stream(id, 0);
        let mut order: Vec<u32> = (0..).take(len).collect();
        for last in (1..len).rev() {
            order.swap(last, stream.below(last + 1));
        }
        order
    }
}

/// A stream of random numbers; each consumes one 32-bit word.
#[derive(Debug, Clone)]
pub struct RngStream {
    words: ChaCha8Rng,
}

impl RngStream {
    /// A uniform number in `0..1`, a multiple of 2^-24, which `f32` represents exactly.
    #[inline]
    pub fn unit(&mut self) -> f32 {
        (self.words.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// A uniform number in `-bound..bound`.
    pub fn symmetric(&mut self, bound: f32) -> f32 {
        (self.unit() * 2.0 - 1.0) * bound
    }

    /// A uniform integer in `0..bound`, for `bound` up to 2^32 (Lemire, 2019, without rejection: for 60,000 images the
    /// relative bias is below 2^-16).
    fn below(&mut self, bound: usize) -> usize {
        let scaled = u64::from(self.words.next_u32()) * bound as u64;
        usize::try_from(scaled >> 32).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, id: StreamId) -> Vec<f32> {
        let mut stream = SeededRng::new(seed).stream(id, 0);
        (0..64).map(|_| stream.unit()).collect()
    }

    #[test]
    fn numbers_depend_only_on_seed_and_stream() {
        let id = StreamId::Dropout { layer: 3, step: 1000 };
        assert_eq!(first(7, id), first(7, id));
        for other in [
            StreamId::Dropout { layer: 4, step: 1000 },
            StreamId::Dropout { layer: 3, step: 1001 },
            StreamId::Shuffle { epoch: 1000 },
            StreamId::Weights(1000),
        ] {
            assert_ne!(first(7, id), first(7, other));
        }
        assert_ne!(first(7, id), first(8, id));
    }

    #[test]
    fn skipping_equals_drawing_and_discarding() {
        let all = first(1, StreamId::Weights(0));
        for skip in [0, 1, 15, 16, 17, 63] {
            assert_eq!(
                SeededRng::new(1).stream(StreamId::Weights(0), skip).unit().to_bits(),
                all[skip].to_bits()
            );
        }
    }

    #[test]
    fn units_are_uniform() {
        let mut stream = SeededRng::new(0).stream(StreamId::Weights(0), 0);
        let count = 100_000;
        let mut tenths = [0u32; 10];
        for _ in 0..count {
            let unit = stream.unit();
            assert!((0.0..1.0).contains(&unit));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "unit is in 0..1")]
            let tenth = (unit * 10.0) as usize;
            tenths[tenth] += 1;
        }
        // Five standard deviations of a binomial count.
        assert!(tenths.iter().all(|&n| n.abs_diff(count / 10) < 475), "{tenths:?}");
    }

    #[test]
    fn permutation_contains_every_number_once() {
        let order = SeededRng::new(5).permutation(StreamId::Shuffle { epoch: 2 }, 1000);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_ne!(order, sorted);
        assert_ne!(order, SeededRng::new(5).permutation(StreamId::Shuffle { epoch: 3 }, 1000));
    }
}
