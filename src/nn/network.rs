//! A stack of layers as a [`Model`].

use dfdx::prelude::*;

use super::layer::{Layer, Pass};
use super::model::{Images, LayerInfo, Model, Parameter, Tally};
use super::ops::Device;
use super::stack::{Input, Scores};
use super::weight::AnyWeight;

/// A finished network on a device.
#[derive(Debug)]
pub(super) struct Network<D, L> {
    device: D,
    layers: L,
    table: Vec<LayerInfo>,
    parameters: Vec<Parameter>,
}

impl<D: Device<f32>, L: Layer<Input, D, Out = Scores>> Network<D, L> {
    pub(super) fn new(device: D, layers: L, table: Vec<LayerInfo>) -> Self {
        let parameter = |weight: &dyn AnyWeight<D>| Parameter {
            name: weight.name().to_owned(),
            shape: weight.shape(),
            fan_in: weight.fan_in(),
        };
        let parameters = layers.weights().into_iter().map(parameter).collect();
        Self { device, layers, table, parameters }
    }

    fn input(&self, images: Images<'_>) -> Tensor<Input, f32, D> {
        let shape = (images.labels.len(), Const::<28>, Const::<28>, Const::<1>);
        self.device.tensor_from_vec(images.pixels.to_vec(), shape)
    }

    /// `value` at each image's label, 0 elsewhere.
    fn targets(&self, labels: &[u8], value: f32) -> Tensor<Scores, f32, D> {
        let mut targets = vec![0.0; labels.len() * 10];
        for (row, &label) in targets.chunks_exact_mut(10).zip(labels) {
            row[usize::from(label)] = value;
        }
        self.device.tensor_from_vec(targets, (labels.len(), Const::<10>))
    }
}

impl<D: Device<f32>, L: Layer<Input, D, Out = Scores>> Model for Network<D, L> {
    fn layers(&self) -> &[LayerInfo] {
        &self.table
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn set_weights(&mut self, mut weights: &[f32]) {
        for (weight, parameter) in self.layers.weights_mut().into_iter().zip(&self.parameters) {
            let (values, rest) = weights.split_at(parameter.len());
            weight.set(values);
            weights = rest;
        }
    }

    fn train(&self, images: Images<'_>, pass: Pass, scale: f32, mut gradient: &mut [f32]) -> Tally {
        let scores = self.layers.forward(self.input(images).leaky_traced(), pass);
        let tally = tally(&scores.as_vec(), images.labels);
        let loss = scores.log_softmax::<Axis<1>>() * self.targets(images.labels, -scale);
        let gradients = loss.sum::<Rank0, _>().backward();
        for (weight, parameter) in self.layers.weights().into_iter().zip(&self.parameters) {
            let (values, rest) = gradient.split_at_mut(parameter.len());
            weight.gradient(&gradients, values);
            gradient = rest;
        }
        tally
    }

    fn evaluate(&self, images: Images<'_>) -> Tally {
        tally(&self.layers.forward(self.input(images), Pass::Evaluate).as_vec(), images.labels)
    }
}

/// Cross-entropy and hits of scores, ten an image.
fn tally(scores: &[f32], labels: &[u8]) -> Tally {
    let mut tally = Tally::default();
    for (scores, &label) in scores.chunks_exact(10).zip(labels) {
        let label = usize::from(label);
        // The first of equal scores counts, as in PyTorch's argmax; NaN is never the highest.
        let mut best = 0;
        for (class, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = class;
            }
        }
        let highest = f64::from(scores[best]);
        let sum: f64 = scores.iter().map(|&score| (f64::from(score) - highest).exp()).sum();
        tally.images += 1;
        tally.loss += sum.ln() + highest - f64::from(scores[label]);
        tally.correct += usize::from(best == label);
    }
    tally
}
