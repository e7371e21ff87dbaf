//! Devices, chosen at run time.

use dfdx::tensor::Cpu;

use super::backend::Backend;
use super::model::Model;
use super::presets;

/// A device to train on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The CPU.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
}

/// Why a network could not be built on a device.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The program was built without the `cuda` feature.
    #[error(
        "this program was built without CUDA support; rebuild it with `--features cuda` or use `--device cpu`"
    )]
    NotBuilt,
    /// There is no GPU or no driver.
    #[error("no CUDA device found; check that the NVIDIA driver is loaded, or use `--device cpu`")]
    NotFound,
    /// The GPU could not be opened; holds the driver's message.
    #[error("cannot open the CUDA device: {0}")]
    Failed(String),
    /// There is no preset with this name; holds the name and the list of presets.
    #[error("unknown preset '{0}'; the presets are {1}")]
    UnknownPreset(String, String),
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
    /// The GPU if there is one, otherwise the CPU.
    pub fn best() -> Self {
        if cuda_available() { Self::Cuda } else { Self::Cpu }
    }
}

/// Builds the preset `name` on a device, with all parameters zero. `backend` is used on the CPU; `dropout` replaces the
/// preset's own dropout rates.
pub fn build(
    name: &str,
    device: DeviceKind,
    backend: Backend,
    dropout: Option<f32>,
) -> Result<Box<dyn Model>, DeviceError> {
    let model = match device {
        DeviceKind::Cpu => presets::build(name, Cpu::default(), backend, dropout),
        DeviceKind::Cuda => build_cuda(name, dropout)?,
    };
    model.ok_or_else(|| {
        let names: Vec<_> = presets::PRESETS.iter().map(|preset| preset.name).collect();
        DeviceError::UnknownPreset(name.to_owned(), names.join(", "))
    })
}

/// Queries the driver, because dfdx's own constructor panics if there is no GPU.
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
    // The device's own random generator is not used, so its seed does not matter.
    let device =
        dfdx::tensor::Cuda::try_build(0, 0).map_err(|error| DeviceError::Failed(format!("{error:?}")))?;
    Ok(presets::build(name, device, Backend::Composed, dropout))
}

#[cfg(not(feature = "cuda"))]
fn build_cuda(_: &str, _: Option<f32>) -> Result<Option<Box<dyn Model>>, DeviceError> {
    Err(DeviceError::NotBuilt)
}
