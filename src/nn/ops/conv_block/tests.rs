//! Compares the fused block with the composed one, whose operations have gradient checks of their own.

use dfdx::prelude::*;
use proptest::prelude::*;

use super::composed::composed;
use super::fused::Fused;
use crate::nn::backend::Backend;
use crate::nn::ops::{InputGradient, Patches};
use crate::nn::rng::{SeededRng, StreamId};
use crate::nn::shape::{Halve, ImageShape, Slide};

fn random(seed: u64, len: usize) -> Vec<f32> {
    let mut stream = SeededRng::new(seed).stream(StreamId::Weights(0), 0);
    (0..len).map(|_| stream.symmetric(1.0)).collect()
}

/// Output of a block, and gradients of images, weights and biases.
#[derive(Debug, PartialEq)]
struct Result {
    maps: Vec<f32>,
    gradients: [Vec<f32>; 3],
}

/// Values of a batch.
struct Case {
    batch: usize,
    images: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    factors: Option<Vec<f32>>,
    /// Weight of each output value in the loss.
    loss: Vec<f32>,
}

/// The implementation to test.
enum Way<'a, H, W, const C: usize, const O: usize, const K: usize> {
    Composed,
    Fused(&'a Fused<H, W, C, O, K>),
}

impl Case {
    fn new<H: Slide<K>, W: Slide<K>, const C: usize, const O: usize, const K: usize>(
        batch: usize,
        seed: u64,
        factors: Option<Vec<f32>>,
    ) -> Self {
        Self {
            batch,
            images: random(seed, batch * H::SIZE * W::SIZE * C),
            weight: random(seed + 1, O * C * K * K),
            bias: random(seed + 2, O),
            factors,
            loss: random(seed + 3, batch * H::Out::SIZE * W::Out::SIZE / 4 * O),
        }
    }

    fn compute<H, W, const C: usize, const O: usize, const K: usize>(
        &self,
        way: &Way<'_, H, W, C, O, K>,
    ) -> Result
    where
        H: Slide<K, Out: Halve>,
        W: Slide<K, Out: Halve>,
    {
        let device = Cpu::default();
        let shape: ImageShape<H, W, C> = (self.batch, H::default(), W::default(), Const::<C>);
        let images = device.tensor_from_vec(self.images.clone(), shape);
        let weight = device.tensor_from_vec(self.weight.clone(), <Rank4<O, C, K, K>>::default());
        let bias = device.tensor_from_vec(self.bias.clone(), <Rank1<O>>::default());
        let traced = images.clone().leaky_traced();
        let maps = match way {
            Way::Composed => {
                let patches = Patches::new(&device, [H::SIZE, W::SIZE, C], K);
                let mask = self
                    .factors
                    .clone()
                    .map(|factors| device.tensor_from_vec(factors, (self.batch, Const::<O>)));
                composed(traced, &patches, &weight, &bias, mask.as_ref())
            }
            Way::Fused(fused) => {
                fused.forward(traced, &weight, &bias, self.factors.as_deref(), InputGradient::Needed)
            }
        };
        let values = maps.as_vec();
        let loss = device.tensor_from_vec(self.loss.clone(), *maps.shape());
        let gradients = (maps * loss).sum::<Rank0, _>().backward();
        Result {
            maps: values,
            gradients: [
                gradients.get(&images).as_vec(),
                gradients.get(&weight).as_vec(),
                gradients.get(&bias).as_vec(),
            ],
        }
    }
}

fn assert_close(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len(), "{what}");
    let largest = want.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
    for (index, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= 2e-5 * largest, "{what} at {index}: {got}, not {want}");
    }
}

/// Compares every instruction set with the composed block.
fn check<H, W, const C: usize, const O: usize, const K: usize>(batch: usize, seed: u64, mask: Option<u64>)
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
{
    let factors = mask
        .map(|bits| (0..batch * O).map(move |place| if bits >> (place % 64) & 1 == 0 { 0.0 } else { 1.5 }));
    let case = Case::new::<H, W, C, O, K>(batch, seed, factors.map(Iterator::collect));
    let want = case.compute::<H, W, C, O, K>(&Way::Composed);
    for backend in Backend::all() {
        let Backend::Fused(level) = backend else { continue };
        let fused = Fused::<H, W, C, O, K>::new(level);
        let got = case.compute(&Way::Fused(&fused));
        assert_close(&format!("{backend}: maps"), &got.maps, &want.maps);
        for (what, got, want) in [("images", 0), ("weights", 1), ("biases", 2)]
            .map(|(what, i)| (what, &got.gradients[i], &want.gradients[i]))
        {
            assert_close(&format!("{backend}: gradient of {what}"), got, want);
        }
        // No state is carried over to the next batch.
        assert_eq!(case.compute(&Way::Fused(&fused)), got, "{backend}: the second time");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_first_block_of_the_lecture(seed: u64, mask: Option<u64>, batch in 1usize..4) {
        check::<Const<28>, Const<28>, 1, 10, 5>(batch, seed, mask);
    }

    #[test]
    fn the_second_block_of_the_lecture(seed: u64, mask: Option<u64>, batch in 1usize..4) {
        check::<Const<12>, Const<12>, 10, 20, 5>(batch, seed, mask);
    }

    /// Odd and even kernel sizes, the smallest image for a kernel, a large one, few and many channels, widths that are not
    /// whole vectors, images that are not square.
    #[test]
    fn blocks_of_other_shapes(seed: u64, mask: Option<u64>, batch in 1usize..4) {
        check::<Const<6>, Const<6>, 1, 1, 5>(batch, seed, mask);
        check::<Const<8>, Const<14>, 3, 5, 3>(batch, seed, mask);
        check::<Const<10>, Const<8>, 32, 3, 3>(batch, seed, mask);
        check::<Const<4>, Const<6>, 2, 7, 1>(batch, seed, mask);
        check::<Const<14>, Const<14>, 2, 4, 7>(batch, seed, mask);
        check::<Const<5>, Const<7>, 1, 2, 2>(batch, seed, mask);
        check::<Const<11>, Const<69>, 2, 2, 8>(batch, seed, mask);
    }
}

/// Blank background has many equal values: the first pixel of a window must win.
#[test]
fn first_of_equal_pixels_gets_the_gradient() {
    let mut case = Case::new::<Const<12>, Const<12>, 10, 20, 5>(2, 5, None);
    case.images.fill(0.25);
    let want = case.compute::<Const<12>, Const<12>, 10, 20, 5>(&Way::Composed);
    for backend in Backend::all() {
        let Backend::Fused(level) = backend else { continue };
        let got = case.compute::<Const<12>, Const<12>, 10, 20, 5>(&Way::Fused(&Fused::new(level)));
        assert_close("gradient of images", &got.gradients[0], &want.gradients[0]);
    }
}

/// Two forward passes before the first backward pass: each must keep its own images.
#[test]
fn batches_may_overlap() {
    let case = Case::new::<Const<12>, Const<12>, 2, 4, 5>(2, 9, None);
    let Backend::Fused(level) = Backend::best() else { unreachable!("the best kernels are fused") };
    let fused: Fused<Const<12>, Const<12>, 2, 4, 5> = Fused::new(level);
    let want = case.compute(&Way::Fused(&fused));

    let device = Cpu::default();
    let shape = (2, Const::<12>, Const::<12>, Const::<2>);
    let images = device.tensor_from_vec(case.images.clone(), shape);
    let weight = device.tensor_from_vec(case.weight.clone(), <Rank4<4, 2, 5, 5>>::default());
    let bias = device.tensor_from_vec(case.bias.clone(), <Rank1<4>>::default());
    let maps = fused.forward(images.clone().leaky_traced(), &weight, &bias, None, InputGradient::Needed);
    let others = device.tensor_from_vec(random(77, 2 * 12 * 12 * 2), shape);
    let _unused = fused.forward(others.leaky_traced(), &weight, &bias, None, InputGradient::Needed);
    let loss = device.tensor_from_vec(case.loss.clone(), *maps.shape());
    let maps_alone = maps.with_empty_tape();
    let gradients = (maps * loss).sum::<Rank0, _>().backward();
    assert_eq!(gradients.get(&images).as_vec(), want.gradients[0]);
    // Its own gradient is still available.
    assert_eq!(gradients.get(&maps_alone).as_vec(), case.loss);
}
