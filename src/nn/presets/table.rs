//! The table of presets.

use super::{cnn, dnn};
use crate::nn::backend::Backend;
use crate::nn::model::Model;
use crate::nn::ops::LayerDevice;

/// A predefined network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Name on the command line and in `run.json`.
    pub name: &'static str,
    /// One-line description.
    pub about: &'static str,
}

/// All presets, in the order in which they are offered.
pub const PRESETS: &[Preset] = &[
    Preset { name: "cnn", about: "two convolutional layers" },
    Preset { name: "dnn", about: "fully connected layers, for comparison" },
];

/// Builds a preset on a device, with all parameters zero; `None` if there is no preset `name`. `dropout` replaces the
/// preset's own dropout rates.
pub(in crate::nn) fn build<D: LayerDevice + 'static>(
    name: &str,
    device: D,
    backend: Backend,
    dropout: Option<f32>,
) -> Option<Box<dyn Model>> {
    match name {
        "cnn" => Some(cnn::build(device, backend, dropout)),
        "dnn" => Some(dnn::build(device, backend, dropout)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::Cpu;

    use super::*;
    use crate::nn::model::Parameter;

    #[test]
    fn every_preset_builds_by_name() {
        for preset in PRESETS {
            let model = build(preset.name, Cpu::default(), Backend::best(), None).unwrap();
            let parameters: usize = model.parameters().iter().map(Parameter::len).sum();
            assert_eq!(parameters, model.layers().iter().map(|layer| layer.parameters).sum::<usize>());
        }
        assert!(build("rnn", Cpu::default(), Backend::best(), None).is_none());
    }
}
