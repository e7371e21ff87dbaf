//! The sizes of a block, known to the compiler.

use std::marker::PhantomData;

use fearless_simd::Simd;

use super::super::lanes::padded;
use super::backward::add_narrow_kernel;
use crate::nn::shape::{Halve, Slide};

/// The sizes of a block. All of its loops run over these constants.
pub(super) trait Geometry: 'static {
    /// Of the images.
    const HEIGHT: usize;
    const WIDTH: usize;
    const CHANNELS: usize;
    /// Kernels, which are the channels that come out.
    const OUT: usize;
    /// Side of a kernel.
    const KERNEL: usize;
    /// Of the maps that come out.
    const POOLED_HEIGHT: usize = (Self::HEIGHT + 1 - Self::KERNEL) / 2;
    const POOLED_WIDTH: usize = (Self::WIDTH + 1 - Self::KERNEL) / 2;

    /// Values in a row of an image, channels last.
    const ROW: usize = Self::WIDTH * Self::CHANNELS;
    /// Values in an image.
    const IMAGE: usize = Self::HEIGHT * Self::ROW;
    /// Weights of one kernel.
    const TAPS: usize = Self::CHANNELS * Self::KERNEL * Self::KERNEL;
    /// Values in one map that comes out.
    const PLACES: usize = Self::POOLED_HEIGHT * Self::POOLED_WIDTH;
    /// The same, in whole vectors.
    const MAP: usize = padded(Self::PLACES);
    /// Values that come out for one image.
    const OUTPUT: usize = Self::PLACES * Self::OUT;

    /// Values of the even rows in a [column plane](super::forward). Images for kernels of an even size
    /// have an odd number of rows, and one odd row less.
    const HALF_PLANE: usize = Self::HEIGHT.div_ceil(2) * Self::POOLED_WIDTH;
    /// Values in a column plane.
    const PLANE: usize = 2 * Self::HALF_PLANE;

    /// Values that a row of a kernel covers, channels last.
    const RUN: usize = Self::KERNEL * Self::CHANNELS;
    /// Values in a row of the window over which a kernel can lie and have one and the same place of
    /// the pooled map as its result.
    const FRAME: usize = (Self::KERNEL + 1) * Self::CHANNELS;
    /// Distance of the rows of a kernel as [`backward`](super::backward) lays them out.
    const FRAME_STRIDE: usize = Self::CHANNELS + padded(Self::FRAME);

    /// [`add_narrow_kernel`] with as many sums as a kernel has rows, a number that a generic function
    /// cannot make of an associated constant.
    fn add_narrow_kernel<S: Simd>(
        simd: S,
        image: &[f32],
        winners: &[i32],
        slopes: &[f32],
        kernel: &mut [f32],
    );
}

/// The block of images `H` x `W` x `C` and `O` kernels of `K` x `K`.
#[derive(Debug)]
pub(super) struct Block<H, W, const C: usize, const O: usize, const K: usize>(PhantomData<(H, W)>);

impl<H, W, const C: usize, const O: usize, const K: usize> Geometry for Block<H, W, C, O, K>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
{
    const HEIGHT: usize = H::SIZE;
    const WIDTH: usize = W::SIZE;
    const CHANNELS: usize = C;
    const OUT: usize = O;
    const KERNEL: usize = K;

    #[inline(always)]
    fn add_narrow_kernel<S: Simd>(
        simd: S,
        image: &[f32],
        winners: &[i32],
        slopes: &[f32],
        kernel: &mut [f32],
    ) {
        add_narrow_kernel::<S, Self, K>(simd, image, winners, slopes, kernel);
    }
}
