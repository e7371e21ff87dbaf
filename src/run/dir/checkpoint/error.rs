//! What can be wrong with a checkpoint.

use safetensors::SafeTensorError;
use thiserror::Error;

use crate::run::disk::display;

/// The version of the format of checkpoints that this program writes.
pub(super) const FORMAT: u32 = 1;
/// The key of the metadata under which a checkpoint says where the run stands.
pub(super) const METADATA_KEY: &str = "cnn_tui";

/// Why bytes are not a checkpoint, or a checkpoint cannot become bytes. The message completes `FILE: ...`.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// Not a safetensors file, or a damaged one.
    #[error("is not a valid safetensors file: {}", display(.0))]
    Format(#[from] SafeTensorError),
    /// A safetensors file that this program did not write as a checkpoint.
    #[error("has weights, but no training state (no {METADATA_KEY} in its metadata)")]
    NoProgress,
    /// The metadata cannot be understood.
    #[error("has invalid metadata: {}", display(.0))]
    TrainState(#[from] serde_json::Error),
    /// Written by a version with another format.
    #[error(
        "was written by a newer cnn-tui (format {found}; this version reads up to {FORMAT}); update cnn-tui"
    )]
    Newer {
        /// Its format.
        found: u32,
    },
    /// A tensor that is not of 32-bit floats.
    #[error("has {tensor} as {dtype}, but only F32 is supported")]
    Dtype {
        /// The tensor's name.
        tensor: String,
        /// Its type.
        dtype: String,
    },
    /// The values are not those that were written.
    #[error("is damaged: its checksum does not match")]
    Altered,
    /// A name that is reserved, or that two tensors have.
    #[error("has an invalid or duplicate tensor name {tensor:?}")]
    Name {
        /// The tensor's name.
        tensor: String,
    },
}
