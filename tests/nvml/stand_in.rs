//! A stand-in for NVML with two GPUs: the first answers everything, the second nothing but its name.
//!
//! Declarations follow `nvml.h` of CUDA 13. `tests/e2e/machine.rs` compiles it as `libnvidia-ml.so.1`.

use std::ffi::{c_char, c_uint, c_void};
use std::ptr;

const SUCCESS: u32 = 0;
const NOT_SUPPORTED: u32 = 3;
const INSUFFICIENT_SIZE: u32 = 7;

/// `nvmlUtilization_t`, in percent.
#[repr(C)]
pub struct Utilization {
    gpu: c_uint,
    memory: c_uint,
}

/// `nvmlMemory_v2_t`, in bytes.
#[repr(C)]
pub struct Memory {
    version: c_uint,
    total: u64,
    reserved: u64,
    free: u64,
    used: u64,
}

/// Writes an answer of the first GPU, whose handle is 1.
unsafe fn answer<T>(gpu: *const c_void, place: *mut T, value: T) -> u32 {
    if gpu.addr() != 1 {
        return NOT_SUPPORTED;
    }
    unsafe { place.write(value) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlInit_v2() -> u32 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlShutdown() -> u32 {
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCount_v2(count: *mut c_uint) -> u32 {
    unsafe { count.write(2) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, gpu: *mut *const c_void) -> u32 {
    unsafe { gpu.write(ptr::without_provenance(index as usize + 1)) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetName(gpu: *const c_void, name: *mut c_char, length: c_uint) -> u32 {
    let text: &[u8] = if gpu.addr() == 1 { b"Stand-in A\0" } else { b"Stand-in B\0" };
    assert!(text.len() <= length as usize);
    unsafe { ptr::copy_nonoverlapping(text.as_ptr().cast(), name, text.len()) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetUtilizationRates(gpu: *const c_void, rates: *mut Utilization) -> u32 {
    unsafe { answer(gpu, rates, Utilization { gpu: 41, memory: 7 }) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMemoryInfo_v2(gpu: *const c_void, memory: *mut Memory) -> u32 {
    let (total, used) = (16_000_000_000, 4_100_000_000);
    unsafe { answer(gpu, memory, Memory { version: 2, total, reserved: 0, free: total - used, used }) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTemperature(gpu: *const c_void, _: u32, celsius: *mut c_uint) -> u32 {
    unsafe { answer(gpu, celsius, 63) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerUsage(gpu: *const c_void, milliwatts: *mut c_uint) -> u32 {
    unsafe { answer(gpu, milliwatts, 210_400) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetEnforcedPowerLimit(gpu: *const c_void, milliwatts: *mut c_uint) -> u32 {
    unsafe { answer(gpu, milliwatts, 300_000) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetClockInfo(gpu: *const c_void, _: u32, megahertz: *mut c_uint) -> u32 {
    unsafe { answer(gpu, megahertz, 1980) }
}

/// Asked with a count of zero, it answers how many there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetComputeRunningProcesses_v3(
    gpu: *const c_void,
    count: *mut c_uint,
    _: *mut c_void,
) -> u32 {
    match unsafe { answer(gpu, count, 1) } {
        SUCCESS => INSUFFICIENT_SIZE,
        error => error,
    }
}
