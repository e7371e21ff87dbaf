//! The choice of the device to train on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The device to train on, written as one of its [forms](Self::FORMS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum DeviceChoice {
    /// A usable GPU if there is one, otherwise the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The NVIDIA GPU with this number, from 0; the first one if there is no number.
    Cuda(Option<u16>),
}

/// An invalid device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use {}", DeviceChoice::FORMS)]
pub struct DeviceChoiceError;

impl DeviceChoice {
    /// The accepted forms.
    pub const FORMS: &str = "auto, cpu, cuda or cuda:N, such as cuda:1";
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Cpu => f.pad("cpu"),
            Self::Cuda(None) => f.pad("cuda"),
            Self::Cuda(Some(number)) => f.pad(&format!("cuda:{number}")),
        }
    }
}

/// Parses a device as displayed.
impl FromStr for DeviceChoice {
    type Err = DeviceChoiceError;

    fn from_str(text: &str) -> Result<Self, DeviceChoiceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(None)),
            _ => {
                let number = text.strip_prefix("cuda:").and_then(|number| number.parse().ok());
                number.map(|number| Self::Cuda(Some(number))).ok_or(DeviceChoiceError)
            }
        }
    }
}

impl From<DeviceChoice> for String {
    fn from(device: DeviceChoice) -> Self {
        device.to_string()
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = DeviceChoiceError;

    fn try_from(text: String) -> Result<Self, DeviceChoiceError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_parse_as_displayed() {
        for text in ["auto", "cpu", "cuda", "cuda:0", "cuda:15"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
            let json = format!("\"{text}\"");
            assert_eq!(
                serde_json::to_string(&serde_json::from_str::<DeviceChoice>(&json).unwrap()).unwrap(),
                json
            );
        }
        for text in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
            assert_eq!(text.parse::<DeviceChoice>(), Err(DeviceChoiceError), "{text}");
        }
    }
}
