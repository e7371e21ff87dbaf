//! The plain network, without any knowledge of images: 235,146 parameters.

use crate::nn::backend::Backend;
use crate::nn::model::Model;
use crate::nn::ops::LayerDevice;
use crate::nn::stack::Stack;

pub(super) fn build<D: LayerDevice + 'static>(
    device: D,
    kernels: Backend,
    dropout: Option<f32>,
) -> Box<dyn Model> {
    Stack::new(device, kernels, dropout)
        .flatten::<784>()
        .linear::<256>("fc1")
        .relu()
        .dropout(0.2)
        .linear::<128>("fc2")
        .relu()
        .dropout(0.2)
        .linear::<10>("fc3")
        .build()
}
