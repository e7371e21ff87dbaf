//! Backward pass of a block.
//!
//! Only one of the four pixels of a pooling window has a gradient, and only if `ReLU` and dropout let it through, so
//! about one in sixteen. Each contributes a kernel-sized window of the image times one slope; with channels last, a row
//! of that window is contiguous. Sums stay in registers: for the weights, a row of one kernel over all positions; for
//! the image, a row of one window over all kernels.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::super::lanes::{Matrix, add, load, padded, transpose};
use super::super::runs::{NonZeroRuns, add_runs};
use super::geometry::Geometry;
use super::workspace::{Gradients, KernelRows, Slopes};

/// Adds the gradients of one image. `image` and `image_gradient` are `[height, width, channels]` followed by
/// [`PAD`](super::super::lanes::PAD) values; `output_gradient` is `[position, channel]`; `values` and `winners` are
/// results of [`forward`](super::forward::forward), and `factors` its argument.
#[expect(clippy::too_many_arguments, reason = "slices of the arrays of a batch, each for one image")]
#[inline(always)]
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

    for (out, &factor) in factors.iter().enumerate() {
        if factor == 0.0 {
            continue;
        }
        let maps = &mut maps[out * G::MAP..][..G::MAP];
        let (values, winners) = (&values[out * G::MAP..][..G::MAP], &winners[out * G::MAP..][..G::MAP]);
        let zero = S::f32s::splat(simd, 0.0);
        let mut sum = zero;
        for at in (0..G::MAP).step_by(lanes) {
            let passed = load(simd, values, at).simd_gt(zero);
            let slope = passed.select(load(simd, maps, at) * factor, zero);
            slope.store_slice(&mut maps[at..at + lanes]);
            sum += slope;
        }
        gradients.bias[out] += sum.as_slice().iter().sum::<f32>();

        let kernel = &mut gradients.rows[out * G::KERNEL * padded(G::RUN)..][..G::KERNEL * padded(G::RUN)];
        if G::RUN <= lanes {
            G::add_narrow_kernel(simd, image, winners, maps, kernel);
        } else {
            let mut found = NonZeroRuns::new(list);
            for place in 0..G::MAP {
                found.push(offset(winners[place]), maps[place]);
            }
            for ky in 0..G::KERNEL {
                let (image, row) =
                    (&image[ky * G::ROW..], &mut kernel[ky * padded(G::RUN)..][..padded(G::RUN)]);
                add_runs(simd, found.runs(), image, row, G::RUN.div_ceil(lanes));
            }
        }
    }

    let Some((kernels, image_gradient)) = image_gradient else { return };
    for place in 0..G::PLACES {
        let corner = 2 * (place / G::POOLED_WIDTH) * G::ROW + 2 * (place % G::POOLED_WIDTH) * G::CHANNELS;
        let mut found = NonZeroRuns::new(list);
        for (out, &factor) in factors.iter().enumerate() {
            if factor == 0.0 {
                continue;
            }
            let step = offset(winners[out * G::MAP + place]) - corner;
            let down = usize::from(step >= G::ROW);
            let right = step - down * G::ROW;
            let first = out * (G::KERNEL + 2) + 1 - down;
            found.push(first * G::FRAME_STRIDE + G::CHANNELS - right, maps[out * G::MAP + place]);
        }
        for row in 0..=G::KERNEL {
            let frame = &mut image_gradient[corner + row * G::ROW..];
            let kernels = &kernels.0[row * G::FRAME_STRIDE..];
            add_runs(simd, found.runs(), kernels, frame, G::FRAME.div_ceil(lanes));
        }
    }
}

/// Adds the gradient of a kernel whose rows each fit in one vector, all `K` rows at once. Positions without a gradient
/// are not skipped, since finding them would take longer.
#[expect(clippy::needless_range_loop, reason = "the compiler unrolls loops over indices")]
#[inline(always)]
pub(super) fn add_narrow_kernel<S: Simd, G: Geometry, const K: usize>(
    simd: S,
    image: &[f32],
    winners: &[i32],
    slopes: &[f32],
    kernel: &mut [f32],
) {
    let lanes = S::f32s::LEN;
    // Two sets of sums, so that an addition does not wait for the previous one.
    let mut sums = [[S::f32s::splat(simd, 0.0); K]; 2];
    for pair in (0..G::MAP).step_by(2) {
        for set in 0..2 {
            let window = &image[offset(winners[pair + set])..][..(K - 1) * G::ROW + lanes];
            let slope = S::f32s::splat(simd, slopes[pair + set]);
            for ky in 0..K {
                let sum = &mut sums[set][ky];
                *sum = load(simd, window, ky * G::ROW).mul_add(slope, *sum);
            }
        }
    }
    for ky in 0..K {
        add(simd, kernel, ky * padded(G::RUN), sums[0][ky] + sums[1][ky]);
    }
}

/// Converts an index from its vector representation.
#[inline(always)]
fn offset(index: i32) -> usize {
    index.cast_unsigned() as usize
}
