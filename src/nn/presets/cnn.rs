//! The convolutional network: 21,840 parameters.

use crate::nn::model::Model;
use crate::nn::ops::Device;
use crate::nn::stack::Stack;

pub(super) fn build<D: Device<f32> + 'static>(device: D, dropout: Option<f32>) -> Box<dyn Model> {
    Stack::new(device, dropout)
        .conv2d::<10, 5>("conv1")
        .max_pool2d()
        .relu()
        .conv2d::<20, 5>("conv2")
        .dropout2d(0.5)
        .max_pool2d()
        .relu()
        .flatten::<320>()
        .linear::<50>("fc1")
        .relu()
        .dropout(0.5)
        .linear::<10>("fc2")
        .build()
}
