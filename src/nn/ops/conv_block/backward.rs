//! Backward of a block.
//!
//! Of the four members of a pooling window one has a gradient, and only where `ReLU` and dropout let it
//! through: one sum in sixteen or so. Each is a kernel-sized window of the image times one slope, and
//! channels last a row of that window is one run. What is added up stays in registers: for the
//! weights a row of one kernel over all places, for the image a row of one window over all kernels.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::super::lanes::{Matrix, add, load, padded, transpose};
use super::super::runs::{add_runs, find_runs};
use super::geometry::Geometry;
use super::workspace::{Gradients, KernelRows, Slopes};

/// Adds the gradients of one image. `image` and `image_gradient` are `[height, width, channels]` and a
/// rest of [`PAD`](super::super::lanes::PAD); `output_gradient` is `[place, channel]`; `values` and
/// `winners` are what [`forward`](super::forward::forward) found, and `factors` what it was given.
#[expect(clippy::too_many_arguments, reason = "slices of the arrays of a batch, each for one image")]
#[fearless_simd_macros::simd]
pub(super) fn backward<S: Simd, G: Geometry>(
    simd: S,
    image: &[f32],
    (values, winners): (&[f32], &[i32]),
    factors: &[f32],
    output_gradient: &[f32],
    slopes: &mut Slopes,
    gradients: &mut Gradients,
    image_gradient: Option<(&KernelRows, &mut [f32])>,
) {
    let lanes = S::f32s::LEN;
    let shape = Matrix { rows: G::PLACES, columns: G::OUT, stride: G::OUT };
    transpose(simd, output_gradient, shape, &mut slopes.maps, G::MAP);
    let Slopes { maps, list } = slopes;

    for out in (0..G::OUT).filter(|&out| factors[out] != 0.0) {
        let maps = &mut maps[out * G::MAP..][..G::MAP];
        let (values, winners) = (&values[out * G::MAP..][..G::MAP], &winners[out * G::MAP..][..G::MAP]);
        let zero = S::f32s::splat(simd, 0.0);
        let mut sum = zero;
        for (slopes, values) in maps.chunks_exact_mut(lanes).zip(values.chunks_exact(lanes)) {
            let passed = S::f32s::from_slice(simd, values).simd_gt(zero);
            let slope = passed.select(S::f32s::from_slice(simd, slopes) * factors[out], zero);
            slope.store_slice(slopes);
            sum += slope;
        }
        gradients.bias[out] += sum.as_slice().iter().sum::<f32>();

        let kernel = &mut gradients.rows[out * G::KERNEL * padded(G::RUN)..][..G::KERNEL * padded(G::RUN)];
        if G::RUN <= lanes {
            match G::KERNEL {
                1 => add_narrow_kernel::<S, G, 1>(simd, image, winners, maps, kernel),
                3 => add_narrow_kernel::<S, G, 3>(simd, image, winners, maps, kernel),
                5 => add_narrow_kernel::<S, G, 5>(simd, image, winners, maps, kernel),
                _ => add_narrow_kernel::<S, G, 7>(simd, image, winners, maps, kernel),
            }
        } else {
            let slopes = winners.iter().zip(&*maps).map(|(&winner, &slope)| (offset(winner), slope));
            let count = find_runs(slopes, list);
            for ky in 0..G::KERNEL {
                let (image, row) =
                    (&image[ky * G::ROW..], &mut kernel[ky * padded(G::RUN)..][..padded(G::RUN)]);
                add_runs(simd, &list[..count], image, row, G::RUN.div_ceil(lanes));
            }
        }
    }

    let Some((kernels, image_gradient)) = image_gradient else { return };
    for place in 0..G::PLACES {
        let corner = 2 * (place / G::POOLED_WIDTH) * G::ROW + 2 * (place % G::POOLED_WIDTH) * G::CHANNELS;
        let slopes = (0..G::OUT).filter(|&out| factors[out] != 0.0).map(|out| {
            let step = offset(winners[out * G::MAP + place]) as usize - corner;
            let down = usize::from(step >= G::ROW);
            let right = step - down * G::ROW;
            let first = out * (G::KERNEL + 2) + 1 - down;
            let start = first * G::FRAME_STRIDE + G::CHANNELS - right;
            (offset(super::forward::index(start)), maps[out * G::MAP + place])
        });
        let count = find_runs(slopes, list);
        for row in 0..=G::KERNEL {
            let frame = &mut image_gradient[corner + row * G::ROW..];
            let kernels = &kernels.0[row * G::FRAME_STRIDE..];
            add_runs(simd, &list[..count], kernels, frame, G::FRAME.div_ceil(lanes));
        }
    }
}

/// Adds the gradient of a kernel of which every row fits into one vector, all `K` rows at once. Places
/// without a gradient are not left out: finding them would take longer.
#[inline(always)]
fn add_narrow_kernel<S: Simd, G: Geometry, const K: usize>(
    simd: S,
    image: &[f32],
    winners: &[i32],
    slopes: &[f32],
    kernel: &mut [f32],
) {
    let lanes = S::f32s::LEN;
    // Two sets of sums, so that an addition need not wait for the one before it.
    let mut sums = [[S::f32s::splat(simd, 0.0); K]; 2];
    for (winners, slopes) in winners.chunks_exact(2).zip(slopes.chunks_exact(2)) {
        for (set, sums) in sums.iter_mut().enumerate() {
            let window = &image[offset(winners[set]) as usize..][..(K - 1) * G::ROW + lanes];
            let slope = S::f32s::splat(simd, slopes[set]);
            for (ky, sum) in sums.iter_mut().enumerate() {
                *sum = load(simd, window, ky * G::ROW).mul_add(slope, *sum);
            }
        }
    }
    let [first, second] = sums;
    for (ky, (first, second)) in first.into_iter().zip(second).enumerate() {
        add(simd, kernel, ky * padded(G::RUN), first + second);
    }
}

/// An index as vectors hold it, unsigned.
#[inline(always)]
fn offset(index: i32) -> u32 {
    index.cast_unsigned()
}
