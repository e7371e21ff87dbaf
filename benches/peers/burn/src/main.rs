//! The network in burn, on its CPU backend Flex.

use std::ops::Range;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig, Relu};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use measure::{Contender, Images, Label, Outcome};

const LEARNING_RATE: f64 = 0.01;
const MOMENTUM: f64 = 0.5;
const DROPOUT: f64 = 0.5;

#[derive(Module, Debug)]
struct Cnn {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    relu: Relu,
    fc1: Linear,
    dropout: Dropout,
    fc2: Linear,
}

impl Cnn {
    fn new(device: &Device) -> Self {
        Self {
            conv1: Conv2dConfig::new([1, 10], [5, 5]).init(device),
            conv2: Conv2dConfig::new([10, 20], [5, 5]).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            relu: Relu::new(),
            fc1: LinearConfig::new(320, 50).init(device),
            dropout: DropoutConfig::new(DROPOUT).init(),
            fc2: LinearConfig::new(50, 10).init(device),
        }
    }

    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self.relu.forward(self.pool.forward(self.conv1.forward(images)));
        let x = drop_channels(self.conv2.forward(x));
        let x = self.relu.forward(self.pool.forward(x));
        let x = self.relu.forward(self.fc1.forward(x.flatten(1, 3)));
        self.fc2.forward(self.dropout.forward(x))
    }
}

/// Dropout of whole channels, which burn has no module for. As in its own `Dropout`, the device says whether
/// this is training.
fn drop_channels(x: Tensor<4>) -> Tensor<4> {
    let device = x.device();
    if !device.is_autodiff() {
        return x;
    }
    let [batch, channels, _, _] = x.dims();
    let kept = Tensor::random([batch, channels, 1, 1], Distribution::Bernoulli(1.0 - DROPOUT), &device);
    x * (kept / (1.0 - DROPOUT))
}

/// A part of the data set on a device.
struct Set {
    images: Tensor<4>,
    labels: Tensor<1, Int>,
}

impl Set {
    fn new(set: Images, device: &Device) -> Self {
        let len = set.len();
        let labels: Vec<i32> = set.labels.iter().map(|&label| i32::from(label)).collect();
        Self {
            images: Tensor::from_data(TensorData::new(set.pixels, [len, 1, 28, 28]), device),
            labels: Tensor::from_data(TensorData::new(labels, [len]), device),
        }
    }
}

struct Burn {
    /// Leaves its place for the length of an optimizer's step.
    network: Option<Cnn>,
    optimizer: ModuleOptimizer,
    loss: CrossEntropyLoss,
    train: Set,
    test: Set,
    device: Device,
}

impl Burn {
    fn start(train: Images, test: Images) -> Outcome<Self> {
        let plain = Device::flex();
        let device = plain.clone().autodiff();
        // burn dampens momentum by default; PyTorch and this network's recipe do not.
        let momentum = MomentumConfig::new().with_momentum(MOMENTUM).with_dampening(0.0);
        Ok(Self {
            network: Some(Cnn::new(&device)),
            optimizer: SgdConfig::new().with_momentum(Some(momentum)).init(),
            loss: CrossEntropyLossConfig::new().init(&device),
            train: Set::new(train, &device),
            test: Set::new(test, &plain),
            device,
        })
    }
}

impl Contender for Burn {
    fn train(&mut self, batch: &[u32]) -> Outcome<f32> {
        let network = self.network.take().ok_or("an earlier step failed")?;
        let indices: Vec<i32> = batch.iter().map(|&index| index as i32).collect();
        let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [batch.len()]), &self.device);
        let images = self.train.images.clone().select(0, indices.clone());
        let labels = self.train.labels.clone().select(0, indices);

        let loss = self.loss.forward(network.forward(images), labels);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        self.network = Some(self.optimizer.step(LEARNING_RATE, network, gradients));
        Ok(loss.into_scalar::<f32>())
    }

    fn evaluate(&self, batch: Range<usize>) -> Outcome<usize> {
        let network = self.network.as_ref().ok_or("an earlier step failed")?.valid();
        let images = self.test.images.clone().narrow(0, batch.start, batch.len());
        let labels = self.test.labels.clone().narrow(0, batch.start, batch.len());
        let answers = network.forward(images).argmax(1).flatten(0, 1);
        Ok(answers.equal(labels).int().sum().into_scalar::<i64>() as usize)
    }
}

fn main() -> Outcome<()> {
    let label = Label {
        name: "burn (flex)",
        package: "burn",
        lock: include_str!("../Cargo.lock"),
        evaluation_batch: 1000,
    };
    measure::run(label, Burn::start)
}
