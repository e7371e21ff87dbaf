//! The device to train on.

use crate::nn::{DeviceKind, cuda_devices, has_cuda};
use crate::run::DeviceChoice;

/// The device on which this process trains. An executable without CUDA support trains on the CPU, whatever the run's
/// settings say: the shell starts another one where a GPU is to be used. That one never trains on the CPU instead of the GPU
/// that the settings name: a GPU that cannot be used is an error there.
pub(crate) fn device_kind(device: DeviceChoice) -> DeviceKind {
    match device {
        DeviceChoice::Cpu => DeviceKind::Cpu,
        DeviceChoice::Auto if cuda_devices().is_err() => DeviceKind::Cpu,
        DeviceChoice::Cuda(_) if !has_cuda() => DeviceKind::Cpu,
        DeviceChoice::Auto => DeviceKind::Cuda(0),
        DeviceChoice::Cuda(number) => DeviceKind::Cuda(number.unwrap_or_default().into()),
    }
}
