//! The plain network, without any knowledge of images: 235,146 parameters.

use crate::nn::model::Model;
use crate::nn::ops::Device;
use crate::nn::stack::Stack;

pub(super) fn build<D: Device<f32> + 'static>(device: D, dropout: Option<f32>) -> Box<dyn Model> {
    Stack::new(device, dropout)
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
