//! The sizes of a block, known to the compiler.

use std::marker::PhantomData;

use super::super::lanes::padded;
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

    /// Values of the rows of one parity in a [column plane](super::forward).
    const HALF_PLANE: usize = Self::HEIGHT / 2 * Self::POOLED_WIDTH;
    /// Values in a column plane.
    const PLANE: usize = 2 * Self::HALF_PLANE;

    /// Values that a row of a kernel covers, channels last.
    const RUN: usize = Self::KERNEL * Self::CHANNELS;
    /// Values in a row of the window over which a kernel can lie and have one and the same place of
    /// the pooled map as its result.
    const FRAME: usize = (Self::KERNEL + 1) * Self::CHANNELS;
    /// Distance of the rows of a kernel as [`backward`](super::backward) lays them out.
    const FRAME_STRIDE: usize = Self::CHANNELS + padded(Self::FRAME);
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
}
