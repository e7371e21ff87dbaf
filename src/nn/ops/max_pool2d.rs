//! Two-dimensional max-pooling.

use dfdx::prelude::*;

use super::gather::TensorDevice;
use crate::nn::shape::{Halve, ImageShape};

/// The maximum of every 2 x 2 window, with stride 2.
///
/// Of equal values, the first in reading order gets the whole gradient, as in PyTorch's
/// [`MaxPool2d`](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html). dfdx's own `max` would pass it
/// to each of them, and blank background has many equal values.
pub fn max_pool2d<H, W, const C: usize, E, D, T>(
    images: Tensor<ImageShape<H, W, C>, E, D, T>,
) -> Tensor<ImageShape<H::Out, W::Out, C>, E, D, T>
where
    H: Halve,
    W: Halve,
    E: Dtype,
    D: TensorDevice<E>,
    T: Tape<E, D>,
{
    let batch = images.shape().0;
    // A row of windows is two rows of pixels, of which each window has two neighbouring ones.
    let (window_rows, window_columns) = (batch * H::Out::SIZE, W::Out::SIZE);
    let windows = images.reshape_like(&(window_rows, 2usize, window_columns, 2 * C));

    let (windows, tape) = windows.split_tape();
    // The first member keeps the tape; the others start tapes that `first_max` merges into it.
    let member = |windows: Tensor<(usize, usize, usize, usize), E, D, T>, row: usize, column: usize| {
        windows.slice((0..window_rows, row..row + 1, 0..window_columns, column * C..(column + 1) * C))
    };
    let mut largest = member(windows.clone().put_tape(tape), 0, 0);
    for (row, column) in [(0, 1), (1, 0), (1, 1)] {
        largest = first_max(largest, member(windows.retaped::<T>(), row, column));
    }
    largest.reshape_like(&(batch, H::Out::default(), W::Out::default(), Const::<C>))
}

/// The larger value of each pair; `first` if they are equal.
fn first_max<S: Shape, E: Dtype, D: TensorDevice<E>, T: Tape<E, D>>(
    first: Tensor<S, E, D, T>,
    second: Tensor<S, E, D, T>,
) -> Tensor<S, E, D, T> {
    second.gt(&first).choose(second, first)
}
