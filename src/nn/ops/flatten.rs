//! From images to vectors.

use dfdx::prelude::*;

use super::gather::{Device, Table, gather, table};
use crate::nn::shape::{Flat, Image};

/// Where the pixels of a channels-last image lie, channel by channel.
#[derive(Debug, Clone)]
pub struct ChannelsFirst<D: Storage<usize>> {
    indices: Table<D>,
}

impl<D: Storage<usize> + TensorFromVec<usize>> ChannelsFirst<D> {
    /// The table for images `[height, width, channels]`.
    pub fn new(device: &D, [height, width, channels]: [usize; 3]) -> Self {
        let indices = (0..channels)
            .flat_map(|channel| (0..height * width).map(move |pixel| pixel * channels + channel))
            .collect();
        Self { indices: table(device, indices) }
    }
}

/// Every image as one vector, channel by channel, so that the weights of the linear layer behind it
/// mean what they mean in PyTorch.
///
/// `N` must be `H * W * C`; anything else does not compile.
pub fn flatten<H, W, const C: usize, const N: usize, E, D, T>(
    images: Tensor<Image<H, W, C>, E, D, T>,
    order: &ChannelsFirst<D>,
) -> Tensor<Flat<N>, E, D, T>
where
    H: ConstDim,
    W: ConstDim,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    const { assert!(H::SIZE * W::SIZE * C == N, "flatten::<N>: N must be height x width x channels") };
    let batch = images.shape().0;
    gather(images.reshape_like(&(batch, N)), &order.indices).reshape_like(&(batch, Const::<N>))
}
