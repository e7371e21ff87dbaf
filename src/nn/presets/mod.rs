//! The networks that the program knows by name, one short file each.
//!
//! To add one: write its file beside these, and add a line to [`PRESETS`] and one to [`build`].

mod cnn;
mod dnn;

use super::backend::Backend;
use super::model::Model;
use super::ops::LayerDevice;

/// A network that can be asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
}

/// Every preset; the first is the one that is offered first.
pub const PRESETS: &[Preset] = &[
    Preset { name: "cnn", about: "two convolutional layers" },
    Preset { name: "dnn", about: "plain layers, to compare with" },
];

/// The preset with this name on a device, with all parameters zero; `None` if there is no such preset.
/// `dropout` replaces the rates that the preset has of its own.
pub(super) fn build<D: LayerDevice + 'static>(
    name: &str,
    device: D,
    kernels: Backend,
    dropout: Option<f32>,
) -> Option<Box<dyn Model>> {
    match name {
        "cnn" => Some(cnn::build(device, kernels, dropout)),
        "dnn" => Some(dnn::build(device, kernels, dropout)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::Cpu;

    use super::*;
    use crate::nn::model::Parameter;

    #[test]
    fn every_preset_can_be_built_by_its_name() {
        for preset in PRESETS {
            let model = build(preset.name, Cpu::default(), Backend::best(), None).unwrap();
            let parameters: usize = model.parameters().iter().map(Parameter::len).sum();
            assert_eq!(parameters, model.layers().iter().map(|layer| layer.parameters).sum::<usize>());
        }
        assert!(build("rnn", Cpu::default(), Backend::best(), None).is_none());
    }
}
