//! Networks: the only layer that knows dfdx.
//!
//! A network is built layer by layer with [`Stack`]; the compiler follows the shapes. The rest of the
//! program sees it as a [`Model`]: pixels and weights in, losses and gradients out.

mod chance;
mod device;
mod kernels;
mod layer;
mod model;
mod network;
pub mod ops;
mod presets;
pub mod shape;
mod stack;
mod weight;

pub use chance::{Chance, Draws, Purpose};
pub use device::{DeviceError, DeviceKind, build};
pub use kernels::Kernels;
pub use layer::{Chain, ConvBlock, Dropout, Flatten, Identity, Layer, Linear, Pass, Relu};
pub use model::{
    Images, LayerInfo, LayerKind, Model, Parameter, Prediction, Tally, Trained, initial_weights,
};
pub use presets::{PRESETS, Preset};
pub use stack::{Input, Scores, Stack};
pub use weight::{AnyWeight, Weight};
