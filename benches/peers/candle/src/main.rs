//! The network in candle, on the CPU.

mod optimizer;
mod pool;

use std::ops::Range;

use candle_core::{D, DType, Device, Module, Result, Tensor};
use candle_nn::{Conv2d, Conv2dConfig, Init, Linear, VarBuilder, VarMap, loss, ops};
use measure::{Contender, Images, Label, Outcome};
use optimizer::MomentumSgd;
use pool::max_pool;

const LEARNING_RATE: f64 = 0.01;
const MOMENTUM: f64 = 0.5;
const DROPOUT: f32 = 0.5;

struct Cnn {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
}

impl Cnn {
    fn new(vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            conv1: conv(1, 10, &vb.pp("conv1"))?,
            conv2: conv(10, 20, &vb.pp("conv2"))?,
            fc1: linear(320, 50, &vb.pp("fc1"))?,
            fc2: linear(50, 10, &vb.pp("fc2"))?,
        })
    }

    fn train(&self, images: &Tensor) -> Result<Tensor> {
        let x = max_pool(&self.conv1.forward(images)?)?.relu()?;
        let x = max_pool(&drop_channels(&self.conv2.forward(&x)?)?)?.relu()?;
        let x = self.fc1.forward(&x.flatten_from(1)?)?.relu()?;
        self.fc2.forward(&ops::dropout(&x, DROPOUT)?)
    }

    fn evaluate(&self, images: &Tensor) -> Result<Tensor> {
        let x = self.conv1.forward(images)?.max_pool2d(2)?.relu()?;
        let x = self.conv2.forward(&x)?.max_pool2d(2)?.relu()?;
        let x = self.fc1.forward(&x.flatten_from(1)?)?.relu()?;
        self.fc2.forward(&x)
    }
}

/// A 5x5 convolution with PyTorch's first weights, which are not candle's own.
fn conv(inputs: usize, outputs: usize, vb: &VarBuilder<'_>) -> Result<Conv2d> {
    let init = uniform(inputs * 5 * 5);
    let weight = vb.get_with_hints((outputs, inputs, 5, 5), "weight", init)?;
    let bias = vb.get_with_hints(outputs, "bias", init)?;
    Ok(Conv2d::new(weight, Some(bias), Conv2dConfig::default()))
}

/// A fully connected layer with PyTorch's first weights.
fn linear(inputs: usize, outputs: usize, vb: &VarBuilder<'_>) -> Result<Linear> {
    let init = uniform(inputs);
    let weight = vb.get_with_hints((outputs, inputs), "weight", init)?;
    let bias = vb.get_with_hints(outputs, "bias", init)?;
    Ok(Linear::new(weight, Some(bias)))
}

fn uniform(fan_in: usize) -> Init {
    let bound = 1.0 / (fan_in as f64).sqrt();
    Init::Uniform { lo: -bound, up: bound }
}

/// Dropout of whole channels, which candle has no function for.
fn drop_channels(x: &Tensor) -> Result<Tensor> {
    let (batch, channels, _, _) = x.dims4()?;
    let kept = ops::dropout(&Tensor::ones((batch, channels, 1, 1), x.dtype(), x.device())?, DROPOUT)?;
    x.broadcast_mul(&kept)
}

/// A part of the data set as tensors.
struct Set {
    images: Tensor,
    labels: Tensor,
}

impl Set {
    fn new(set: Images) -> Result<Self> {
        let len = set.len();
        Ok(Self {
            images: Tensor::from_vec(set.pixels, (len, 1, 28, 28), &Device::Cpu)?,
            labels: Tensor::from_vec(set.labels, len, &Device::Cpu)?.to_dtype(DType::U32)?,
        })
    }
}

struct Candle {
    network: Cnn,
    optimizer: MomentumSgd,
    train: Set,
    test: Set,
}

impl Candle {
    fn start(train: Images, test: Images) -> Outcome<Self> {
        let variables = VarMap::new();
        let network = Cnn::new(&VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu))?;
        let optimizer = MomentumSgd::new(variables.all_vars(), LEARNING_RATE, MOMENTUM)?;
        Ok(Self { network, optimizer, train: Set::new(train)?, test: Set::new(test)? })
    }
}

impl Contender for Candle {
    fn train(&mut self, batch: &[u32]) -> Outcome<f32> {
        let indices = Tensor::new(batch, &Device::Cpu)?;
        let images = self.train.images.index_select(&indices, 0)?;
        let labels = self.train.labels.index_select(&indices, 0)?;

        let loss = loss::cross_entropy(&self.network.train(&images)?, &labels)?;
        self.optimizer.step(&loss.backward()?)?;
        Ok(loss.to_scalar()?)
    }

    fn evaluate(&self, batch: Range<usize>) -> Outcome<usize> {
        let images = self.test.images.narrow(0, batch.start, batch.len())?;
        let labels = self.test.labels.narrow(0, batch.start, batch.len())?;
        let answers = self.network.evaluate(&images)?.argmax(D::Minus1)?;
        let right = answers.eq(&labels)?.to_dtype(DType::U32)?.sum_all()?.to_scalar::<u32>()?;
        Ok(right as usize)
    }
}

fn main() -> Outcome<()> {
    let label = Label {
        name: "candle",
        package: "candle-core",
        lock: include_str!("../Cargo.lock"),
        evaluation_batch: 1000,
    };
    measure::run(label, Candle::start)
}
