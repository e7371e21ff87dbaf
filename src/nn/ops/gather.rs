//! Gathering the values of every item of a batch by a table of indices.

use dfdx::prelude::*;

/// The device traits that operations need: dfdx's kernels for `E`.
pub trait TensorDevice<E: Dtype>: Device<E> {}
impl<E: Dtype, D: Device<E>> TensorDevice<E> for D {}

/// A table of indices on a device, one per value of the result.
pub(crate) type IndexTable<D> = Tensor<(usize,), usize, D>;

/// Copies a table to a device.
pub(crate) fn table<D: TensorFromVec<usize>>(device: &D, indices: Vec<usize>) -> IndexTable<D> {
    let len = indices.len();
    device.tensor_from_vec(indices, (len,))
}

/// Gathers the values at the table's indices for each item of a batch: from `[batch, values]` to `[batch, table]`.
pub(crate) fn gather<E: Dtype, D: TensorDevice<E>, T: Tape<E, D>>(
    items: Tensor<(usize, usize), E, D, T>,
    table: &IndexTable<D>,
) -> Tensor<(usize, usize), E, D, T> {
    let shape = (items.shape().0, table.shape().0);
    items.gather(table.clone().broadcast_like::<_, Axis<0>>(&shape))
}
