//! Compares every operation with naive loops, and its gradient with finite differences, in `f64`.

use dfdx::prelude::*;
use proptest::prelude::*;

use super::{FlattenOp, InputGradient, Patches, conv2d, dropout, dropout2d, linear, max_pool2d};
use crate::nn::backend::Backend;
use crate::nn::rng::{SeededRng, StreamId};
use crate::nn::shape::{Halve, ImageShape, Slide};

/// Rounding error of a few hundred additions in `f64`.
const ROUNDING: f64 = 1e-12;
const STEP: f64 = 1e-6;
/// The error of finite differences is about `STEP`² plus the rounding error over `STEP`.
const DIFFERENCE: f64 = 1e-6;

fn random(seed: u64, len: usize) -> Vec<f64> {
    let mut stream = SeededRng::new(seed).stream(StreamId::Weights(0), 0);
    (0..len).map(|_| f64::from(stream.symmetric(1.0))).collect()
}

fn assert_close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (index, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= tolerance * (1.0 + want.abs()), "at {index}: {got}, not {want}");
    }
}

/// Compares `gradient` with the finite differences of `loss` around `point`.
fn assert_gradient(gradient: &[f64], point: &[f64], loss: impl Fn(&[f64]) -> f64) {
    let difference = |index: usize| {
        let mut moved = point.to_vec();
        moved[index] = point[index] + STEP;
        let above = loss(&moved);
        moved[index] = point[index] - STEP;
        (above - loss(&moved)) / (2.0 * STEP)
    };
    let differences: Vec<f64> = (0..point.len()).map(difference).collect();
    assert_close(gradient, &differences, DIFFERENCE);
}

/// A weighted sum, so that every output has a different gradient.
fn weigh<S, T: Tape<f64, Cpu>>(output: Tensor<S, f64, Cpu, T>) -> Tensor<Rank0, f64, Cpu, T>
where
    S: Shape + ReduceShape<<S as Shape>::AllAxes> + ReduceShapeTo<Rank0, <S as Shape>::AllAxes>,
{
    let shape = *output.shape();
    let weights = output.device().tensor_from_vec(random(99, shape.num_elements()), shape);
    (output * weights.retaped::<T>()).sum()
}

/// A test case of a convolution, with random values.
struct Conv<H: Dim, W: Dim, const C: usize, const O: usize, const K: usize> {
    device: Cpu,
    patches: Patches<Cpu>,
    images: Tensor<ImageShape<H, W, C>, f64, Cpu>,
    weight: Tensor<Rank4<O, C, K, K>, f64, Cpu>,
    bias: Tensor<Rank1<O>, f64, Cpu>,
}

impl<H: Slide<K>, W: Slide<K>, const C: usize, const O: usize, const K: usize> Conv<H, W, C, O, K> {
    fn new(batch: usize, seed: u64) -> Self {
        let device = Cpu::default();
        let shape = (batch, H::default(), W::default(), Const::<C>);
        Self {
            patches: Patches::new(&device, [H::SIZE, W::SIZE, C], K),
            images: device.tensor_from_vec(random(seed, shape.num_elements()), shape),
            weight: device.tensor_from_vec(random(seed + 1, O * C * K * K), Default::default()),
            bias: device.tensor_from_vec(random(seed + 2, O), Default::default()),
            device,
        }
    }

    fn naive(&self) -> Vec<f64> {
        let (images, weight, bias) = (self.images.as_vec(), self.weight.as_vec(), self.bias.as_vec());
        let mut outputs = Vec::new();
        for image in images.chunks(H::SIZE * W::SIZE * C) {
            for y in 0..=H::SIZE - K {
                for x in 0..=W::SIZE - K {
                    for out in 0..O {
                        let mut sum = bias[out];
                        for channel in 0..C {
                            for row in 0..K {
                                for column in 0..K {
                                    sum += image[((y + row) * W::SIZE + x + column) * C + channel]
                                        * weight[((out * C + channel) * K + row) * K + column];
                                }
                            }
                        }
                        outputs.push(sum);
                    }
                }
            }
        }
        outputs
    }

    fn check(batch: usize, seed: u64) {
        let case = Self::new(batch, seed);
        let output = conv2d(case.images.clone(), &case.patches, &case.weight, &case.bias);
        assert_eq!(output.shape().concrete(), [batch, H::SIZE + 1 - K, W::SIZE + 1 - K, O]);
        assert_close(&output.as_vec(), &case.naive(), ROUNDING);
    }

    fn check_gradients(batch: usize, seed: u64) {
        let case = Self::new(batch, seed);
        let output = conv2d(case.images.leaky_trace(), &case.patches, &case.weight, &case.bias);
        let gradients = weigh(output).backward();
        let loss = |images: &Tensor<_, _, _>, weight: &Tensor<_, _, _>, bias: &Tensor<_, _, _>| {
            weigh(conv2d(images.clone(), &case.patches, weight, bias)).array()
        };
        assert_gradient(&gradients.get(&case.images).as_vec(), &case.images.as_vec(), |point| {
            let images = case.device.tensor_from_vec(point.to_vec(), *case.images.shape());
            loss(&images, &case.weight, &case.bias)
        });
        assert_gradient(&gradients.get(&case.weight).as_vec(), &case.weight.as_vec(), |point| {
            let weight = case.device.tensor_from_vec(point.to_vec(), *case.weight.shape());
            loss(&case.images, &weight, &case.bias)
        });
        assert_gradient(&gradients.get(&case.bias).as_vec(), &case.bias.as_vec(), |point| {
            let bias = case.device.tensor_from_vec(point.to_vec(), *case.bias.shape());
            loss(&case.images, &case.weight, &bias)
        });
    }
}

/// The shapes of images, channels and kernels that convolutions are tested with.
macro_rules! each_shape {
    ($check:ident, $batch:expr, $seed:expr) => {
        Conv::<Const<5>, Const<5>, 1, 1, 5>::$check($batch, $seed);
        Conv::<Const<7>, Const<6>, 2, 3, 5>::$check($batch, $seed);
        Conv::<Const<4>, Const<9>, 3, 2, 3>::$check($batch, $seed);
        Conv::<Const<3>, Const<2>, 4, 5, 1>::$check($batch, $seed);
        Conv::<Const<7>, Const<8>, 1, 2, 7>::$check($batch, $seed);
        Conv::<Const<3>, Const<66>, 1, 2, 2>::$check($batch, $seed);
    };
}

fn naive_pool(images: &[f64], height: usize, width: usize, channels: usize) -> Vec<f64> {
    let mut outputs = Vec::new();
    for image in images.chunks(height * width * channels) {
        for y in (0..height).step_by(2) {
            for x in (0..width).step_by(2) {
                for channel in 0..channels {
                    let at = |y: usize, x: usize| image[(y * width + x) * channels + channel];
                    outputs.push(at(y, x).max(at(y, x + 1)).max(at(y + 1, x)).max(at(y + 1, x + 1)));
                }
            }
        }
    }
    outputs
}

fn check_pool<H: Halve, W: Halve, const C: usize>(batch: usize, seed: u64) {
    let shape = (batch, H::default(), W::default(), Const::<C>);
    let values = random(seed, shape.num_elements());
    let images: Tensor<ImageShape<H, W, C>, f64, _> = Cpu::default().tensor_from_vec(values.clone(), shape);
    let output = max_pool2d(images.leaky_trace());
    assert_close(&output.as_vec(), &naive_pool(&values, H::SIZE, W::SIZE, C), 0.0);
    let gradients = weigh(output).backward();
    assert_gradient(&gradients.get(&images).as_vec(), &values, |point| {
        weigh(max_pool2d(Cpu::default().tensor_from_vec(point.to_vec(), shape))).array()
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn conv2d_is_the_naive_convolution(batch in 1usize..4, seed in 0u64..1_000_000) {
        each_shape!(check, batch, seed);
    }

    #[test]
    fn max_pool2d_is_the_naive_maximum_with_its_gradient(batch in 1usize..4, seed in 0u64..1_000_000) {
        check_pool::<Const<2>, Const<2>, 1>(batch, seed);
        check_pool::<Const<4>, Const<6>, 3>(batch, seed);
        check_pool::<Const<6>, Const<2>, 2>(batch, seed);
    }
}

#[test]
fn gradients_of_conv2d_are_its_finite_differences() {
    each_shape!(check_gradients, 2, 11);
}

#[test]
fn first_of_equal_pixels_gets_the_gradient() {
    let device = Cpu::default();
    let shape = (1, Const::<2>, Const::<4>, Const::<1>);
    // Two windows: all equal, and the highest in the second and the third place.
    let images: Tensor<ImageShape<Const<2>, Const<4>, 1>, f64, _> =
        device.tensor_from_vec(vec![0.5, 0.5, 1.0, 2.0, 0.5, 0.5, 2.0, 1.0], shape);
    let gradients = max_pool2d(images.leaky_trace()).sum::<Rank0, _>().backward();
    assert_close(&gradients.get(&images).as_vec(), &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0], 0.0);
}

#[test]
fn dropout2d_scales_whole_channels_and_their_gradients() {
    let device = Cpu::default();
    let shape = (2, Const::<2>, Const::<3>, Const::<2>);
    let values = random(3, 24);
    let images: Tensor<ImageShape<Const<2>, Const<3>, 2>, f64, _> =
        device.tensor_from_vec(values.clone(), shape);
    let mask = device.tensor_from_vec(vec![0.0, 2.0, 2.0, 0.0], (2, Const::<2>));
    let output = dropout2d(images.leaky_trace(), &mask);
    let factor = |index: usize| if (index / 12 == 0) == (index % 2 == 1) { 2.0 } else { 0.0 };
    let want: Vec<f64> = values.iter().enumerate().map(|(index, value)| value * factor(index)).collect();
    assert_close(&output.as_vec(), &want, 0.0);
    let gradients = weigh(output).backward();
    assert_gradient(&gradients.get(&images).as_vec(), &values, |point| {
        weigh(dropout2d(device.tensor_from_vec(point.to_vec(), shape), &mask)).array()
    });
}

#[test]
fn dropout_scales_values_and_their_gradients() {
    let device = Cpu::default();
    let values = random(4, 6);
    let vectors: Tensor<Rank2<2, 3>, f64, _> = device.tensor_from_vec(values.clone(), Default::default());
    let mask = device.tensor([[0.0, 2.0, 2.0], [2.0, 0.0, 0.0]]);
    let output = dropout(vectors.leaky_trace(), &mask);
    let want: Vec<f64> = values.iter().zip(mask.as_vec()).map(|(value, factor)| value * factor).collect();
    assert_close(&output.as_vec(), &want, 0.0);
    let gradients = weigh(output).backward();
    assert_gradient(&gradients.get(&vectors).as_vec(), &values, |point| {
        weigh(dropout(device.tensor_from_vec(point.to_vec(), *vectors.shape()), &mask)).array()
    });
}

#[test]
fn flatten_puts_channels_first() {
    let device = Cpu::default();
    let shape = (1, Const::<2>, Const::<2>, Const::<3>);
    let pixels = (0..12).map(f64::from).collect();
    let images: Tensor<ImageShape<Const<2>, Const<2>, 3>, f64, _> = device.tensor_from_vec(pixels, shape);
    let flatten = FlattenOp::new(&device, Backend::Composed, [2, 2, 3], InputGradient::Needed);
    let vectors = flatten.compose::<_, _, 3, 12, _, _>(images.leaky_trace());
    assert_close(&vectors.as_vec(), &[0., 3., 6., 9., 1., 4., 7., 10., 2., 5., 8., 11.], 0.0);
    let weights = random(99, 12);
    let gradient = weigh(vectors).backward().get(&images).as_vec();
    let want: Vec<f64> = (0..12).map(|pixel| weights[pixel % 3 * 4 + pixel / 3]).collect();
    assert_close(&gradient, &want, 0.0);
}

#[test]
fn gradients_of_linear_equal_finite_differences() {
    let device = Cpu::default();
    let input = device.tensor_from_vec(random(1, 3 * 7), (3, Const::<7>));
    let weight = device.tensor_from_vec(random(2, 5 * 7), <Rank2<5, 7>>::default());
    let bias = device.tensor_from_vec(random(3, 5), <Rank1<5>>::default());
    let gradients = weigh(linear(input.leaky_trace(), &weight, &bias)).backward();

    let of_input = |values: &[f64]| {
        let moved = device.tensor_from_vec(values.to_vec(), (3, Const::<7>));
        weigh(linear(moved, &weight, &bias)).array()
    };
    assert_gradient(&gradients.get(&input).as_vec(), &input.as_vec(), of_input);
    let of_weight = |values: &[f64]| {
        let moved = device.tensor_from_vec(values.to_vec(), <Rank2<5, 7>>::default());
        weigh(linear(input.clone(), &moved, &bias)).array()
    };
    assert_gradient(&gradients.get(&weight).as_vec(), &weight.as_vec(), of_weight);
    let of_bias = |values: &[f64]| {
        let moved = device.tensor_from_vec(values.to_vec(), <Rank1<5>>::default());
        weigh(linear(input.clone(), &weight, &moved)).array()
    };
    assert_gradient(&gradients.get(&bias).as_vec(), &bias.as_vec(), of_bias);
}
