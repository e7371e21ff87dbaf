//! Errors of checkpoints.

use safetensors::SafeTensorError;
use thiserror::Error;

use crate::run::disk::display;

/// The version of the checkpoint format.
pub(super) const FORMAT: u32 = 1;
/// The metadata key of the training state.
pub(super) const METADATA_KEY: &str = "cnn_tui";

/// Why a checkpoint cannot be decoded or encoded. The message completes `FILE: ...`.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// Not a safetensors file, or damaged.
    #[error("is not a valid safetensors file: {}", display(.0))]
    Format(#[from] SafeTensorError),
    /// A safetensors file without training state, written by another program.
    #[error("has weights, but no training state (no {METADATA_KEY} in its metadata)")]
    NoProgress,
    /// The metadata is invalid.
    #[error("has invalid metadata: {}", display(.0))]
    TrainState(#[from] serde_json::Error),
    /// Written by a newer version.
    #[error(
        "was written by a newer cnn-tui (format {found}; this version reads up to {FORMAT}); update cnn-tui"
    )]
    Newer {
        /// Its format.
        found: u32,
    },
    /// A tensor that does not contain 32-bit floats.
    #[error("has {tensor} as {dtype}, but only F32 is supported")]
    Dtype {
        /// The tensor's name.
        tensor: String,
        /// Its type.
        dtype: String,
    },
    /// The checksum does not match.
    #[error("is damaged: its checksum does not match")]
    Altered,
    /// A reserved or duplicate name.
    #[error("has an invalid or duplicate tensor name {tensor:?}")]
    Name {
        /// The tensor's name.
        tensor: String,
    },
}
