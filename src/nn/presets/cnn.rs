//! A convolutional network with 21,840 parameters: two convolutional blocks and two linear layers.

use crate::nn::backend::Backend;
use crate::nn::model::Model;
use crate::nn::ops::LayerDevice;
use crate::nn::shape::CLASSES;
use crate::nn::stack::Stack;

pub(super) fn build<D: LayerDevice + 'static>(
    device: D,
    backend: Backend,
    dropout: Option<f32>,
) -> Box<dyn Model> {
    Stack::new(device, backend, dropout)
        .conv_block::<10, 5>("conv1")
        .conv_block_with_dropout::<20, 5>("conv2", 0.5)
        .flatten::<320>()
        .linear::<50>("fc1")
        .relu()
        .dropout(0.5)
        .linear::<CLASSES>("fc2")
        .build()
}
