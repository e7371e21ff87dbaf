//! Provenance of a run: program and machine.

use std::env;

use crate::run::Provenance;

/// The provenance, without the data set and the device, which are known only once training starts.
pub fn provenance() -> Provenance {
    let arguments: Vec<_> = env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: option_env!("CNN_TUI_COMMIT").map(str::to_owned),
        command_line: arguments.join(" "),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        cpu: cpu_name(),
        ..Provenance::default()
    }
}

/// The CPU's model name from `/proc/cpuinfo`, or its architecture.
fn cpu_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or(env::consts::ARCH, |(_, name)| name).to_owned()
}
