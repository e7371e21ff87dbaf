//! The choice of the device to train on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The device to train on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// A usable GPU if there is one, otherwise the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU; an error if there is none.
    Cuda,
}

impl DeviceChoice {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Cpu, Self::Cuda];

    /// The names of all choices.
    pub(super) const NAMES: &[&str] = &[Self::Auto.as_str(), Self::Cpu.as_str(), Self::Cuda.as_str()];

    /// Its name in options and on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
