//! Readings of CPU, memory and disk, with those of the GPUs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sysinfo::System;

use super::gpus::Gpus;
use crate::run::{Capacity, MachineUse};

/// How often to read.
pub(in crate::shell) const INTERVAL: Duration = Duration::from_secs(1);

/// Reads how busy the machine is. The use of the CPU is that since the last reading.
pub(in crate::shell) struct MachineSampler {
    /// CPU and memory; `None` if the system does not tell.
    system: Option<System>,
    gpus: Option<Gpus>,
    /// A path on the disk to read.
    path: PathBuf,
}

impl MachineSampler {
    /// Reads the disk of `path`. The first reading of the CPU is made here.
    pub(in crate::shell) fn new(path: &Path) -> Self {
        let mut system = System::new().ok();
        if let Some(system) = &mut system {
            system.refresh_cpu_usage();
        }
        Self { system, gpus: Gpus::find(), path: path.to_owned() }
    }

    /// The version of the NVIDIA driver, if there is one.
    pub(in crate::shell) fn driver(&self) -> Option<String> {
        self.gpus.as_ref().map(Gpus::driver)
    }

    pub(in crate::shell) fn read(&mut self) -> MachineUse {
        #[expect(clippy::cast_possible_truncation, reason = "a load needs no more digits")]
        let load = System::load_average().ok().map(|load| load.one as f32);
        let gpus = self.gpus.as_ref().map(Gpus::read).unwrap_or_default();
        let mut reading = MachineUse { load, disk: self.disk(), gpus, ..MachineUse::default() };
        if let Some(system) = &mut self.system {
            system.refresh_cpu_usage();
            system.refresh_memory();
            reading.cores = system.cpus().iter().map(|core| core.usage() / 100.0).collect();
            reading.cpu = (!reading.cores.is_empty()).then(|| system.global_cpu_usage() / 100.0);
            let (used, total) = (system.used_memory(), system.total_memory());
            reading.memory = (total > 0).then_some(Capacity { used, total });
        }
        reading
    }

    fn disk(&self) -> Option<Capacity> {
        // The directory may not exist yet.
        let disk = self.path.ancestors().find_map(|path| rustix::fs::statvfs(path).ok())?;
        let (total, free) =
            (disk.f_blocks.checked_mul(disk.f_frsize)?, disk.f_bavail.checked_mul(disk.f_frsize)?);
        Some(Capacity { used: total.saturating_sub(free), total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_cores_memory_and_a_disk() {
        let mut sampler = MachineSampler::new(Path::new("/"));
        std::thread::sleep(sysinfo::MINIMUM_CPU_UPDATE_INTERVAL);
        let reading = sampler.read();
        assert!(!reading.cores.is_empty() && reading.load.is_some(), "{reading:?}");
        assert!(reading.cpu.is_some_and(|cpu| (0.0..=1.0).contains(&cpu)), "{reading:?}");
        let fits = |capacity: Option<Capacity>| capacity.is_some_and(|it| it.used > 0 && it.used <= it.total);
        assert!(fits(reading.memory) && fits(reading.disk), "{reading:?}");
    }

    #[test]
    fn the_disk_of_a_directory_that_does_not_exist_is_that_of_its_parent() {
        let total = |path| MachineSampler::new(Path::new(path)).disk().unwrap().total;
        assert_eq!(total("/nonexistent/directory"), total("/"));
    }
}
