//! A fully connected network with 235,146 parameters: three linear layers.

use crate::nn::backend::Backend;
use crate::nn::model::Model;
use crate::nn::ops::LayerDevice;
use crate::nn::shape::{CLASSES, SIDE};
use crate::nn::stack::Stack;

pub(super) fn build<D: LayerDevice + 'static>(
    device: D,
    backend: Backend,
    dropout: Option<f32>,
) -> Box<dyn Model> {
    Stack::new(device, backend, dropout)
        .flatten::<{ SIDE * SIDE }>()
        .linear::<256>("fc1")
        .relu()
        .dropout(0.2)
        .linear::<128>("fc2")
        .relu()
        .dropout(0.2)
        .linear::<CLASSES>("fc3")
        .build()
}
