//! Shapes as types, so that layers which do not fit together do not compile.

use dfdx::shapes::{Const, ConstDim};

/// A batch of images, channels last: `[batch, height, width, channels]`.
///
/// Height and width are [`Const`]s. Channels come last because a convolution's matrix product then
/// leaves its result in place, without a transposition.
pub type ImageShape<H, W, const C: usize> = (usize, H, W, Const<C>);

/// A batch of vectors: `[batch, length]`.
pub type FlatShape<const N: usize> = (usize, Const<N>);

/// A length along which a window of `K` can slide by one: `Out` is `Self - K + 1`.
///
/// Stable Rust cannot compute with constants in types, so the results stand in a table for the
/// lengths up to 64 and the kernels 1, 3, 5 and 7.
#[diagnostic::on_unimplemented(
    message = "a {K}x{K} kernel does not fit on `{Self}` pixels",
    label = "the image is too small for this kernel here",
    note = "kernels are 1, 3, 5 or 7 pixels wide, images up to 64"
)]
pub trait Slide<const K: usize>: ConstDim {
    /// How many places there are.
    type Out: ConstDim;
}

/// An even length, which windows of two cover without a rest: `Out` is half of it.
#[diagnostic::on_unimplemented(
    message = "2x2 max-pooling needs an even number of pixels, not `{Self}`",
    label = "the image cannot be halved here",
    note = "images are up to 64 pixels wide"
)]
pub trait Halve: ConstDim {
    /// Half the length.
    type Out: ConstDim;
}

macro_rules! slide {
    ($kernel:literal: $($from:literal)* => $($to:literal)*) => {
        $(impl Slide<$kernel> for Const<$from> { type Out = Const<$to>; })*
    };
}

macro_rules! halve {
    ($($from:literal)* => $($to:literal)*) => {
        $(impl Halve for Const<$from> { type Out = Const<$to>; })*
    };
}

#[rustfmt::skip]
mod table {
    use super::{Const, Halve, Slide};

    slide!(1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
        => 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64);
    slide!(3: 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
        => 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62);
    slide!(5: 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
        => 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60);
    slide!(7: 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
        => 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58);
    halve!(2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 32 34 36 38 40 42 44 46 48 50 52 54 56 58 60 62 64
        => 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slid<const K: usize, L: Slide<K>>() -> (usize, usize) {
        (L::SIZE, L::Out::SIZE)
    }

    fn halved<L: Halve>() -> (usize, usize) {
        (L::SIZE, L::Out::SIZE)
    }

    #[test]
    fn a_window_slides_over_length_minus_kernel_plus_one_places() {
        assert_eq!(slid::<5, Const<28>>(), (28, 24));
        assert_eq!(slid::<5, Const<12>>(), (12, 8));
        assert_eq!(slid::<5, Const<5>>(), (5, 1));
        assert_eq!(slid::<1, Const<64>>(), (64, 64));
        assert_eq!(slid::<3, Const<64>>(), (64, 62));
        assert_eq!(slid::<7, Const<64>>(), (64, 58));
    }

    #[test]
    fn halving_is_exact() {
        assert_eq!(halved::<Const<2>>(), (2, 1));
        assert_eq!(halved::<Const<24>>(), (24, 12));
        assert_eq!(halved::<Const<64>>(), (64, 32));
    }
}
