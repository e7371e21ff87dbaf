//! CUDA devices. Only the executable `cnn-tui-cuda` calls [`enable`], so that no other needs CUDA's libraries to start.

use std::ffi::CStr;
use std::panic::catch_unwind;

use cudarc::driver::sys::{self, CUresult};
use cudarc::driver::{DriverError, result};
use dfdx::prelude::*;

use super::backend::Backend;
use super::device::{CudaSupport, DeviceError, provide_cuda};
use super::model::Model;
use super::presets;

/// Bytes of a device's name, with the zero behind it.
const NAME_SIZE: u16 = 256;

/// Makes the CUDA devices of this machine available to this process.
pub fn enable() {
    provide_cuda(CudaSupport { devices, probe, build });
}

/// The names of the devices. dfdx's own constructor panics if there are none, so the driver is asked first.
fn devices() -> Result<Vec<String>, DeviceError> {
    result::init().map_err(cause)?;
    let count = result::device::get_count().map_err(cause)?;
    let names: Vec<_> = (0..count).map(name).collect::<Result<_, _>>().map_err(cause)?;
    if names.is_empty() { Err(DeviceError::NotFound) } else { Ok(names) }
}

#[expect(unsafe_code, reason = "cudarc 0.9 has no safe function for a device's name")]
fn name(ordinal: i32) -> Result<String, DriverError> {
    let device = result::device::get(ordinal)?;
    let mut bytes = [0u8; NAME_SIZE as usize];
    // SAFETY: the driver writes at most `NAME_SIZE` bytes, the length of the buffer, with a zero at the end.
    unsafe { sys::cuDeviceGetName(bytes.as_mut_ptr().cast(), i32::from(NAME_SIZE), device) }.result()?;
    let name = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
    Ok(name.to_string_lossy().into_owned())
}

/// Computes a product on a device and compares it, which loads kernels as training does.
fn probe(ordinal: usize) -> Result<(), DeviceError> {
    let count = devices()?.len();
    if ordinal >= count {
        return Err(DeviceError::NoSuchDevice { ordinal, count });
    }
    let compute = move || {
        let device = open(ordinal)?;
        let values: Tensor<Rank1<3>, f32, Cuda> = device.tensor([1.0, -2.0, 3.0]);
        Ok(values.relu().as_vec())
    };
    // dfdx unwraps some errors of the driver.
    let computed = catch_unwind(compute).map_err(|panic| {
        let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        if message.contains("UNSUPPORTED_PTX_VERSION") {
            DeviceError::DriverTooOld
        } else {
            DeviceError::Failed(message)
        }
    })??;
    if computed == [1.0, 0.0, 3.0] {
        Ok(())
    } else {
        Err(DeviceError::Failed(format!("it computed {computed:?}")))
    }
}

fn build(name: &str, ordinal: usize, dropout: Option<f32>) -> Result<Option<Box<dyn Model>>, DeviceError> {
    let count = devices()?.len();
    if ordinal >= count {
        return Err(DeviceError::NoSuchDevice { ordinal, count });
    }
    Ok(presets::build(name, open(ordinal)?, Backend::Composed, dropout))
}

fn open(ordinal: usize) -> Result<Cuda, DeviceError> {
    // The device's own random generator is not used, so its seed does not matter.
    Cuda::try_build(ordinal, 0).map_err(|error| match error {
        CudaError::Driver(error) => cause(error),
        error => DeviceError::Failed(format!("{error:?}")),
    })
}

/// The driver's error in words.
fn cause(error: DriverError) -> DeviceError {
    match error.0 {
        CUresult::CUDA_ERROR_NO_DEVICE => DeviceError::NotFound,
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => DeviceError::OutOfMemory,
        CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION
        | CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH
        | CUresult::CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE => DeviceError::DriverTooOld,
        _ => {
            let text = error
                .error_string()
                .map_or_else(|_| format!("{error:?}"), |text| text.to_string_lossy().into_owned());
            DeviceError::Failed(text)
        }
    }
}
