//! What the rest of the program sees of a network: numbers in, numbers out.

use std::fmt::Debug;
use std::time::Duration;

use super::layer::Mode;
use super::rng::{SeededRng, StreamId};

/// A network on a device. Its parameters are seen as one flat slice, in the order of
/// [`parameters`](Model::parameters). It stays on the thread that built it.
pub trait Model: Debug {
    /// Its layers, from the image to the scores.
    fn layers(&self) -> &[LayerInfo];

    /// Its parameters.
    fn parameters(&self) -> &[Parameter];

    /// Replaces all parameters.
    fn set_weights(&mut self, weights: &[f32]);

    /// Forward and backward. Writes into `gradient` the gradient of the images' summed cross-entropy
    /// times `scale`, for all parameters.
    fn train(&self, images: Images, pass: Mode, scale: f32, gradient: &mut [f32]) -> TrainOutput;

    /// Forward without dropout and without gradients.
    fn evaluate(&self, images: Images) -> Totals;

    /// The scores (logits) of each image for each of ten classes, without dropout, one image after the other. Labels are
    /// not looked at.
    fn scores(&self, images: Images) -> Vec<f32>;

    /// What it takes each image for, without dropout. Labels are not looked at.
    fn predict(&self, images: Images) -> Vec<Prediction>;
}

/// What a network takes an image for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The class with the highest score, the first of equals.
    pub class: u8,
    /// Its share of the softmax, from 0 to 1; NaN where scores are no numbers.
    pub confidence: f32,
}

/// Images with their labels.
#[derive(Debug, Clone)]
pub struct Images {
    /// Normalised pixels, 28 x 28 an image, row by row.
    pub pixels: Vec<f32>,
    /// A class below 10 for each image.
    pub labels: Vec<u8>,
}

/// What a pass of training came to, and how long its halves took.
#[derive(Debug, Clone, Copy)]
pub struct TrainOutput {
    /// Of its images, before any step.
    pub tally: Totals,
    /// From the images to the loss.
    pub forward: Duration,
    /// From the loss to the gradient.
    pub backward: Duration,
}

/// What a pass over images came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    /// Images.
    pub images: usize,
    /// Cross-entropy summed over them, in nats.
    pub loss: f64,
    /// How many of them have the highest score for their label.
    pub correct: usize,
}

impl Totals {
    /// Mean cross-entropy of an image; NaN if there was none.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images as f64
    }

    /// Share of the images that were right; NaN if there was none.
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

/// One named tensor of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// PyTorch's name for it, such as `conv1.weight`.
    pub name: String,
    /// The length of each dimension.
    pub shape: Vec<usize>,
    /// The number of inputs of each output of its layer.
    pub fan_in: usize,
}

impl Parameter {
    /// How many values it has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// PyTorch's default initial weights: uniform within `±1/√fan_in`, for weights and biases alike
/// (`reset_parameters` of its `Conv2d` and `Linear`: Kaiming's uniform with `a = √5`).
pub fn initial_weights(parameters: &[Parameter], chance: SeededRng) -> Vec<f32> {
    let mut weights = Vec::with_capacity(parameters.iter().map(Parameter::len).sum());
    for (index, parameter) in parameters.iter().enumerate() {
        let bound = 1.0 / (parameter.fan_in as f32).sqrt();
        let mut draws = chance.draws(StreamId::Weights(index), 0);
        weights.extend((0..parameter.len()).map(|_| draws.symmetric(bound)));
    }
    weights
}

/// One row of a network's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// What it is.
    pub kind: LayerKind,
    /// Its name: `conv1`, `max pool`.
    pub name: String,
    /// What sets it apart: `5×5, 1→10`. Empty if nothing does.
    pub setting: String,
    /// Shape of what it gives for one image, channels first as PyTorch writes it.
    pub output: Vec<usize>,
    /// How many parameters it has.
    pub parameters: usize,
}

impl LayerInfo {
    pub(super) fn new(kind: LayerKind, name: &str) -> Self {
        Self { kind, name: name.to_owned(), setting: String::new(), output: Vec::new(), parameters: 0 }
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
}

/// The kinds of layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// Convolution.
    Conv2d,
    /// Max-pooling.
    MaxPool2d,
    /// The rectifier.
    Relu,
    /// Dropout of whole channels.
    Dropout2d,
    /// From images to vectors.
    Flatten,
    /// Fully connected.
    Linear,
    /// Dropout of single values.
    Dropout,
}

impl LayerKind {
    /// PyTorch's name for its module.
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
