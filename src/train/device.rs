//! The device to train on.

use crate::nn::DeviceKind;
use crate::run::DeviceChoice;

/// Resolves the configured device on this machine.
pub(crate) fn device_kind(device: DeviceChoice) -> DeviceKind {
    match device {
        DeviceChoice::Auto => DeviceKind::best(),
        DeviceChoice::Cpu => DeviceKind::Cpu,
        DeviceChoice::Cuda => DeviceKind::Cuda,
    }
}
