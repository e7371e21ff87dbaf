//! Sparse products: sums of runs of neighbouring values with non-zero factors.

#![expect(
    clippy::inline_always,
    reason = "vector code must be inlined into a function that is compiled for its instruction set"
)]

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::lanes::{add, load};

/// A run of neighbouring values: its start and the factor of its values.
pub(super) type Run = (u32, f32);

/// Adds the first `vectors` vectors of each run of `from`, times its factor, to `to`. Sums stay in registers.
#[inline(always)]
pub(super) fn add_runs<S: Simd>(simd: S, runs: &[Run], from: &[f32], to: &mut [f32], vectors: usize) {
    let mut first = 0;
    while vectors - first > 8 {
        add_vectors::<S, 8>(simd, runs, &from[first * S::f32s::LEN..], &mut to[first * S::f32s::LEN..]);
        first += 8;
    }
    let (from, to) = (&from[first * S::f32s::LEN..], &mut to[first * S::f32s::LEN..]);
    match vectors - first {
        1 => add_vectors::<S, 1>(simd, runs, from, to),
        2 => add_vectors::<S, 2>(simd, runs, from, to),
        3 => add_vectors::<S, 3>(simd, runs, from, to),
        4 => add_vectors::<S, 4>(simd, runs, from, to),
        5 => add_vectors::<S, 5>(simd, runs, from, to),
        6 => add_vectors::<S, 6>(simd, runs, from, to),
        7 => add_vectors::<S, 7>(simd, runs, from, to),
        _ => add_vectors::<S, 8>(simd, runs, from, to),
    }
}

#[inline(always)]
fn add_vectors<S: Simd, const V: usize>(simd: S, runs: &[Run], from: &[f32], to: &mut [f32]) {
    let lanes = S::f32s::LEN;
    let mut sums = [S::f32s::splat(simd, 0.0); V];
    for &(start, factor) in runs {
        let run = &from[start as usize..][..V * lanes];
        let factor = S::f32s::splat(simd, factor);
        for (vector, sum) in sums.iter_mut().enumerate() {
            *sum = load(simd, run, vector * lanes).mul_add(factor, *sum);
        }
    }
    let to = &mut to[..V * lanes];
    for (vector, sum) in sums.iter().enumerate() {
        add(simd, to, vector * lanes, *sum);
    }
}

/// A list of the runs with non-zero factors.
///
/// Callers push in a loop instead of passing an iterator: closures of iterators are compiled without vector instructions
/// and are not always inlined into code that is compiled with them.
pub(super) struct NonZeroRuns<'a> {
    runs: &'a mut [Run],
    len: usize,
}

impl<'a> NonZeroRuns<'a> {
    /// An empty list. `runs` must have space for one more run than will be pushed.
    #[inline(always)]
    pub(super) fn new(runs: &'a mut [Run]) -> Self {
        Self { runs, len: 0 }
    }

    /// Adds the run at `start`, unless its factor is 0.
    #[expect(clippy::cast_possible_truncation, reason = "buffers have far fewer values")]
    #[inline(always)]
    pub(super) fn push(&mut self, start: usize, factor: f32) {
        // Always written but counted only if non-zero: a branch would often be mispredicted.
        self.runs[self.len] = (start as u32, factor);
        self.len += usize::from(factor != 0.0);
    }

    /// The runs.
    #[inline(always)]
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs[..self.len]
    }
}
