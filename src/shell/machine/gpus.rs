//! Readings of NVIDIA GPUs through NVML, the driver's own library, which is loaded at run time if it is there.

use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml, cuda_driver_version_major, cuda_driver_version_minor};

use crate::run::{Capacity, GpuUse};

/// The GPUs of this machine.
pub(super) struct Gpus(Nvml);

impl Gpus {
    /// `None` if the machine has no NVIDIA driver.
    pub(super) fn find() -> Option<Self> {
        Nvml::init().ok().map(Self)
    }

    /// The driver's version and the CUDA version that it supports, such as `580.159.04 (CUDA 13.0)`.
    pub(super) fn driver(&self) -> String {
        let driver = self.0.sys_driver_version().unwrap_or_else(|_| "unknown version".to_owned());
        let cuda = self.0.sys_cuda_driver_version().ok().map(|version| {
            let (major, minor) = (cuda_driver_version_major(version), cuda_driver_version_minor(version));
            format!(" (CUDA {major}.{minor})")
        });
        driver + &cuda.unwrap_or_default()
    }

    /// A reading of each GPU. Drivers do not support every reading on every GPU.
    pub(super) fn read(&self) -> Vec<GpuUse> {
        let count = self.0.device_count().unwrap_or(0);
        (0..count).filter_map(|index| self.0.device_by_index(index).ok()).map(|gpu| reading(&gpu)).collect()
    }
}

fn reading(gpu: &Device<'_>) -> GpuUse {
    let watts = |milliwatts: Result<u32, NvmlError>| milliwatts.ok().map(|power| power as f32 / 1000.0);
    GpuUse {
        name: gpu.name().unwrap_or_default(),
        busy: gpu.utilization_rates().ok().map(|rates| rates.gpu as f32 / 100.0),
        memory: gpu.memory_info().ok().map(|memory| Capacity { used: memory.used, total: memory.total }),
        celsius: gpu.temperature(TemperatureSensor::Gpu).ok(),
        watts: watts(gpu.power_usage()),
        watts_limit: watts(gpu.enforced_power_limit()),
        megahertz: gpu.clock_info(Clock::SM).ok(),
        processes: gpu.running_compute_processes_count().ok(),
    }
}
