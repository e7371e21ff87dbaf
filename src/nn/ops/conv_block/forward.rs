//! Forward pass: convolution, dropout of channels, max-pooling and `ReLU` in one pass over an image.
//!
//! The four members of a pooling window are computed in four vectors, each of which covers neighbouring windows. Pooling
//! then compares vectors without moving values between lanes. To this end, an image is first rearranged into *column
//! planes*: plane `e` of a channel contains the columns `e, e + 2, e + 4, …` of every row, one per window; first the
//! even rows, then the odd ones. The pixels for tap `(ky, kx)` of member `(dy, dx)` of all windows are then contiguous,
//! in plane `kx + dx` from row `ky + dy` on, and the innermost loop does not stop at the ends of rows.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::super::lanes::{Matrix, load, load_four, transpose};
use super::geometry::Geometry;
use super::workspace::{Maps, Parameters, Planes};

/// Computes the output for one image `[height, width, channels]` and writes it to `output` `[position, channel]`.
/// `factors` scales the output channels; channels with a factor of 0 are not computed.
#[inline(always)]
pub(super) fn forward<S: Simd, G: Geometry>(
    simd: S,
    image: &[f32],
    parameters: &Parameters,
    factors: &[f32],
    planes: &mut Planes,
    maps: Maps<'_>,
    output: &mut [f32],
) {
    let channels_first = &mut planes.channels_first[..];
    if G::CHANNELS == 1 {
        channels_first[..G::IMAGE].copy_from_slice(image);
    } else {
        let pixels = G::HEIGHT * G::WIDTH;
        let shape = Matrix { rows: pixels, columns: G::CHANNELS, stride: G::CHANNELS };
        transpose(simd, image, shape, channels_first, pixels);
    }
    spread::<S, G>(simd, channels_first, &mut planes.columns);

    planes.kept.clear();
    for (out, &factor) in factors.iter().enumerate() {
        if factor == 0.0 {
            maps.values[out * G::MAP..][..G::MAP].fill(0.0);
        } else {
            planes.kept.push(out);
        }
    }
    let mut block = Blocks::<S, G> {
        simd,
        planes: &planes.columns,
        corners: &planes.corners,
        parameters,
        factors,
        maps,
        geometry: std::marker::PhantomData,
    };
    // Two channels at a time make eight independent sums, which keeps a core busy: it starts two fused
    // multiply-adds per cycle, and each takes four cycles.
    let mut pairs = planes.kept.chunks_exact(2);
    for pair in &mut pairs {
        for at in (0..G::PLACES).step_by(S::f32s::LEN) {
            block.compute::<2, 1>([pair[0], pair[1]], at);
        }
    }
    for &last in pairs.remainder() {
        let mut at = 0;
        while at + 2 * S::f32s::LEN <= G::MAP {
            block.compute::<1, 2>([last], at);
            at += 2 * S::f32s::LEN;
        }
        while at < G::PLACES {
            block.compute::<1, 1>([last], at);
            at += S::f32s::LEN;
        }
    }
    let shape = Matrix { rows: G::OUT, columns: G::PLACES, stride: G::MAP };
    transpose(simd, block.maps.values, shape, output, G::OUT);
}

/// Fills the column planes of an image `[channel, row, column]` with padding.
///
/// Vectors of four may extend past the end of a row into values that are written later.
#[inline(always)]
fn spread<S: Simd, G: Geometry>(simd: S, image: &[f32], planes: &mut [f32]) {
    for channel in 0..G::CHANNELS {
        for column in 0..=G::KERNEL {
            let plane = (channel * (G::KERNEL + 1) + column) * G::PLANE;
            for parity in 0..2 {
                for half in 0..(G::HEIGHT + 1 - parity) / 2 {
                    let row = (channel * G::HEIGHT + 2 * half + parity) * G::WIDTH + column;
                    let to = plane + parity * G::HALF_PLANE + half * G::POOLED_WIDTH;
                    let vectors = G::POOLED_WIDTH.div_ceil(4);
                    let (from, to) = (&image[row..][..8 * vectors], &mut planes[to..][..4 * vectors]);
                    for vector in 0..vectors {
                        let (first, second) =
                            (load_four(simd, from, 8 * vector), load_four(simd, from, 8 * vector + 4));
                        let even = first.unzip_low(second);
                        even.store_slice(&mut to[4 * vector..][..4]);
                    }
                }
            }
        }
    }
}

/// Inputs and outputs of the blocks of sums.
struct Blocks<'a, S, G> {
    simd: S,
    planes: &'a [f32],
    corners: &'a [i32],
    parameters: &'a Parameters,
    factors: &'a [f32],
    maps: Maps<'a>,
    geometry: std::marker::PhantomData<G>,
}

impl<S: Simd, G: Geometry> Blocks<'_, S, G> {
    /// Computes `N` channels at `V` vectors of positions, from position `at` on.
    #[expect(clippy::needless_range_loop, reason = "the compiler unrolls loops over indices")]
    #[inline(always)]
    fn compute<const N: usize, const V: usize>(&mut self, outs: [usize; N], at: usize) {
        let sums = self.convolve::<N, V>(outs, at);
        for out in 0..N {
            for vector in 0..V {
                self.pool(sums[out][vector], outs[out], at + vector * S::f32s::LEN);
            }
        }
    }

    /// The sums over all taps for each of the four members of the windows.
    #[expect(clippy::needless_range_loop, reason = "the compiler unrolls loops over indices")]
    #[inline(always)]
    fn convolve<const N: usize, const V: usize>(
        &self,
        outs: [usize; N],
        at: usize,
    ) -> [[[S::f32s; 4]; V]; N] {
        let (simd, lanes) = (self.simd, S::f32s::LEN);
        let zero = S::f32s::splat(simd, 0.0);
        let mut sums = [[[zero; 4]; V]; N];
        for out in 0..N {
            sums[out] = [[S::f32s::splat(simd, self.parameters.bias[outs[out]]); 4]; V];
        }
        for channel in 0..G::CHANNELS {
            let planes = &self.planes[channel * (G::KERNEL + 1) * G::PLANE + at..];
            for ky in 0..G::KERNEL {
                let len = G::KERNEL * G::PLANE + V * lanes;
                let rows = [&planes[row_start::<G>(ky)..][..len], &planes[row_start::<G>(ky + 1)..][..len]];
                let mut kernels = [&[][..]; N];
                for out in 0..N {
                    let start = outs[out] * G::TAPS + (channel * G::KERNEL + ky) * G::KERNEL;
                    kernels[out] = &self.parameters.weight[start..][..G::KERNEL];
                }
                for kx in 0..G::KERNEL {
                    let mut taps = [zero; N];
                    for out in 0..N {
                        taps[out] = S::f32s::splat(simd, kernels[out][kx]);
                    }
                    for member in 0..4 {
                        for vector in 0..V {
                            let (dy, dx) = (member / 2, member % 2);
                            let pixels = load(simd, rows[dy], (kx + dx) * G::PLANE + vector * lanes);
                            for out in 0..N {
                                let sum = &mut sums[out][vector][member];
                                *sum = pixels.mul_add(taps[out], *sum);
                            }
                        }
                    }
                }
            }
        }
        sums
    }

    /// Keeps the largest member of every window and its index in the image (channels last). Of equal members, the first in
    /// reading order wins, as in [`max_pool2d`](super::super::max_pool2d()).
    #[inline(always)]
    fn pool(&mut self, [q0, q1, q2, q3]: [S::f32s; 4], out: usize, at: usize) {
        let (simd, lanes) = (self.simd, S::f32s::LEN);
        let step0 = S::i32s::splat(simd, 0);
        let step1 = S::i32s::splat(simd, index(G::CHANNELS));
        let step2 = S::i32s::splat(simd, index(G::ROW));
        let step3 = S::i32s::splat(simd, index(G::ROW + G::CHANNELS));
        let right = q1.simd_gt(q0);
        let (top, top_step) = (right.select(q1, q0), right.select(step1, step0));
        let right = q3.simd_gt(q2);
        let (bottom, bottom_step) = (right.select(q3, q2), right.select(step3, step2));
        let below = bottom.simd_gt(top);
        let (largest, step) = (below.select(bottom, top), below.select(bottom_step, top_step));

        let rectified = largest.max(S::f32s::splat(simd, 0.0)) * self.factors[out];
        rectified.store_slice(&mut self.maps.values[out * G::MAP + at..][..lanes]);
        let winners = S::i32s::from_slice(simd, &self.corners[at..at + lanes]) + step;
        winners.store_slice(&mut self.maps.winners[out * G::MAP + at..][..lanes]);
    }
}

/// Offset of an image row in a column plane.
#[inline(always)]
const fn row_start<G: Geometry>(row: usize) -> usize {
    row % 2 * G::HALF_PLANE + row / 2 * G::POOLED_WIDTH
}

/// Converts an index into an image to its vector representation.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "an image has far fewer values"
)]
#[inline(always)]
pub(super) const fn index(value: usize) -> i32 {
    value as i32
}
