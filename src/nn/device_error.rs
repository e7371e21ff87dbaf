//! What can go wrong with a device.

/// Why a network could not be built on a device.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// This executable has no CUDA support.
    #[error("this executable has no CUDA support; build it with `--features cuda`, or use `--device cpu`")]
    NotBuilt,
    /// There is no GPU.
    #[error("no CUDA device found; run `nvidia-smi` to check the driver, or use `--device cpu`")]
    NotFound,
    /// There are fewer GPUs.
    #[error(
        "no CUDA device {ordinal}: this machine has {count}, numbered from 0; choose another, or use `--device cpu`"
    )]
    NoSuchDevice {
        /// The number of the device.
        ordinal: usize,
        /// The number of devices.
        count: usize,
    },
    /// The driver is older than the kernels.
    #[error(
        "the NVIDIA driver is older than this program's CUDA code; update the driver, or use `--device cpu`"
    )]
    DriverTooOld,
    /// The GPU has no memory left.
    #[error("the CUDA device is out of memory; end other programs on it, or use `--device cpu`")]
    OutOfMemory,
    /// The GPU has too little memory left for a batch.
    #[error(
        "the CUDA device has too little memory left for batches of {batch} images; {fits} fit: use `--batch-size {fits}`, \
         or `--device cpu`"
    )]
    BatchTooLarge {
        /// Images of a batch.
        batch: usize,
        /// Images that would fit.
        fits: usize,
    },
    /// The GPU stopped working; holds the driver's message.
    #[error("the GPU was lost ({0}); resume the run, from its last checkpoint")]
    Lost(String),
    /// The GPU could not be used; holds the driver's message.
    #[error("cannot use the CUDA device: {0}")]
    Failed(String),
    /// There is no preset with this name; holds the name and the list of presets.
    #[error("unknown preset '{0}'; the presets are {1}")]
    UnknownPreset(String, String),
}
