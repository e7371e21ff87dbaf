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
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum CheckpointError {
    /// Not a safetensors file, or damaged.
    #[error("not a valid safetensors file: {}", display(.0))]
    Format(#[from] SafeTensorError),
    /// A safetensors file without training state, written by another program.
    #[error("weights without training state (no {METADATA_KEY} in the metadata)")]
    NoProgress,
    /// The metadata is invalid.
    #[error("invalid metadata: {}", display(.0))]
    TrainState(#[from] serde_json::Error),
    /// Written by a newer version.
    #[error("written by a newer cnn-tui (format {found}; this version reads up to {FORMAT}); update cnn-tui")]
    Newer { found: u32 },
    /// A tensor that does not contain 32-bit floats.
    #[error("tensor {tensor} is {dtype}; only F32 is supported")]
    Dtype { tensor: String, dtype: String },
    /// The checksum does not match.
    #[error("damaged: checksum mismatch")]
    Altered,
    /// A reserved or duplicate name.
    #[error("invalid or duplicate tensor name '{}'", display(tensor))]
    Name { tensor: String },
}
