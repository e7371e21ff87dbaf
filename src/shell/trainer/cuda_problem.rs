//! Why no GPU can be used.

use std::path::PathBuf;
use std::time::Duration;

use crate::nn;

/// Why no GPU can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CudaProblem {
    /// There is no executable with CUDA support.
    #[error(
        "this installation has no CUDA support ({} does not exist); build it with `cargo install --path . --features cuda`, or \
         use --device cpu",
        .0.display()
    )]
    NotBuilt(PathBuf),
    /// A library is missing.
    #[error(
        "cannot load {0}; install the NVIDIA driver (libcuda) and the CUDA toolkit (libcublas, libnvrtc), or use --device cpu"
    )]
    NoLibrary(String),
    /// The executable could not be started.
    #[error("cannot run {}: {error}; build it again, or use --device cpu", .executable.display())]
    NotStarted {
        /// The executable.
        executable: PathBuf,
        /// The system's reason.
        error: String,
    },
    /// The driver answered with an error.
    #[error("{0}")]
    Driver(String),
    /// The probe ended without an answer.
    #[error("the test of the GPU failed ({0}); run `nvidia-smi` to check the driver, or use --device cpu")]
    Failed(String),
    /// The probe did not end.
    #[error(
        "the CUDA driver did not answer within {} seconds; run `nvidia-smi` to check it, or use --device cpu",
        .0.as_secs()
    )]
    Hung(Duration),
}

impl CudaProblem {
    /// Whether there is nothing to repair: no CUDA support, no driver or no GPU, as on a laptop.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::NotBuilt(_) => true,
            Self::NoLibrary(library) => library.starts_with("libcuda.so"),
            Self::Driver(message) => *message == nn::DeviceError::NotFound.to_string(),
            _ => false,
        }
    }
}
