//! Fixtures from PyTorch, and what may differ from them.

use std::path::Path;

use cnn_tui::nn::Parameter;
use safetensors::SafeTensors;

/// Images in a batch of the fixtures.
pub(crate) const BATCH: u32 = 64;
/// Absolute tolerance of a loss.
pub(crate) const LOSS_TOLERANCE: f32 = 1e-5;
/// Tolerance of a tensor, relative to its largest absolute value.
const WEIGHT_TOLERANCE: f32 = 2e-4;

/// A file of tensors from PyTorch.
pub(crate) struct Fixture(pub(crate) Vec<u8>);

impl Fixture {
    pub(crate) fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity").join(name);
        Self(std::fs::read(path).unwrap())
    }

    pub(crate) fn tensor(&self, name: &str) -> Vec<f32> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let bytes = tensors.tensor(name).unwrap().data();
        bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    pub(crate) fn all(&self, prefix: &str, parameters: &[Parameter]) -> Vec<f32> {
        parameters.iter().flat_map(|parameter| self.tensor(&format!("{prefix}.{}", parameter.name))).collect()
    }
}

pub(crate) fn assert_weights(got: &[f32], want: &[f32], parameters: &[Parameter]) {
    let (mut got, mut want) = (got, want);
    for parameter in parameters {
        let (ours, rest) = got.split_at(parameter.len());
        let (theirs, other) = want.split_at(parameter.len());
        (got, want) = (rest, other);
        let largest = theirs.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let apart = ours.iter().zip(theirs).fold(0.0_f32, |apart, (a, b)| apart.max((a - b).abs()));
        assert!(apart <= WEIGHT_TOLERANCE * largest, "{}: {apart} apart, of {largest}", parameter.name);
    }
}
