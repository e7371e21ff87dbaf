//! The CUDA driver: a device's context, kernels and memory, all work in order. Nothing panics: errors while something is
//! freed are ignored, because the device may be gone.

use std::ffi::{CStr, CString};
use std::rc::Rc;

use cudarc::driver::sys::{self, CUresult};
use cudarc::driver::{DriverError, result};

use super::parameters::{DevicePointer, Launch, Params, StepState, StepTotals};
use super::shared_memory::SHARED_LIMIT;
use crate::nn::device_error::DeviceError;
use crate::nn::gpu::StepSettings;

/// What `build.rs` made of `kernels.cu`.
static KERNELS: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/kernels.fatbin")));

/// Aligned as the driver's own tools align such files.
#[repr(C, align(16))]
struct Aligned<Bytes: ?Sized>(Bytes);

/// The error of an operation that sets something up.
pub(super) fn cause(error: DriverError) -> DeviceError {
    match error.0 {
        CUresult::CUDA_ERROR_NO_DEVICE => DeviceError::NotFound,
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => DeviceError::OutOfMemory,
        CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION
        | CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH
        | CUresult::CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE => DeviceError::DriverTooOld,
        _ => DeviceError::Failed(words(error)),
    }
}

/// The error of an operation on a device that has worked until then.
fn lost(error: DriverError) -> DeviceError {
    match error.0 {
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => DeviceError::OutOfMemory,
        _ => DeviceError::Lost(words(error)),
    }
}

/// The driver's words.
fn words(error: DriverError) -> String {
    let text = error.error_string().map(|text| text.to_string_lossy().into_owned());
    // `Debug` of `DriverError` would panic where there are none.
    text.unwrap_or_else(|_| format!("error {}", error.0 as u32))
}

/// A device in use by this thread.
#[derive(Debug)]
struct Context {
    device: sys::CUdevice,
}

impl Context {
    #[expect(unsafe_code, reason = "cudarc's safe type for this unwraps when it is dropped")]
    fn open(ordinal: i32) -> Result<Self, DriverError> {
        result::init()?;
        let device = result::device::get(ordinal)?;
        // SAFETY: the driver has just returned the device. The context is released once, in `drop`, which its user calls
        // last, because everything else that needs it holds it.
        let context = unsafe { result::primary_ctx::retain(device) }?;
        let opened = Self { device };
        // SAFETY: the context was retained above.
        unsafe { result::ctx::set_current(context) }?;
        Ok(opened)
    }
}

impl Drop for Context {
    #[expect(unsafe_code, reason = "as above")]
    fn drop(&mut self) {
        // SAFETY: `open` has retained the context once.
        let _ = unsafe { result::primary_ctx::release(self.device) };
    }
}

/// A device with the kernels.
#[derive(Debug)]
pub(super) struct Device {
    module: sys::CUmodule,
    /// In the order of [`Params::KERNELS`].
    functions: Vec<sys::CUfunction>,
    context: Rc<Context>,
}

impl Device {
    /// Loads the kernels on the device with this number.
    #[expect(unsafe_code, reason = "cudarc's safe type for this unwraps when it is dropped")]
    pub(super) fn open(ordinal: usize) -> Result<Self, DeviceError> {
        let context = Context::open(i32::try_from(ordinal).unwrap_or(i32::MAX)).map_err(cause)?;
        // SAFETY: the kernels are a whole file made by nvcc, which says how long it is.
        let module = unsafe { result::module::load_data(KERNELS.0.as_ptr().cast()) }.map_err(cause)?;
        let mut device = Self { module, functions: Vec::new(), context: Rc::new(context) };
        for name in Params::KERNELS {
            let name = CString::new(name).unwrap_or_default();
            // SAFETY: the module was loaded above.
            let function = unsafe { result::module::get_function(module, name) }.map_err(cause)?;
            let attribute = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            if Params::DYNAMIC.contains(&device.functions.len()) {
                // SAFETY: the function was found above.
                unsafe { sys::cuFuncSetAttribute(function, attribute, SHARED_LIMIT) }
                    .result()
                    .map_err(cause)?;
            }
            device.functions.push(function);
        }
        Ok(device)
    }

    /// The number of multiprocessors.
    #[expect(unsafe_code, reason = "cudarc has no safe function for this")]
    pub(super) fn multiprocessors(&self) -> Result<i32, DeviceError> {
        let attribute = sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
        // SAFETY: the driver has returned the device.
        unsafe { result::device::get_attribute(self.context.device, attribute) }.map_err(cause)
    }

    /// Bytes of memory that are free on the device.
    pub(super) fn free_memory() -> Result<usize, DeviceError> {
        Ok(result::mem_get_info().map_err(cause)?.0)
    }

    /// Allocates memory, whose content is arbitrary.
    #[expect(unsafe_code, reason = "cudarc's safe type for this unwraps when it is dropped")]
    pub(super) fn allocate(&self, bytes: usize) -> Result<DeviceMemory, DeviceError> {
        // SAFETY: it is freed once, when it is dropped, and all that is done with it stays within its bounds.
        let base = unsafe { result::malloc_sync(bytes) }.map_err(cause)?;
        Ok(DeviceMemory { base, bytes, _context: Rc::clone(&self.context) })
    }

    /// Starts kernels, one after the other. They run after all that was started before.
    #[expect(unsafe_code, reason = "a kernel can do anything")]
    pub(super) fn launch(&self, launches: &[Launch]) -> Result<(), DeviceError> {
        for Launch { params, blocks, threads, shared } in launches {
            let Some(&function) = self.functions.get(params.kernel()) else { continue };
            let mut arguments = [params.pointer().cast_mut()];
            // SAFETY: the function is the kernel that the parameters name. It takes them by value, and the driver copies
            // them before it returns. `plan` makes parameters with which the kernels stay within the memory that
            // `buffers` has placed, which the tests compare with a reference.
            unsafe {
                result::launch_kernel(
                    function,
                    (*blocks, 1, 1),
                    (*threads, 1, 1),
                    *shared,
                    std::ptr::null_mut(),
                    &mut arguments,
                )
            }
            .map_err(lost)?;
        }
        Ok(())
    }
}

impl Drop for Device {
    #[expect(unsafe_code, reason = "as above")]
    fn drop(&mut self) {
        // SAFETY: the module was loaded by `open` and is unloaded once.
        let _ = unsafe { result::module::unload(self.module) };
    }
}

/// Values that may be copied to and from a device.
pub(super) trait Plain: Copy + Default {}
impl Plain for u8 {}
impl Plain for u32 {}
impl Plain for f32 {}
impl Plain for StepSettings {}
impl Plain for StepState {}
impl Plain for StepTotals {}

/// Memory of a device.
#[derive(Debug)]
pub(super) struct DeviceMemory {
    base: DevicePointer,
    bytes: usize,
    _context: Rc<Context>,
}

impl DeviceMemory {
    /// Where it begins.
    pub(super) fn base(&self) -> DevicePointer {
        self.base
    }

    /// Copies values to the device, after all work that was started before.
    #[expect(
        unsafe_code,
        reason = "cudarc's safe function for this belongs to a type that unwraps when it is dropped"
    )]
    pub(super) fn upload<T: Plain>(&self, to: DevicePointer, values: &[T]) -> Result<(), DeviceError> {
        self.check(to, size_of_val(values))?;
        // SAFETY: the memory is large enough, as checked. The copy is done when the driver returns.
        unsafe { result::memcpy_htod_sync(to, values) }.map_err(lost)
    }

    /// Copies this many values from the device, after all work that was started before.
    #[expect(unsafe_code, reason = "as above")]
    pub(super) fn download<T: Plain>(
        &self,
        from: DevicePointer,
        count: usize,
    ) -> Result<Vec<T>, DeviceError> {
        let mut values = vec![T::default(); count];
        self.check(from, size_of_val(values.as_slice()))?;
        // SAFETY: the memory is large enough, as checked, and all bits are valid for `T`.
        unsafe { result::memcpy_dtoh_sync(&mut values, from) }.map_err(lost)?;
        Ok(values)
    }

    /// Checks that these bytes lie in this memory.
    fn check(&self, at: DevicePointer, bytes: usize) -> Result<(), DeviceError> {
        let end = at.checked_sub(self.base).and_then(|offset| offset.checked_add(bytes as u64));
        if end.is_some_and(|end| end <= self.bytes as u64) {
            return Ok(());
        }
        Err(DeviceError::Failed("a copy outside of the memory of the device".to_owned()))
    }
}

impl Drop for DeviceMemory {
    #[expect(unsafe_code, reason = "as above")]
    fn drop(&mut self) {
        // SAFETY: the memory was allocated by `allocate` and is freed once.
        let _ = unsafe { result::free_sync(self.base) };
    }
}

/// The names of all devices.
pub(super) fn device_names() -> Result<Vec<String>, DriverError> {
    result::init()?;
    (0..result::device::get_count()?).map(name).collect()
}

/// Bytes of a device's name, with the zero behind it.
const NAME_SIZE: u16 = 256;

#[expect(unsafe_code, reason = "cudarc 0.9 has no safe function for a device's name")]
fn name(ordinal: i32) -> Result<String, DriverError> {
    let device = result::device::get(ordinal)?;
    let mut bytes = [0u8; NAME_SIZE as usize];
    // SAFETY: the driver writes at most `NAME_SIZE` bytes, the length of the buffer, with a zero at the end.
    unsafe { sys::cuDeviceGetName(bytes.as_mut_ptr().cast(), i32::from(NAME_SIZE), device) }.result()?;
    let name = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
    Ok(name.to_string_lossy().into_owned())
}
