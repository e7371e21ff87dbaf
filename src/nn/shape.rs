//! Shapes as types, so that layers which do not fit together do not compile.
//!
//! A type defines how its size follows from another type's, and the compiler computes it, so image and kernel sizes are
//! not limited. If layers do not fit, computing the size panics at compile time, with the numbers in the message. The
//! compiler evaluates sizes when it generates code (`cargo build`, `cargo test`), but not in `cargo check`.

use std::marker::PhantomData;

use dfdx::shapes::{Const, ConstDim, Dim};

/// A batch of images, channels last: `[batch, height, width, channels]`.
///
/// With channels last, the result of a convolution's matrix product needs no transposition.
pub type ImageShape<H, W, const C: usize> = (usize, H, W, Const<C>);

/// A batch of vectors: `[batch, length]`.
pub type FlatShape<const N: usize> = (usize, Const<N>);

/// Width and height of the input images, in pixels. `data` has the same constant; `nn` does not depend on it.
pub const SIDE: usize = 28;

/// Number of classes, and of logits per image.
pub const CLASSES: usize = 10;

/// Input shape: a batch of greyscale images, `[batch, 28, 28, 1]`.
pub type InputShape = ImageShape<Const<SIDE>, Const<SIDE>, 1>;

/// Output shape: one logit per class, `[batch, 10]`.
// A literal, because in error messages the compiler prints the path of a constant instead of its value.
pub type LogitsShape = FlatShape<10>;

const _: () = assert!(CLASSES == 10);

/// A length along which a window of `K` slides by one, without padding.
///
/// A window wider than the length does not compile.
pub trait Slide<const K: usize>: ConstDim {
    /// The number of positions of the window: `SIZE - K + 1`.
    type Out: ConstDim;
}

impl<L: ConstDim, const K: usize> Slide<K> for L {
    type Out = Slid<L, K>;
}

/// A length that is divisible by two.
///
/// An odd length does not compile.
pub trait Halve: ConstDim {
    /// Half the length.
    type Out: ConstDim;
}

impl<L: ConstDim> Halve for L {
    type Out = Halved<L>;
}

/// The number of positions of a window of `K` on the length `L`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slid<L, const K: usize>(PhantomData<L>);

impl<L: ConstDim, const K: usize> ConstDim for Slid<L, K> {
    const SIZE: usize = positions(L::SIZE, K);
}

impl<L: ConstDim, const K: usize> Dim for Slid<L, K> {
    fn size(&self) -> usize {
        Self::SIZE
    }

    fn from_size(size: usize) -> Option<Self> {
        (size == Self::SIZE).then(Self::default)
    }
}

/// Half of the length `L`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Halved<L>(PhantomData<L>);

impl<L: ConstDim> ConstDim for Halved<L> {
    const SIZE: usize = half(L::SIZE);
}

impl<L: ConstDim> Dim for Halved<L> {
    fn size(&self) -> usize {
        Self::SIZE
    }

    fn from_size(size: usize) -> Option<Self> {
        (size == Self::SIZE).then(Self::default)
    }
}

#[track_caller]
const fn positions(length: usize, kernel: usize) -> usize {
    if kernel == 0 || kernel > length {
        Message::new()
            .text("a ")
            .number(kernel)
            .text("x")
            .number(kernel)
            .text(" kernel does not fit on a side of ")
            .number(length)
            .text(" pixels")
            .refuse()
    }
    length - kernel + 1
}

#[track_caller]
const fn half(length: usize) -> usize {
    if !length.is_multiple_of(2) {
        Message::new()
            .text("2x2 max-pooling needs an even number of pixels, but here a side has ")
            .number(length)
            .refuse()
    }
    length / 2
}

/// Fails to compile unless `K` x `K` kernels fit the image and 2x2 max-pooling fits the result.
pub(super) const fn check_block<H: Slide<K, Out: Halve>, W: Slide<K, Out: Halve>, const K: usize>() {
    let _ = (<H::Out as Halve>::Out::SIZE, <W::Out as Halve>::Out::SIZE);
}

/// Fails to compile unless images have exactly `len` values.
#[track_caller]
pub(super) const fn check_flat([height, width, channels]: [usize; 3], len: usize) {
    let values = height * width * channels;
    if values != len {
        Message::new()
            .text("flatten::<")
            .number(len)
            .text(">, but an image is ")
            .number(height)
            .text("x")
            .number(width)
            .text(" pixels with ")
            .number(channels)
            .text(if channels == 1 { " channel" } else { " channels" })
            .text(" here: write flatten::<")
            .number(values)
            .text(">")
            .refuse()
    }
}

/// Builds a compile-time error message, since `format!` is not available in constants.
struct Message {
    bytes: [u8; 256],
    len: usize,
}

impl Message {
    const fn new() -> Self {
        Self { bytes: [0; 256], len: 0 }
    }

    const fn text(mut self, text: &str) -> Self {
        let (text, mut index) = (text.as_bytes(), 0);
        while index < text.len() {
            self.bytes[self.len] = text[index];
            self.len += 1;
            index += 1;
        }
        self
    }

    #[expect(clippy::cast_possible_truncation, reason = "a digit is below ten")]
    const fn number(mut self, number: usize) -> Self {
        let mut unit = 1;
        while number / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            self.bytes[self.len] = b'0' + (number / unit % 10) as u8;
            self.len += 1;
            unit /= 10;
        }
        self
    }

    #[expect(clippy::panic, reason = "evaluated only at compile time")]
    #[track_caller]
    const fn refuse(&self) -> ! {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("these layers do not fit together"),
        }
    }
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
    fn window_has_length_minus_kernel_plus_one_positions() {
        assert_eq!(slid::<5, Const<28>>(), (28, 24));
        assert_eq!(slid::<5, Const<12>>(), (12, 8));
        assert_eq!(slid::<5, Const<5>>(), (5, 1));
        assert_eq!(slid::<1, Const<64>>(), (64, 64));
        assert_eq!(slid::<3, Const<64>>(), (64, 62));
        assert_eq!(slid::<7, Const<64>>(), (64, 58));
        assert_eq!(slid::<2, Const<225>>(), (225, 224));
        assert_eq!(slid::<11, Const<1024>>(), (1024, 1014));
    }

    #[test]
    fn halving_is_exact() {
        assert_eq!(halved::<Const<2>>(), (2, 1));
        assert_eq!(halved::<Const<24>>(), (24, 12));
        assert_eq!(halved::<Const<64>>(), (64, 32));
        assert_eq!(halved::<Const<1024>>(), (1024, 512));
    }

    #[test]
    fn sizes_follow_through_several_layers() {
        type Block<L> = Halved<Slid<L, 5>>;
        assert_eq!(<Block<Block<Const<28>>>>::SIZE, 4);
        assert_eq!(<Block<Const<28>>>::from_size(12), Some(Halved::default()));
        assert_eq!(<Block<Const<28>>>::from_size(13), None);
    }
}
