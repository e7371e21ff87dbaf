//! Dropout with the mask as an argument, so that randomness is up to the caller.

use dfdx::prelude::*;

use super::gather::TensorDevice;
use crate::nn::shape::ImageShape;

/// Scales every channel of every image by its entry of `mask` `[batch, channel]`: 0, or `1/(1 - p)`.
///
/// Neighbouring pixels of a feature map are strongly correlated, so dropping single pixels has little effect; whole maps
/// are dropped instead (Tompson et al., 2015, <https://arxiv.org/abs/1411.4280>).
pub fn dropout2d<H, W, const C: usize, E, D, T>(
    images: Tensor<ImageShape<H, W, C>, E, D, T>,
    mask: &Tensor<(usize, Const<C>), E, D>,
) -> Tensor<ImageShape<H, W, C>, E, D, T>
where
    H: ConstDim,
    W: ConstDim,
    E: Dtype,
    D: TensorDevice<E>,
    T: Tape<E, D>,
{
    let shape = *images.shape();
    images * mask.retaped::<T>().broadcast_like::<_, Axes2<1, 2>>(&shape)
}

/// Scales every value by its entry of `mask`: 0, or `1/(1 - p)` (Srivastava et al., 2014).
pub fn dropout<S: Shape, E: Dtype, D: TensorDevice<E>, T: Tape<E, D>>(
    values: Tensor<S, E, D, T>,
    mask: &Tensor<S, E, D>,
) -> Tensor<S, E, D, T> {
    values * mask.retaped::<T>()
}
