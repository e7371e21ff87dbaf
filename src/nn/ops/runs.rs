//! Sums of runs: how matrices that are mostly 0 are multiplied. Where a factor is 0, no run is.

#![expect(
    clippy::inline_always,
    reason = "what handles vectors must become part of a function that is compiled for their instructions"
)]

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::lanes::{add, load};

/// A run of neighbouring values: where it begins, and by what they are to be multiplied.
pub(super) type Run = (u32, f32);

/// Adds to `to` the first `vectors` vectors of all the runs of `from`, each times its factor. What is
/// added up stays in registers.
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

/// The runs whose factors are not 0, as they are found.
///
/// Callers loop and push, rather than hand over an iterator: what iterators call is compiled without
/// vector instructions first, and not always inlined into what is compiled with them.
pub(super) struct NonZeroRuns<'a> {
    runs: &'a mut [Run],
    len: usize,
}

impl<'a> NonZeroRuns<'a> {
    /// None yet. There must be room for one more than will be pushed.
    #[inline(always)]
    pub(super) fn new(runs: &'a mut [Run]) -> Self {
        Self { runs, len: 0 }
    }

    /// Adds the run that begins at `start`, unless its factor is 0.
    #[expect(clippy::cast_possible_truncation, reason = "buffers have far fewer values")]
    #[inline(always)]
    pub(super) fn push(&mut self, start: usize, factor: f32) {
        // Written always and counted sometimes: a branch would be guessed wrong half of the time.
        self.runs[self.len] = (start as u32, factor);
        self.len += usize::from(factor != 0.0);
    }

    /// All of them.
    #[inline(always)]
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs[..self.len]
    }
}
