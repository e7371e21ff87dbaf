//! Implements [`Model`] for a stack of layers.

use std::time::Instant;

use dfdx::prelude::*;

use super::layer::{Layer, Mode};
use super::model::{Images, LayerInfo, Model, Parameter, Prediction, Totals, TrainOutput};
use super::ops::TensorDevice;
use super::shape::{CLASSES, InputShape, LogitsShape, SIDE};
use super::weight::AnyWeight;

/// A complete network on a device.
#[derive(Debug)]
pub(super) struct Network<D, L> {
    device: D,
    layers: L,
    infos: Vec<LayerInfo>,
    parameters: Vec<Parameter>,
}

impl<D: TensorDevice<f32>, L: Layer<InputShape, D, Out = LogitsShape>> Network<D, L> {
    pub(super) fn new(device: D, layers: L, infos: Vec<LayerInfo>) -> Self {
        let parameter = |weight: &dyn AnyWeight<D>| Parameter {
            name: weight.name().to_owned(),
            shape: weight.shape(),
            fan_in: weight.fan_in(),
        };
        let parameters = layers.weights().into_iter().map(parameter).collect();
        Self { device, layers, infos, parameters }
    }

    /// Moves the pixels to the device; returns them with the labels.
    fn pixels(&self, images: Images) -> (Tensor<InputShape, f32, D>, Vec<u8>) {
        let shape = (images.labels.len(), Const::<SIDE>, Const::<SIDE>, Const::<1>);
        (self.device.tensor_from_vec(images.pixels, shape), images.labels)
    }
}

impl<D: TensorDevice<f32>, L: Layer<InputShape, D, Out = LogitsShape>> Model for Network<D, L> {
    fn layers(&self) -> &[LayerInfo] {
        &self.infos
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

    fn train(&self, images: Images, mode: Mode, scale: f32, mut gradient: &mut [f32]) -> TrainOutput {
        let start = Instant::now();
        let (pixels, labels) = self.pixels(images);
        let logits = self.layers.forward(pixels.leaky_traced(), mode);
        let (totals, slopes) = cross_entropy(&logits.as_vec(), &labels, scale);
        let forward = start.elapsed();

        // The derivative of this product with respect to the logits is `slopes`, the gradient of the loss.
        let slopes = self.device.tensor_from_vec(slopes, *logits.shape());
        let mut gradients = (logits * slopes).sum::<Rank0, _>().backward();
        for (weight, parameter) in self.layers.weights().into_iter().zip(&self.parameters) {
            let (values, rest) = gradient.split_at_mut(parameter.len());
            weight.gradient(&mut gradients, values);
            gradient = rest;
        }
        TrainOutput { totals, forward, backward: start.elapsed().saturating_sub(forward) }
    }

    fn evaluate(&self, images: Images) -> Totals {
        let (pixels, labels) = self.pixels(images);
        let logits = self.layers.forward(pixels, Mode::Evaluate);
        cross_entropy(&logits.as_vec(), &labels, 1.0).0
    }

    fn logits(&self, images: Images) -> Vec<f32> {
        let (pixels, _) = self.pixels(images);
        self.layers.forward(pixels, Mode::Evaluate).as_vec()
    }

    fn predict(&self, images: Images) -> Vec<Prediction> {
        self.logits(images).chunks_exact(CLASSES).map(|logits| Softmax::of(logits).prediction()).collect()
    }
}

/// The softmax of an image's logits, before the exponentials are divided by their sum.
struct Softmax {
    /// The class with the highest logit. As in PyTorch's argmax, the first of several; NaN is never the highest.
    best: usize,
    /// Its logit.
    highest: f64,
    /// `exp(logit - highest)` for each class.
    exponentials: [f64; CLASSES],
    sum: f64,
}

impl Softmax {
    fn of(logits: &[f32]) -> Self {
        let mut best = 0;
        for (class, logit) in logits.iter().enumerate() {
            if *logit > logits[best] {
                best = class;
            }
        }
        let highest = f64::from(logits[best]);
        let mut exponentials = [0.0; CLASSES];
        for (exponential, &logit) in exponentials.iter_mut().zip(logits) {
            *exponential = (f64::from(logit) - highest).exp();
        }
        Self { best, highest, exponentials, sum: exponentials.iter().sum() }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a class is below ten, and f32 is precise enough for a probability"
    )]
    fn prediction(&self) -> Prediction {
        Prediction { class: self.best as u8, confidence: (self.exponentials[self.best] / self.sum) as f32 }
    }
}

/// The totals of a batch, and `scale` times the gradient of the summed cross-entropy with respect to each logit: its
/// softmax, minus 1 at the label. `logits` has [`CLASSES`] values per image.
fn cross_entropy(logits: &[f32], labels: &[u8], scale: f32) -> (Totals, Vec<f32>) {
    let mut totals = Totals::default();
    let mut slopes = Vec::with_capacity(logits.len());
    for (logits, &label) in logits.chunks_exact(CLASSES).zip(labels) {
        let label = usize::from(label);
        let Softmax { best, highest, exponentials, sum } = Softmax::of(logits);
        totals.images += 1;
        totals.loss += sum.ln() + highest - f64::from(logits[label]);
        totals.correct += usize::from(best == label);
        slopes.extend(exponentials.iter().enumerate().map(|(class, exponential)| {
            let target = if class == label { 1.0 } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, reason = "gradients are f32")]
            let slope = (exponential / sum - target) as f32;
            slope * scale
        }));
    }
    (totals, slopes)
}
