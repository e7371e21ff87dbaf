//! Layers: operations with the parameters, tables and settings that they need.

use std::fmt::Debug;

use dfdx::prelude::*;

use super::backend::Backend;
use super::ops::{self, InputGradient, LayerDevice, TensorDevice};
use super::rng::{SeededRng, StreamId};
use super::shape::{FlatShape, Halve, ImageShape, Slide};
use super::weight::{AnyWeight, Weight};

/// What a pass through a network is for.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    /// To measure it: dropout is off.
    Evaluate,
    /// To train it: dropout draws from `chance`.
    Train {
        /// Where the draws come from.
        chance: SeededRng,
        /// Step of the run, from 0.
        step: u64,
        /// Place in the batch of the first image of this part of it, so that the masks do not depend
        /// on how a batch is split.
        first: usize,
    },
}

/// A layer, for inputs of shape `In`.
///
/// That a layer takes `In` and what it makes of it is part of its type: networks whose layers do not
/// fit do not compile.
pub trait Layer<In: Shape, D: TensorDevice<f32>>: Debug {
    /// The shape of what it gives.
    type Out: Shape;

    /// Applies it, recording on the input's tape.
    fn forward<T: Tape<f32, D>>(
        &self,
        input: Tensor<In, f32, D, T>,
        pass: Mode,
    ) -> Tensor<Self::Out, f32, D, T>;

    /// Its parameters, in PyTorch's order.
    fn weights(&self) -> Vec<&dyn AnyWeight<D>> {
        Vec::new()
    }

    /// The same, to be changed.
    fn weights_mut(&mut self) -> Vec<&mut dyn AnyWeight<D>> {
        Vec::new()
    }
}

/// No layer at all: what a stack of layers begins with.
#[derive(Debug, Clone, Copy)]
pub struct Identity;

impl<In: Shape, D: TensorDevice<f32>> Layer<In, D> for Identity {
    type Out = In;

    fn forward<T: Tape<f32, D>>(&self, input: Tensor<In, f32, D, T>, _: Mode) -> Tensor<In, f32, D, T> {
        input
    }
}

/// One layer after another.
#[derive(Debug)]
pub struct Chain<A, B> {
    pub(super) first: A,
    pub(super) then: B,
}

impl<In: Shape, D: TensorDevice<f32>, A: Layer<In, D>, B: Layer<A::Out, D>> Layer<In, D> for Chain<A, B> {
    type Out = B::Out;

    fn forward<T: Tape<f32, D>>(
        &self,
        input: Tensor<In, f32, D, T>,
        pass: Mode,
    ) -> Tensor<B::Out, f32, D, T> {
        self.then.forward(self.first.forward(input, pass), pass)
    }

    fn weights(&self) -> Vec<&dyn AnyWeight<D>> {
        let mut weights = self.first.weights();
        weights.extend(self.then.weights());
        weights
    }

    fn weights_mut(&mut self) -> Vec<&mut dyn AnyWeight<D>> {
        let mut weights = self.first.weights_mut();
        weights.extend(self.then.weights_mut());
        weights
    }
}

/// A convolutional block: `O` kernels of `K` x `K` over `C` channels, dropout of whole maps if wanted,
/// max-pooling by 2 x 2, `ReLU`.
#[derive(Debug)]
pub struct ConvBlock<H, W, const C: usize, const O: usize, const K: usize, D: TensorDevice<f32>> {
    weight: Weight<Rank4<O, C, K, K>, D>,
    bias: Weight<Rank1<O>, D>,
    dropout: Option<Dropout>,
    block: ops::ConvBlockOp<H, W, C, O, K, D>,
}

impl<H, W, const C: usize, const O: usize, const K: usize, D> ConvBlock<H, W, C, O, K, D>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
    D: LayerDevice,
{
    ///
    pub(super) fn new(
        device: &D,
        kernels: Backend,
        name: &str,
        dropout: Option<Dropout>,
        input_gradient: InputGradient,
    ) -> Self {
        Self {
            weight: Weight::zeros(device, format!("{name}.weight"), C * K * K),
            bias: Weight::zeros(device, format!("{name}.bias"), C * K * K),
            dropout,
            block: ops::ConvBlockOp::new(device, kernels, input_gradient),
        }
    }
}

impl<H, W, const C: usize, const O: usize, const K: usize, D> Layer<ImageShape<H, W, C>, D>
    for ConvBlock<H, W, C, O, K, D>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
    D: LayerDevice,
{
    type Out = ops::Pooled<H, W, O, K>;

    fn forward<T: Tape<f32, D>>(
        &self,
        input: Tensor<ImageShape<H, W, C>, f32, D, T>,
        pass: Mode,
    ) -> Tensor<Self::Out, f32, D, T> {
        let factors = self.dropout.and_then(|dropout| dropout.factors(input.shape().0, O, pass));
        D::conv_block(input, &self.block, self.weight.tensor(), self.bias.tensor(), factors)
    }

    fn weights(&self) -> Vec<&dyn AnyWeight<D>> {
        vec![&self.weight, &self.bias]
    }

    fn weights_mut(&mut self) -> Vec<&mut dyn AnyWeight<D>> {
        vec![&mut self.weight, &mut self.bias]
    }
}

/// The rectifier: negative values become 0.
#[derive(Debug, Clone, Copy)]
pub struct Relu;

impl<In: Shape, D: TensorDevice<f32>> Layer<In, D> for Relu {
    type Out = In;

    fn forward<T: Tape<f32, D>>(&self, input: Tensor<In, f32, D, T>, _: Mode) -> Tensor<In, f32, D, T> {
        input.relu()
    }
}

/// Dropout: of whole maps in a [`ConvBlock`], of single values on vectors.
#[derive(Debug, Clone, Copy)]
pub struct Dropout {
    /// Chance of being dropped.
    pub(super) rate: f32,
    /// Its place in the network, which tells its draws from those of others.
    pub(super) layer: usize,
}

impl Dropout {
    /// Factors for `values` values or channels of each of `batch` items, each 0 or `1/(1 - rate)`; `None`
    /// if nothing is to drop.
    fn factors(&self, batch: usize, values: usize, pass: Mode) -> Option<Vec<f32>> {
        let Mode::Train { chance, step, first } = pass else { return None };
        if self.rate <= 0.0 {
            return None;
        }
        let mut draws = chance.draws(StreamId::Dropout { layer: self.layer, step }, first * values);
        let kept = 1.0 / (1.0 - self.rate);
        // A product, since a branch would be guessed wrong half of the time.
        let factor = |_| f32::from(u8::from(draws.unit() >= self.rate)) * kept;
        Some((0..batch * values).map(factor).collect())
    }
}

impl<const N: usize, D: TensorDevice<f32>> Layer<FlatShape<N>, D> for Dropout {
    type Out = FlatShape<N>;

    fn forward<T: Tape<f32, D>>(
        &self,
        input: Tensor<FlatShape<N>, f32, D, T>,
        pass: Mode,
    ) -> Tensor<FlatShape<N>, f32, D, T> {
        let batch = input.shape().0;
        match self.factors(batch, N, pass) {
            Some(factors) => {
                let mask = input.device().tensor_from_vec(factors, (batch, Const::<N>));
                ops::dropout(input, &mask)
            }
            None => input,
        }
    }
}

/// From images to vectors of `N`.
#[derive(Debug)]
pub struct Flatten<const N: usize, D: TensorDevice<f32>>(pub(super) ops::FlattenOp<D>);

impl<H, W, const C: usize, const N: usize, D> Layer<ImageShape<H, W, C>, D> for Flatten<N, D>
where
    H: ConstDim,
    W: ConstDim,
    D: LayerDevice,
{
    type Out = FlatShape<N>;

    fn forward<T: Tape<f32, D>>(
        &self,
        input: Tensor<ImageShape<H, W, C>, f32, D, T>,
        _: Mode,
    ) -> Tensor<FlatShape<N>, f32, D, T> {
        D::flatten(input, &self.0)
    }
}

/// Every output from every input: `x · weightᵀ + bias`.
#[derive(Debug)]
pub struct Linear<const N: usize, const O: usize, D: TensorDevice<f32>> {
    weight: Weight<Rank2<O, N>, D>,
    bias: Weight<Rank1<O>, D>,
    product: ops::LinearOp,
}

impl<const N: usize, const O: usize, D: TensorDevice<f32>> Linear<N, O, D> {
    ///
    pub(super) fn new(device: &D, kernels: Backend, name: &str, input_gradient: InputGradient) -> Self {
        Self {
            product: ops::LinearOp::new(kernels, input_gradient),
            weight: Weight::zeros(device, format!("{name}.weight"), N),
            bias: Weight::zeros(device, format!("{name}.bias"), N),
        }
    }
}

impl<const N: usize, const O: usize, D: LayerDevice> Layer<FlatShape<N>, D> for Linear<N, O, D> {
    type Out = FlatShape<O>;

    fn forward<T: Tape<f32, D>>(
        &self,
        input: Tensor<FlatShape<N>, f32, D, T>,
        _: Mode,
    ) -> Tensor<FlatShape<O>, f32, D, T> {
        D::linear(input, &self.product, self.weight.tensor(), self.bias.tensor())
    }

    fn weights(&self) -> Vec<&dyn AnyWeight<D>> {
        vec![&self.weight, &self.bias]
    }

    fn weights_mut(&mut self) -> Vec<&mut dyn AnyWeight<D>> {
        vec![&mut self.weight, &mut self.bias]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 0.3;

    /// The factors of 20 channels for `batch` items of a batch, from its item `first` on.
    fn factors(layer: usize, step: u64, first: usize, batch: usize) -> Vec<f32> {
        let pass = Mode::Train { chance: SeededRng::new(1), step, first };
        Dropout { rate: RATE, layer }.factors(batch, 20, pass).unwrap()
    }

    #[test]
    fn a_batch_is_masked_in_parts_as_it_is_as_a_whole() {
        let whole = factors(4, 7, 0, 64);
        let parts: Vec<f32> = (0..64).step_by(8).flat_map(|first| factors(4, 7, first, 8)).collect();
        assert!(whole == parts);
    }

    #[test]
    fn every_step_and_every_layer_has_a_mask_of_its_own() {
        assert!(factors(4, 7, 0, 64) != factors(4, 8, 0, 64));
        assert!(factors(4, 7, 0, 64) != factors(10, 7, 0, 64));
    }

    #[test]
    fn the_rate_is_dropped_and_the_rest_makes_up_for_it() {
        let factors: Vec<f32> = (0..100).flat_map(|step| factors(4, step, 0, 64)).collect();
        let kept = 1.0 / (1.0 - RATE);
        let is = |factor: f32, value: f32| (factor - value).abs() < 1e-6;
        assert!(factors.iter().all(|&factor| is(factor, 0.0) || is(factor, kept)));
        // Each channel is dropped as often as any other: within five standard deviations.
        let spread = 5.0 * (6400.0 * RATE * (1.0 - RATE)).sqrt();
        for channel in 0..20 {
            let dropped = factors.iter().skip(channel).step_by(20).filter(|&&factor| is(factor, 0.0)).count();
            assert!((dropped as f32 - 6400.0 * RATE).abs() < spread, "channel {channel}: {dropped}");
        }
    }

    #[test]
    fn nothing_is_dropped_in_an_evaluation_or_at_rate_0() {
        let dropout = |rate| Dropout { rate, layer: 4 };
        assert!(dropout(RATE).factors(64, 20, Mode::Evaluate).is_none());
        let pass = Mode::Train { chance: SeededRng::new(1), step: 0, first: 0 };
        assert!(dropout(0.0).factors(64, 20, pass).is_none());
    }
}
