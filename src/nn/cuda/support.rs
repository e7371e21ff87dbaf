//! What the program asks of CUDA devices.

use dfdx::prelude::*;

use super::driver::{cause, device_names};
use super::trainer::{self, KernelTrainer};
use crate::nn::backend::Backend;
use crate::nn::device::{CudaSupport, provide_cuda};
use crate::nn::device_error::DeviceError;
use crate::nn::gpu::{GpuTask, GpuTrainer};
use crate::nn::model::Model;
use crate::nn::presets;

/// Makes the CUDA devices of this machine available to this process.
pub fn enable() {
    provide_cuda(CudaSupport { devices, probe, build, start });
}

/// The names of the devices. dfdx's own constructor panics if there are none, so the driver is asked first.
fn devices() -> Result<Vec<String>, DeviceError> {
    let names = device_names().map_err(cause)?;
    if names.is_empty() { Err(DeviceError::NotFound) } else { Ok(names) }
}

/// Checks that there is a device with this number.
fn check(ordinal: usize) -> Result<(), DeviceError> {
    let count = devices()?.len();
    if ordinal < count { Ok(()) } else { Err(DeviceError::NoSuchDevice { ordinal, count }) }
}

fn probe(ordinal: usize) -> Result<(), DeviceError> {
    check(ordinal)?;
    trainer::probe(ordinal)
}

fn start(ordinal: usize, task: &GpuTask<'_>) -> Result<Option<Box<dyn GpuTrainer>>, DeviceError> {
    check(ordinal)?;
    let trainer = KernelTrainer::start(ordinal, task)?;
    Ok(trainer.map(|trainer| Box::new(trainer) as Box<dyn GpuTrainer>))
}

fn build(name: &str, ordinal: usize, dropout: Option<f32>) -> Result<Option<Box<dyn Model>>, DeviceError> {
    check(ordinal)?;
    Ok(presets::build(name, open(ordinal)?, Backend::Composed, dropout))
}

fn open(ordinal: usize) -> Result<Cuda, DeviceError> {
    // The device's own random generator is not used, so its seed does not matter.
    Cuda::try_build(ordinal, 0).map_err(|error| match error {
        CudaError::Driver(error) => cause(error),
        error => DeviceError::Failed(format!("{error:?}")),
    })
}
