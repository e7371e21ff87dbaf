//! A stack of layers as a [`Model`].

use std::time::Instant;

use dfdx::prelude::*;

use super::layer::{Layer, Mode};
use super::model::{Images, LayerInfo, Model, Parameter, Prediction, Totals, TrainOutput};
use super::ops::TensorDevice;
use super::shape::{InputShape, LogitsShape};
use super::weight::AnyWeight;

/// A finished network on a device.
#[derive(Debug)]
pub(super) struct Network<D, L> {
    device: D,
    layers: L,
    table: Vec<LayerInfo>,
    parameters: Vec<Parameter>,
}

impl<D: TensorDevice<f32>, L: Layer<InputShape, D, Out = LogitsShape>> Network<D, L> {
    pub(super) fn new(device: D, layers: L, table: Vec<LayerInfo>) -> Self {
        let parameter = |weight: &dyn AnyWeight<D>| Parameter {
            name: weight.name().to_owned(),
            shape: weight.shape(),
            fan_in: weight.fan_in(),
        };
        let parameters = layers.weights().into_iter().map(parameter).collect();
        Self { device, layers, table, parameters }
    }

    fn pixels(&self, images: Images) -> (Tensor<InputShape, f32, D>, Vec<u8>) {
        let shape = (images.labels.len(), Const::<28>, Const::<28>, Const::<1>);
        (self.device.tensor_from_vec(images.pixels, shape), images.labels)
    }
}

impl<D: TensorDevice<f32>, L: Layer<InputShape, D, Out = LogitsShape>> Model for Network<D, L> {
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

    fn train(&self, images: Images, pass: Mode, scale: f32, mut gradient: &mut [f32]) -> TrainOutput {
        let start = Instant::now();
        let (pixels, labels) = self.pixels(images);
        let scores = self.layers.forward(pixels.leaky_traced(), pass);
        let (tally, slopes) = cross_entropy(&scores.as_vec(), &labels, scale);
        let forward = start.elapsed();

        // This product's derivative by the scores is the slopes, those of the loss.
        let slopes = self.device.tensor_from_vec(slopes, *scores.shape());
        let gradients = (scores * slopes).sum::<Rank0, _>().backward();
        for (weight, parameter) in self.layers.weights().into_iter().zip(&self.parameters) {
            let (values, rest) = gradient.split_at_mut(parameter.len());
            weight.gradient(&gradients, values);
            gradient = rest;
        }
        TrainOutput { tally, forward, backward: start.elapsed().saturating_sub(forward) }
    }

    fn evaluate(&self, images: Images) -> Totals {
        let (pixels, labels) = self.pixels(images);
        let scores = self.layers.forward(pixels, Mode::Evaluate);
        cross_entropy(&scores.as_vec(), &labels, 1.0).0
    }

    fn scores(&self, images: Images) -> Vec<f32> {
        let (pixels, _) = self.pixels(images);
        self.layers.forward(pixels, Mode::Evaluate).as_vec()
    }

    fn predict(&self, images: Images) -> Vec<Prediction> {
        self.scores(images).chunks_exact(10).map(|scores| Softmax::of(scores).prediction()).collect()
    }
}

/// The softmax of an image's ten scores, before its numerators are divided by their sum.
struct Softmax {
    /// The class with the highest score: the first of equal ones, as in PyTorch's argmax; NaN is never the highest.
    best: usize,
    /// Its score.
    highest: f64,
    /// The exponential of each score's distance from it.
    exponentials: [f64; 10],
    sum: f64,
}

impl Softmax {
    fn of(scores: &[f32]) -> Self {
        let mut best = 0;
        for (class, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = class;
            }
        }
        let highest = f64::from(scores[best]);
        let mut exponentials = [0.0; 10];
        for (exponential, &score) in exponentials.iter_mut().zip(scores) {
            *exponential = (f64::from(score) - highest).exp();
        }
        Self { best, highest, exponentials, sum: exponentials.iter().sum() }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a class is below ten, and a share needs no more digits"
    )]
    fn prediction(&self) -> Prediction {
        Prediction { class: self.best as u8, confidence: (self.exponentials[self.best] / self.sum) as f32 }
    }
}

/// Cross-entropy and hits of scores, ten an image; and the derivative of the cross-entropy by each score,
/// times `scale`: its softmax, less 1 at the label.
fn cross_entropy(scores: &[f32], labels: &[u8], scale: f32) -> (Totals, Vec<f32>) {
    let mut tally = Totals::default();
    let mut slopes = Vec::with_capacity(scores.len());
    for (scores, &label) in scores.chunks_exact(10).zip(labels) {
        let label = usize::from(label);
        let Softmax { best, highest, exponentials, sum } = Softmax::of(scores);
        tally.images += 1;
        tally.loss += sum.ln() + highest - f64::from(scores[label]);
        tally.correct += usize::from(best == label);
        slopes.extend(exponentials.iter().enumerate().map(|(class, exponential)| {
            let target = if class == label { 1.0 } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, reason = "gradients are f32")]
            let slope = (exponential / sum - target) as f32;
            slope * scale
        }));
    }
    (tally, slopes)
}
