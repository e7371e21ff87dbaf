//! The contents of a checkpoint.

use sha2::{Digest, Sha256};

use super::train_state::TrainState;
use crate::strings::hex;

/// Everything a run needs to continue as if it had never stopped. It is a single file, so that weights, optimizer state
/// and position are always consistent.
///
/// The file is a safetensors file of `F32` tensors: the weights under PyTorch's names (`conv1.weight`, `fc1.bias`), and
/// the optimizer's state under `optimizer.<slot>.<weight's name>` with PyTorch's names of the slots
/// (`optimizer.momentum_buffer.conv1.weight`). The metadata has one key, `cnn_tui`, with a JSON object: `format`, which
/// is 1, `data_sha256`, the hash of the tensors' bytes, and the fields of [`TrainState`]. The same checkpoint always has
/// the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The position of the run and its changed settings.
    pub progress: TrainState,
    /// The weights, in the network's order, under PyTorch's names such as `conv1.weight`.
    pub weights: Vec<NamedTensor>,
    /// The optimizer's state, as `<slot>.<weight's name>`, such as `momentum_buffer.conv1.weight`. In the file the name
    /// begins with `optimizer.`.
    pub optimizer: Vec<NamedTensor>,
}

/// A tensor of 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Its name, such as `conv1.weight`.
    pub name: String,
    /// Its shape; empty for a single number.
    pub shape: Vec<usize>,
    /// Its values in row-major order.
    pub values: Vec<f32>,
}

impl Checkpoint {
    /// Whether all weights are finite.
    pub fn is_finite(&self) -> bool {
        self.weights.iter().flat_map(|tensor| &tensor.values).all(|weight| weight.is_finite())
    }

    /// SHA-256 of the weights in hexadecimal, over names, shapes and bits, independent of their order. Equal hashes mean
    /// identical networks.
    pub fn weights_hash(&self) -> String {
        let mut weights: Vec<&NamedTensor> = self.weights.iter().collect();
        weights.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut hash = Sha256::new();
        for weight in weights {
            hash.update((weight.name.len() as u64).to_le_bytes());
            hash.update(&weight.name);
            hash.update((weight.shape.len() as u64).to_le_bytes());
            for &extent in &weight.shape {
                hash.update((extent as u64).to_le_bytes());
            }
            for value in &weight.values {
                hash.update(value.to_le_bytes());
            }
        }
        hex(&hash.finalize())
    }
}
