//! The holder of a run's lock.

use serde::{Deserialize, Serialize};

use crate::run::disk::sanitize;

/// The process that holds a run's lock: the content of the file `lock`, as one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The machine it runs on.
    #[serde(deserialize_with = "sanitize::string")]
    pub host: String,
    /// Why it cannot write to the run directory; `None` if it can.
    #[serde(default, deserialize_with = "sanitize::option", skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl Holder {
    /// This process.
    pub(super) fn this() -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { pid: std::process::id(), host, trouble: None }
    }

    /// Whether it is or was on another machine.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.host != Self::this().host
    }
}
