//! Devices, chosen at run time.

use std::sync::OnceLock;

use dfdx::tensor::Cpu;

use super::backend::Backend;
use super::device_error::DeviceError;
use super::gpu::{GpuTask, GpuTrainer};
use super::model::Model;
use super::presets;

/// A device to train on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The CPU.
    Cpu,
    /// The NVIDIA GPU with this number, from 0.
    Cuda(usize),
}

/// Builds the preset of this name on the device with this number, with these dropout rates; `None` if there is no such
/// preset.
pub(super) type BuildCuda = fn(&str, usize, Option<f32>) -> Result<Option<Box<dyn Model>>, DeviceError>;

/// Loads a network into the memory of the device with this number; `None` if the kernels cannot compute it.
pub(super) type StartTrainer = fn(usize, &GpuTask<'_>) -> Result<Option<Box<dyn GpuTrainer>>, DeviceError>;

/// Access to CUDA devices.
#[derive(Debug, Clone, Copy)]
pub(super) struct CudaSupport {
    /// The names of the devices.
    pub(super) devices: fn() -> Result<Vec<String>, DeviceError>,
    /// Computes something on the device with this number.
    pub(super) probe: fn(usize) -> Result<(), DeviceError>,
    /// Builds a preset.
    pub(super) build: BuildCuda,
    /// Loads a network to train.
    pub(super) start: StartTrainer,
}

/// The CUDA support of this process, if it has one.
static CUDA: OnceLock<CudaSupport> = OnceLock::new();

/// Provides CUDA support to this process.
#[cfg(feature = "cuda")]
pub(super) fn provide_cuda(support: CudaSupport) {
    // Once is enough.
    let _ = CUDA.set(support);
}

/// Whether this process has CUDA support; there may be no GPU.
pub fn has_cuda() -> bool {
    CUDA.get().is_some()
}

/// The names of the CUDA devices, in the order of their numbers.
pub fn cuda_devices() -> Result<Vec<String>, DeviceError> {
    (CUDA.get().ok_or(DeviceError::NotBuilt)?.devices)()
}

/// Computes something on the CUDA device with this number.
pub fn probe_cuda(ordinal: usize) -> Result<(), DeviceError> {
    (CUDA.get().ok_or(DeviceError::NotBuilt)?.probe)(ordinal)
}

/// Loads a network into the memory of the CUDA device with this number, to train it there; `None` if there are no kernels
/// for it.
pub fn train_on_gpu(ordinal: usize, task: &GpuTask<'_>) -> Result<Option<Box<dyn GpuTrainer>>, DeviceError> {
    (CUDA.get().ok_or(DeviceError::NotBuilt)?.start)(ordinal, task)
}

impl std::fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
        }
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
        DeviceKind::Cuda(ordinal) => {
            (CUDA.get().ok_or(DeviceError::NotBuilt)?.build)(name, ordinal, dropout)?
        }
    };
    model.ok_or_else(|| {
        let names: Vec<_> = presets::PRESETS.iter().map(|preset| preset.name).collect();
        DeviceError::UnknownPreset(name.to_owned(), names.join(", "))
    })
}
