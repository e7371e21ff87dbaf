//! Rearranging the values of every item of a batch by one table of indices.

use dfdx::prelude::*;

/// What an operation needs of a device: dfdx's kernels for `E`.
pub trait Device<E: Dtype>: dfdx::tensor_ops::Device<E> {}
impl<E: Dtype, D: dfdx::tensor_ops::Device<E>> Device<E> for D {}

/// A table of indices on a device, one for each value of the result.
pub(crate) type Table<D> = Tensor<(usize,), usize, D>;

/// Puts a table on a device.
pub(crate) fn table<D: TensorFromVec<usize>>(device: &D, indices: Vec<usize>) -> Table<D> {
    let len = indices.len();
    device.tensor_from_vec(indices, (len,))
}

/// For each item of a batch `[batch, values]`, the values that the table names: `[batch, table]`.
pub(crate) fn gather<E: Dtype, D: Device<E>, T: Tape<E, D>>(
    items: Tensor<(usize, usize), E, D, T>,
    table: &Table<D>,
) -> Tensor<(usize, usize), E, D, T> {
    let shape = (items.shape().0, table.shape().0);
    items.gather(table.clone().broadcast_like::<_, Axis<0>>(&shape))
}
