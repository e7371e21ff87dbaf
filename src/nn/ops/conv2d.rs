//! Two-dimensional convolution.

use dfdx::prelude::*;

use super::gather::{IndexTable, TensorDevice, gather, table};
use crate::nn::shape::{ImageShape, Slide};

/// Indices of the pixels of every patch of an image. Gathering them turns a convolution into a matrix product
/// ("im2col"; Chellapilla, Puri and Simard, 2006).
#[derive(Debug, Clone)]
pub struct Patches<D: Storage<usize>> {
    indices: IndexTable<D>,
}

impl<D: Storage<usize> + TensorFromVec<usize>> Patches<D> {
    /// The table for `kernel` x `kernel` patches of an image `[height, width, channels]`.
    ///
    /// Within a patch, the order is that of PyTorch's weights: channel, row, column.
    pub fn new(device: &D, [height, width, channels]: [usize; 3], kernel: usize) -> Self {
        let mut indices =
            Vec::with_capacity((height + 1 - kernel) * (width + 1 - kernel) * channels * kernel * kernel);
        for top in 0..=height - kernel {
            for left in 0..=width - kernel {
                for channel in 0..channels {
                    for row in top..top + kernel {
                        for column in left..left + kernel {
                            indices.push((row * width + column) * channels + channel);
                        }
                    }
                }
            }
        }
        Self { indices: table(device, indices) }
    }
}

/// Convolves the images with `O` kernels of `K` x `K`, with stride 1 and no padding, and adds a bias.
///
/// `weight` is `[out channel, in channel, row, column]` and `bias` is `[out channel]`, as in PyTorch's
/// [`Conv2d`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html). `patches` is the table for
/// images of this shape.
pub fn conv2d<H, W, const C: usize, const O: usize, const K: usize, E, D, T>(
    images: Tensor<ImageShape<H, W, C>, E, D, T>,
    patches: &Patches<D>,
    weight: &Tensor<Rank4<O, C, K, K>, E, D>,
    bias: &Tensor<Rank1<O>, E, D>,
) -> Tensor<ImageShape<H::Out, W::Out, O>, E, D, T>
where
    H: Slide<K>,
    W: Slide<K>,
    E: Dtype,
    D: TensorDevice<E>,
    T: Tape<E, D>,
{
    let batch = images.shape().0;
    let places = H::Out::SIZE * W::Out::SIZE;
    let patch = C * K * K;

    let items = images.reshape_like(&(batch, H::SIZE * W::SIZE * C));
    // One product for the whole batch: on CUDA, the backward pass of the batched form is one product per image.
    let rows = gather(items, &patches.indices).reshape_like(&(batch * places, patch));
    let kernels = weight.retaped::<T>().reshape_like(&(Const::<O>, patch));
    let products = rows.matmul(kernels.permute::<(usize, Const<O>), Axes2<1, 0>>());

    let maps = products.reshape_like(&(batch, H::Out::default(), W::Out::default(), Const::<O>));
    let shape = *maps.shape();
    maps + bias.retaped::<T>().broadcast_like::<_, Axes3<0, 1, 2>>(&shape)
}
