//! Loading and storing vectors.

#![expect(
    clippy::inline_always,
    reason = "vector code must be inlined into a function that is compiled for its instruction set"
)]

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x4};

/// Padding of buffers in values, so that a whole vector can be loaded or stored at any value. The longest vectors have 16
/// lanes.
pub(super) const PAD: usize = 16;

/// Rounds a length up to whole vectors.
pub(super) const fn padded(len: usize) -> usize {
    len.next_multiple_of(PAD)
}

/// Loads the vector at `values[at]`.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, values: &[f32], at: usize) -> S::f32s {
    S::f32s::from_slice(simd, &values[at..at + S::f32s::LEN])
}

/// Loads the vector of four at `values[at]`.
#[inline(always)]
pub(super) fn load_four<S: Simd>(simd: S, values: &[f32], at: usize) -> f32x4<S> {
    f32x4::from_slice(simd, &values[at..at + 4])
}

/// Adds `more` to the vector at `values[at]`.
#[inline(always)]
pub(super) fn add<S: Simd>(simd: S, values: &mut [f32], at: usize, more: S::f32s) {
    let values = &mut values[at..at + S::f32s::LEN];
    (S::f32s::from_slice(simd, values) + more).store_slice(values);
}

/// A row-major matrix in a slice, with rows `stride` apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) stride: usize,
}

/// Writes the transpose of `from` to `to`, whose rows are `to_stride` apart.
#[inline(always)]
pub(super) fn transpose<S: Simd>(simd: S, from: &[f32], shape: Matrix, to: &mut [f32], to_stride: usize) {
    let Matrix { rows, columns, stride } = shape;
    if rows < 4 || columns < 4 {
        for row in 0..rows {
            for column in 0..columns {
                to[column * to_stride + row] = from[row * stride + column];
            }
        }
        return;
    }
    // Blocks of 4 x 4; the last ones overlap their predecessors.
    for row in (0..rows).step_by(4).map(|row| row.min(rows - 4)) {
        let from = &from[row * stride..][..3 * stride + columns];
        for column in (0..columns).step_by(4).map(|column| column.min(columns - 4)) {
            let a = load_four(simd, from, column);
            let b = load_four(simd, from, stride + column);
            let c = load_four(simd, from, 2 * stride + column);
            let d = load_four(simd, from, 3 * stride + column);
            let (ac, bd) = (a.zip_low(c), b.zip_low(d));
            let (ac_high, bd_high) = (a.zip_high(c), b.zip_high(d));
            let to = &mut to[column * to_stride + row..][..3 * to_stride + 4];
            ac.zip_low(bd).store_slice(&mut to[..4]);
            ac.zip_high(bd).store_slice(&mut to[to_stride..][..4]);
            ac_high.zip_low(bd_high).store_slice(&mut to[2 * to_stride..][..4]);
            ac_high.zip_high(bd_high).store_slice(&mut to[3 * to_stride..][..4]);
        }
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;

    #[test]
    fn matrices_of_any_shape_are_transposed() {
        for (rows, columns, stride, to_stride) in
            [(144, 10, 10, 144), (4, 4, 4, 4), (5, 7, 9, 6), (3, 9, 9, 5)]
        {
            let from: Vec<f32> = (0..rows * stride).map(|value| value as f32).collect();
            let mut to = vec![-1.0; columns * to_stride];
            let shape = Matrix { rows, columns, stride };
            let level = Level::new();
            dispatch!(level, simd => transpose(simd, &from, shape, &mut to, to_stride));
            for (index, value) in to.iter().enumerate() {
                let (column, row) = (index / to_stride, index % to_stride);
                let want = if row < rows { (row * stride + column) as f32 } else { -1.0 };
                assert_eq!(value.to_bits(), want.to_bits(), "{rows} x {columns} at {row}, {column}");
            }
        }
    }
}
