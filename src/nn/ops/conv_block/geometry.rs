//! The sizes of a block, as constants.

use std::marker::PhantomData;

use fearless_simd::Simd;

use super::super::lanes::padded;
use super::backward::add_narrow_kernel;
use crate::nn::shape::{Halve, Slide};

/// The sizes of a block. Its loops run over these constants, so that the compiler can unroll them.
pub(super) trait Geometry: 'static {
    /// Height, width and channels of the images.
    const HEIGHT: usize;
    const WIDTH: usize;
    const CHANNELS: usize;
    /// Number of kernels, which are the output channels.
    const OUT: usize;
    /// Side of a kernel.
    const KERNEL: usize;
    /// Height and width of the output.
    const POOLED_HEIGHT: usize = (Self::HEIGHT + 1 - Self::KERNEL) / 2;
    const POOLED_WIDTH: usize = (Self::WIDTH + 1 - Self::KERNEL) / 2;

    /// Values per image row, channels last.
    const ROW: usize = Self::WIDTH * Self::CHANNELS;
    /// Values per image.
    const IMAGE: usize = Self::HEIGHT * Self::ROW;
    /// Weights per kernel.
    const TAPS: usize = Self::CHANNELS * Self::KERNEL * Self::KERNEL;
    /// Values per output channel.
    const PLACES: usize = Self::POOLED_HEIGHT * Self::POOLED_WIDTH;
    /// The same, rounded up to whole vectors.
    const MAP: usize = padded(Self::PLACES);
    /// Output values per image.
    const OUTPUT: usize = Self::PLACES * Self::OUT;

    /// Values of the even rows in a [column plane](super::forward). With kernels of even size, images have an odd number of
    /// rows, so one more even row than odd ones.
    const HALF_PLANE: usize = Self::HEIGHT.div_ceil(2) * Self::POOLED_WIDTH;
    /// Values per column plane.
    const PLANE: usize = 2 * Self::HALF_PLANE;

    /// Values per kernel row, channels last.
    const RUN: usize = Self::KERNEL * Self::CHANNELS;
    /// Values per row of the window that all members of one pooling window cover.
    const FRAME: usize = (Self::KERNEL + 1) * Self::CHANNELS;
    /// Stride of kernel rows in the layout of [`backward`](super::backward).
    const FRAME_STRIDE: usize = Self::CHANNELS + padded(Self::FRAME);

    /// Calls [`add_narrow_kernel`] with one sum per kernel row; a generic function cannot derive that number from an
    /// associated constant.
    fn add_narrow_kernel<S: Simd>(
        simd: S,
        image: &[f32],
        winners: &[i32],
        slopes: &[f32],
        kernel: &mut [f32],
    );
}

/// The block for images of `H` x `W` x `C` with `O` kernels of `K` x `K`.
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
