//! The interface between a network and the rest of the program.

use std::fmt::Debug;
use std::time::Duration;

use super::layer::Mode;
use super::rng::{SeededRng, StreamId};

/// A network on a device. Its parameters are passed as one flat slice, in the order of
/// [`parameters`](Model::parameters). It is not `Send` and stays on the thread that built it.
pub trait Model: Debug {
    /// The layers, from input to logits.
    fn layers(&self) -> &[LayerInfo];

    /// The parameter tensors, in PyTorch's order.
    fn parameters(&self) -> &[Parameter];

    /// Replaces all parameters; `weights` has one value for each.
    fn set_weights(&mut self, weights: &[f32]);

    /// Forward and backward pass. Writes the gradient of `scale` times the summed cross-entropy of the images, for all
    /// parameters, to `gradient`.
    fn train(&self, images: Images, mode: Mode, scale: f32, gradient: &mut [f32]) -> TrainOutput;

    /// Loss and accuracy, without dropout and gradients.
    fn evaluate(&self, images: Images) -> Totals;

    /// The logits, without dropout: ten per image, image after image. Labels are ignored.
    fn logits(&self, images: Images) -> Vec<f32>;

    /// The predicted class of each image, without dropout. Labels are ignored.
    fn predict(&self, images: Images) -> Vec<Prediction>;
}

/// A network's prediction for an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The class with the highest logit; the first one if there are several.
    pub class: u8,
    /// Its softmax probability, from 0 to 1; NaN if the logits are.
    pub confidence: f32,
}

/// Images with their labels.
#[derive(Debug, Clone)]
pub struct Images {
    /// Normalised pixels, 28 x 28 per image, row by row.
    pub pixels: Vec<f32>,
    /// The class of each image, from 0 to 9.
    pub labels: Vec<u8>,
}

/// Result and duration of a training pass.
#[derive(Debug, Clone, Copy)]
pub struct TrainOutput {
    /// Loss and accuracy on its images, before the weight update.
    pub totals: Totals,
    /// Time of the forward pass.
    pub forward: Duration,
    /// Time of the backward pass.
    pub backward: Duration,
}

/// Loss and accuracy, summed over images.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Number of images.
    pub images: usize,
    /// Sum of their cross-entropies, in nats.
    pub loss: f64,
    /// Number of images whose label has the highest logit.
    pub correct: usize,
}

impl Totals {
    /// Mean cross-entropy per image, in nats; NaN without images.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images as f64
    }

    /// Fraction of images classified correctly; NaN without images.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.images as f64
    }
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, more: Self) {
        self.images += more.images;
        self.loss += more.loss;
        self.correct += more.correct;
    }
}

/// A named parameter tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// PyTorch's name, such as `conv1.weight`.
    pub name: String,
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// Number of inputs per output of its layer, for initialisation.
    pub fan_in: usize,
}

impl Parameter {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// PyTorch's default initialisation: uniform in `±1/√fan_in`, for weights and biases alike (`reset_parameters` of
/// `Conv2d` and `Linear`, which is Kaiming uniform with `a = √5`). Values are in the order of `parameters`.
pub fn initial_weights(parameters: &[Parameter], rng: SeededRng) -> Vec<f32> {
    let mut weights = Vec::with_capacity(parameters.iter().map(Parameter::len).sum());
    for (index, parameter) in parameters.iter().enumerate() {
        let bound = 1.0 / (parameter.fan_in as f32).sqrt();
        let mut stream = rng.stream(StreamId::Weights(index), 0);
        weights.extend((0..parameter.len()).map(|_| stream.symmetric(bound)));
    }
    weights
}

/// A layer: its row in the summary of a network, and what it computes.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerInfo {
    /// Kind of layer.
    pub kind: LayerKind,
    /// Name, such as `conv1` or `max pool`.
    pub name: String,
    /// Settings, such as `5×5, 1→10`; empty if there are none.
    pub setting: String,
    /// Output shape for one image, channels first as in PyTorch.
    pub output: Vec<usize>,
    /// Number of parameters.
    pub parameters: usize,
    /// Side of the kernels of a convolution, or of the windows of pooling; otherwise 0.
    pub window: usize,
    /// Probability that dropout drops a value or channel.
    pub rate: Option<f32>,
}

impl LayerInfo {
    pub(super) fn new(kind: LayerKind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            setting: String::new(),
            output: Vec::new(),
            parameters: 0,
            window: 0,
            rate: None,
        }
    }

    pub(super) fn setting(mut self, setting: impl Into<String>) -> Self {
        self.setting = setting.into();
        self
    }

    pub(super) fn output(mut self, output: &[usize]) -> Self {
        self.output = output.to_vec();
        self
    }

    pub(super) fn parameters(mut self, parameters: usize) -> Self {
        self.parameters = parameters;
        self
    }

    pub(super) fn window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    pub(super) fn rate(mut self, rate: f32) -> Self {
        self.rate = Some(rate);
        self
    }
}

/// Kinds of layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// 2D convolution.
    Conv2d,
    /// 2D max-pooling.
    MaxPool2d,
    /// Rectified linear unit.
    Relu,
    /// Dropout of whole channels.
    Dropout2d,
    /// Images to vectors.
    Flatten,
    /// Fully connected.
    Linear,
    /// Dropout of single values.
    Dropout,
}

impl LayerKind {
    /// The name of PyTorch's module.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conv2d => "Conv2d",
            Self::MaxPool2d => "MaxPool2d",
            Self::Relu => "ReLU",
            Self::Dropout2d => "Dropout2d",
            Self::Flatten => "Flatten",
            Self::Linear => "Linear",
            Self::Dropout => "Dropout",
        }
    }
}
