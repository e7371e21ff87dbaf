//! Fully connected layers.
//!
//! On the CPU, both passes skip zeros: `ReLU` and dropout make most inputs and most gradients of outputs 0.

#![expect(
    clippy::inline_always,
    reason = "vector code must be inlined into a function that is compiled for its instruction set"
)]

use std::cell::RefCell;
use std::rc::Rc;

use dfdx::prelude::*;
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch};

use super::TensorDevice;
use super::input_gradient::InputGradient;
use super::lanes::{Matrix, PAD, padded, transpose};
use super::runs::{NonZeroRuns, Run, add_runs};
use crate::nn::backend::Backend;
use crate::nn::shape::FlatShape;

/// `input · weightᵀ + bias`, composed of dfdx's operations: the reference for [`LinearOp`], and the implementation on other
/// devices.
pub fn linear<const N: usize, const O: usize, E, D, T>(
    input: Tensor<FlatShape<N>, E, D, T>,
    weight: &Tensor<Rank2<O, N>, E, D>,
    bias: &Tensor<Rank1<O>, E, D>,
) -> Tensor<FlatShape<O>, E, D, T>
where
    E: Dtype,
    D: TensorDevice<E>,
    T: Tape<E, D>,
{
    let weight = weight.retaped::<T>().permute::<Rank2<N, O>, Axes2<1, 0>>();
    let products = input.matmul(weight);
    let shape = *products.shape();
    products + bias.retaped::<T>().broadcast_like::<_, Axis<0>>(&shape)
}

/// The state of a linear layer besides its parameters: buffers and the backend.
#[derive(Debug)]
pub struct LinearOp {
    fused: Option<(Level, Rc<RefCell<Buffers>>)>,
    input_gradient: InputGradient,
}

impl LinearOp {
    /// Creates a layer that uses this backend where the device supports it.
    pub fn new(backend: Backend, input_gradient: InputGradient) -> Self {
        let fused = match backend {
            Backend::Composed => None,
            Backend::Fused(level) => Some((level, Rc::default())),
        };
        Self { fused, input_gradient }
    }

    /// Applies the layer on the CPU with its backend.
    pub(super) fn apply<const N: usize, const O: usize, T: Tape<f32, Cpu>>(
        &self,
        input: Tensor<FlatShape<N>, f32, Cpu, T>,
        weight: &Tensor<Rank2<O, N>, f32, Cpu>,
        bias: &Tensor<Rank1<O>, f32, Cpu>,
    ) -> Tensor<FlatShape<O>, f32, Cpu, T> {
        let (Some((level, buffers)), true) = (&self.fused, T::OWNS_TAPE) else {
            // Without dropout there are too few zeros for skipping them to pay off.
            return linear(input, weight, bias);
        };
        let (level, input_gradient) = (*level, self.input_gradient);
        let (input, mut tape) = input.split_tape();
        let len = input.shape().0;
        let mut items = vec![0.0; len * N + PAD];
        input.copy_into(&mut items[..len * N]);
        let mut output = vec![0.0; len * O];
        {
            let buffers = &mut *buffers.borrow_mut();
            buffers.fit(len, [N, O]);
            weight.copy_into(&mut buffers.weight[..O * N]);
            bias.copy_into(&mut buffers.bias);
            dispatch!(level, simd => forward(simd, &items[..], buffers, &mut output[..]));
        }
        let outputs = input.device().tensor_from_vec(output, (len, Const::<O>));
        let (input, weight, bias, outputs_ghost) =
            (input.ghost(), weight.ghost(), bias.ghost(), outputs.ghost());
        let buffers = Rc::clone(buffers);
        tape.add_backward_op(move |gradients: &mut Gradients<f32, Cpu>| {
            let buffers = &mut *buffers.borrow_mut();
            // Taken out, instead of copied, while other gradients are borrowed.
            let slopes = std::mem::take(&mut **gradients.get_or_alloc_mut(&outputs_ghost)?);
            let bias_gradient = gradients.get_or_alloc_mut(&bias)?;
            for slopes in slopes.chunks_exact(O) {
                for (to, from) in bias_gradient.iter_mut().zip(slopes) {
                    *to += from;
                }
            }
            let weight_gradient: &mut Vec<f32> = gradients.get_or_alloc_mut(&weight)?;
            dispatch!(level, simd => weigh_items(simd, &slopes[..], &items[..], buffers, weight_gradient));
            if input_gradient == InputGradient::Needed {
                let input_gradient: &mut Vec<f32> = gradients.get_or_alloc_mut(&input)?;
                dispatch!(level, simd => weigh_weights(simd, &slopes[..], buffers, input_gradient));
            }
            **gradients.get_or_alloc_mut(&outputs_ghost)? = slopes;
            Ok(())
        });
        outputs.put_tape(tape)
    }
}

/// Number of weights that fit in the first-level cache together with their factors: 16 of 32 KB.
const CACHED: usize = 4096;

/// The buffers of a layer, allocated once and reused for every batch.
#[derive(Debug, Default)]
struct Buffers {
    inputs: usize,
    outputs: usize,
    /// `[output, input]` followed by [`PAD`] values.
    weight: Vec<f32>,
    /// The transpose `[input, output]`, with rows in whole vectors.
    columns: Vec<f32>,
    bias: Vec<f32>,
    /// A row of a result, in whole vectors.
    row: Vec<f32>,
    /// Space for the runs of one such row, plus one.
    runs: Vec<Run>,
}

impl Buffers {
    /// Resizes the buffers for a batch of `len` items.
    fn fit(&mut self, len: usize, [inputs, outputs]: [usize; 2]) {
        (self.inputs, self.outputs) = (inputs, outputs);
        self.weight.resize(outputs * inputs + PAD, 0.0);
        self.columns.resize(inputs * padded(outputs), 0.0);
        self.bias.resize(outputs, 0.0);
        self.row.resize(padded(inputs.max(outputs)), 0.0);
        self.runs.resize(self.runs.len().max(len.max(inputs).max(outputs) + 1), (0, 0.0));
    }
}

/// Computes `output` `[item, output]` from `items` `[item, input]`, which are followed by [`PAD`] values.
#[inline(always)]
fn forward<S: Simd>(simd: S, items: &[f32], buffers: &mut Buffers, output: &mut [f32]) {
    let Buffers { inputs, outputs, weight, columns, bias, row, runs } = buffers;
    let (inputs, outputs) = (*inputs, *outputs);
    let shape = Matrix { rows: outputs, columns: inputs, stride: inputs };
    transpose(simd, weight, shape, columns, padded(outputs));
    for output in output.chunks_exact_mut(outputs) {
        output.copy_from_slice(bias);
    }
    // Process all items for as many inputs at a time as fit in the first-level cache with their weights.
    let block = (CACHED / padded(outputs)).max(1);
    for first in (0..inputs).step_by(block) {
        let columns = &columns[first * padded(outputs)..];
        let last = inputs.min(first + block);
        for (item, output) in items.chunks_exact(inputs).zip(output.chunks_exact_mut(outputs)) {
            let mut found = NonZeroRuns::new(runs);
            for (input, &factor) in item[first..last].iter().enumerate() {
                found.push(input * padded(outputs), factor);
            }
            add_row(simd, found.runs(), columns, row, output);
        }
    }
}

/// Adds the `items` times their `slopes` `[item, output]` to `gradient` `[output, input]`.
#[inline(always)]
fn weigh_items<S: Simd>(simd: S, slopes: &[f32], items: &[f32], buffers: &mut Buffers, gradient: &mut [f32]) {
    let Buffers { inputs, outputs, row, runs, .. } = buffers;
    for (output, gradient) in gradient.chunks_exact_mut(*inputs).enumerate() {
        let mut found = NonZeroRuns::new(runs);
        for item in 0..slopes.len() / *outputs {
            found.push(item * *inputs, slopes[item * *outputs + output]);
        }
        add_row(simd, found.runs(), items, row, gradient);
    }
}

/// Adds the weights times the `slopes` `[item, output]` to `gradient` `[item, input]`.
#[inline(always)]
fn weigh_weights<S: Simd>(simd: S, slopes: &[f32], buffers: &mut Buffers, gradient: &mut [f32]) {
    let Buffers { inputs, outputs, weight, row, runs, .. } = buffers;
    for (slopes, gradient) in slopes.chunks_exact(*outputs).zip(gradient.chunks_exact_mut(*inputs)) {
        let mut found = NonZeroRuns::new(runs);
        for (output, &slope) in slopes.iter().enumerate() {
            found.push(output * *inputs, slope);
        }
        add_row(simd, found.runs(), weight, row, gradient);
    }
}

/// Adds the runs of `from` to `to`, via `row` if it does not consist of whole vectors.
#[inline(always)]
fn add_row<S: Simd>(simd: S, runs: &[Run], from: &[f32], row: &mut [f32], to: &mut [f32]) {
    let vectors = to.len().div_ceil(S::f32s::LEN);
    let whole = vectors * S::f32s::LEN == to.len();
    if !whole {
        row[..to.len()].copy_from_slice(to);
    }
    // A single call, since it is inlined wherever it is called.
    add_runs(simd, runs, from, if whole { &mut *to } else { &mut *row }, vectors);
    if !whole {
        to.copy_from_slice(&row[..to.len()]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nn::rng::{SeededRng, StreamId};

    /// Random numbers in `-1..1`, part of them 0.
    fn random(seed: u64, len: usize, zeros: f32) -> Vec<f32> {
        let mut stream = SeededRng::new(seed).stream(StreamId::Weights(0), 0);
        let mut draw = || if stream.unit() < zeros { 0.0 } else { stream.symmetric(1.0) };
        (0..len).map(|_| draw()).collect()
    }

    /// Outputs, and the gradients of inputs, weights and biases.
    fn compute<const N: usize, const O: usize>(layer: &LinearOp, len: usize, seed: u64) -> [Vec<f32>; 4] {
        let device = Cpu::default();
        let input = device.tensor_from_vec(random(seed, len * N, 0.5), (len, Const::<N>));
        let weight = device.tensor_from_vec(random(seed + 1, O * N, 0.0), <Rank2<O, N>>::default());
        let bias = device.tensor_from_vec(random(seed + 2, O, 0.0), <Rank1<O>>::default());
        let outputs = layer.apply(input.clone().leaky_traced(), &weight, &bias);
        let values = outputs.as_vec();
        let slopes = device.tensor_from_vec(random(seed + 3, len * O, 0.5), *outputs.shape());
        let gradients = (outputs * slopes).sum::<Rank0, _>().backward();
        [
            values,
            gradients.get(&input).as_vec(),
            gradients.get(&weight).as_vec(),
            gradients.get(&bias).as_vec(),
        ]
    }

    fn check<const N: usize, const O: usize>(len: usize, seed: u64) {
        let want = compute::<N, O>(&LinearOp::new(Backend::Composed, InputGradient::Needed), len, seed);
        for backend in Backend::all() {
            let layer = LinearOp::new(backend, InputGradient::Needed);
            let got = compute::<N, O>(&layer, len, seed);
            for (got, want) in got.iter().flatten().zip(want.iter().flatten()) {
                assert!((got - want).abs() <= 1e-5 * (1.0 + want.abs()), "{backend}: {got}, not {want}");
            }
            // No state is carried over to the next batch, whatever its size.
            compute::<N, O>(&layer, len + 3, seed + 9);
            assert_eq!(compute::<N, O>(&layer, len, seed), got, "{backend}: the second time");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn fused_layer_equals_matrix_products(len in 1usize..20, seed: u64) {
            let seed = seed / 2;
            check::<320, 50>(len, seed);
            check::<50, 10>(len, seed);
            check::<1, 1>(len, seed);
            check::<7, 17>(len, seed);
            check::<130, 3>(len, seed);
        }
    }
}
