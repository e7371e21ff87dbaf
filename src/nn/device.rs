//! Where a network computes, chosen at run time.

use dfdx::tensor::Cpu;

use super::backend::Backend;
use super::model::Model;
use super::presets;

/// A kind of device that this machine can train on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
}

/// Why a network could not be put on a device.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The program was built without CUDA.
    #[error("this program was built without CUDA; build it with `--features cuda`, or use `--device cpu`")]
    NotBuilt,
    /// There is no GPU, or no driver for it.
    #[error("no CUDA device was found; is the NVIDIA driver loaded? `--device cpu` trains without one")]
    NotFound,
    /// The GPU could not be used.
    #[error("the CUDA device could not be opened: {0}")]
    Failed(String),
    /// There is no preset of this name.
    #[error("there is no preset `{0}`; there are: {1}")]
    NoPreset(String, String),
}

impl std::fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}

impl DeviceKind {
    /// A GPU if there is one, else the processor.
    pub fn best() -> Self {
        if cuda_available() { Self::Cuda } else { Self::Cpu }
    }
}

/// The preset `name` on a device, with all parameters zero. `kernels` are those of the processor.
pub fn build(
    name: &str,
    device: DeviceKind,
    kernels: Backend,
    dropout: Option<f32>,
) -> Result<Box<dyn Model>, DeviceError> {
    let model = match device {
        DeviceKind::Cpu => presets::build(name, Cpu::default(), kernels, dropout),
        DeviceKind::Cuda => build_cuda(name, dropout)?,
    };
    model.ok_or_else(|| {
        let names: Vec<_> = presets::PRESETS.iter().map(|preset| preset.name).collect();
        DeviceError::NoPreset(name.to_owned(), names.join(", "))
    })
}

/// Asks the driver first: dfdx's own constructor panics where there is no GPU.
#[cfg(feature = "cuda")]
fn cuda_available() -> bool {
    use cudarc::driver::result;
    result::init().is_ok() && result::device::get_count().is_ok_and(|count| count > 0)
}

#[cfg(not(feature = "cuda"))]
fn cuda_available() -> bool {
    false
}

#[cfg(feature = "cuda")]
fn build_cuda(name: &str, dropout: Option<f32>) -> Result<Option<Box<dyn Model>>, DeviceError> {
    if !cuda_available() {
        return Err(DeviceError::NotFound);
    }
    // Nothing is drawn from the device's own generator, so its seed does not matter.
    let device =
        dfdx::tensor::Cuda::try_build(0, 0).map_err(|error| DeviceError::Failed(format!("{error:?}")))?;
    Ok(presets::build(name, device, Backend::Composed, dropout))
}

#[cfg(not(feature = "cuda"))]
fn build_cuda(_: &str, _: Option<f32>) -> Result<Option<Box<dyn Model>>, DeviceError> {
    Err(DeviceError::NotBuilt)
}
