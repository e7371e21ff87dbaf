//! The block composed of dfdx's operations.

use dfdx::prelude::*;

use crate::nn::ops::{Patches, TensorDevice, conv2d, dropout2d, max_pool2d};
use crate::nn::shape::{Halve, ImageShape, Slide};

/// Shape of the output of a block with `K` x `K` kernels on `H` x `W` images.
pub type Pooled<H, W, const O: usize, const K: usize> =
    ImageShape<<<H as Slide<K>>::Out as Halve>::Out, <<W as Slide<K>>::Out as Halve>::Out, O>;

/// The block composed of dfdx's operations. `mask` is that of [`dropout2d`].
pub(super) fn composed<H, W, const C: usize, const O: usize, const K: usize, E, D, T>(
    images: Tensor<ImageShape<H, W, C>, E, D, T>,
    patches: &Patches<D>,
    weight: &Tensor<Rank4<O, C, K, K>, E, D>,
    bias: &Tensor<Rank1<O>, E, D>,
    mask: Option<&Tensor<(usize, Const<O>), E, D>>,
) -> Tensor<Pooled<H, W, O, K>, E, D, T>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
    E: Dtype,
    D: TensorDevice<E>,
    T: Tape<E, D>,
{
    let maps = conv2d(images, patches, weight, bias);
    let maps = match mask {
        Some(mask) => dropout2d(maps, mask),
        None => maps,
    };
    max_pool2d(maps).relu()
}
