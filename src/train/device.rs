//! The device to train on.

use crate::nn::{DeviceKind, cuda_devices};
use crate::run::DeviceChoice;

/// The device on which this process trains. An executable without CUDA support trains on the CPU, whatever the run's
/// settings say: the shell starts another one where a GPU is to be used.
pub(crate) fn device_kind(device: DeviceChoice) -> DeviceKind {
    match device {
        DeviceChoice::Cpu => DeviceKind::Cpu,
        DeviceChoice::Auto | DeviceChoice::Cuda(_) if cuda_devices().is_err() => DeviceKind::Cpu,
        DeviceChoice::Auto => DeviceKind::Cuda(0),
        DeviceChoice::Cuda(number) => DeviceKind::Cuda(number.unwrap_or_default().into()),
    }
}
