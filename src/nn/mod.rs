//! Networks: the only layer that uses dfdx.
//!
//! A network is built layer by layer with [`Stack`], which checks shapes at compile time. The rest of the program uses
//! it as a [`Model`]: pixels and weights in, losses and gradients out.

mod backend;
#[cfg(feature = "cuda")]
pub mod cuda;
mod device;
mod device_error;
mod gpu;
mod layer;
mod model;
mod network;
pub mod ops;
mod presets;
mod rng;
pub mod shape;
mod stack;
mod weight;

pub use backend::Backend;
pub use device::{DeviceKind, build, cuda_devices, has_cuda, probe_cuda, train_on_gpu};
pub use device_error::DeviceError;
pub use dfdx::tensor::Cpu;
pub use gpu::{GpuTask, GpuTrainer, LabelledImages, StepSettings, UpdateRule};
pub use layer::{Chain, ConvBlock, Dropout, Flatten, Identity, Layer, Linear, Mode, Relu};
pub use model::{
    Images, LayerInfo, LayerKind, Model, Parameter, Prediction, Totals, TrainOutput, initial_weights,
};
pub use presets::{PRESETS, Preset};
pub use rng::{RngStream, SeededRng, StreamId};
pub use shape::{CLASSES, InputShape, LogitsShape, SIDE};
pub use stack::Stack;
pub use weight::{AnyWeight, Weight};
