//! How busy the machine of a run is.

use serde::{Deserialize, Serialize};

use crate::run::disk::sanitize;

/// How busy a machine is. A value that cannot be read is `None`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineUse {
    /// Mean use of the CPU cores, from 0 to 1.
    pub cpu: Option<f32>,
    /// Use of each core, from 0 to 1. Not recorded.
    #[serde(skip)]
    pub cores: Vec<f32>,
    /// Processes that run or wait to run, averaged over a minute.
    pub load: Option<f32>,
    /// Main memory.
    pub memory: Option<Capacity>,
    /// The disk with the runs.
    pub disk: Option<Capacity>,
    /// The NVIDIA GPUs.
    pub gpus: Vec<GpuUse>,
}

/// How busy a GPU is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GpuUse {
    /// Its name, such as `NVIDIA H100`.
    #[serde(deserialize_with = "sanitize::string")]
    pub name: String,
    /// Share of the time in which a kernel ran, from 0 to 1.
    pub busy: Option<f32>,
    /// Its memory.
    pub memory: Option<Capacity>,
    /// Temperature in degrees Celsius.
    pub celsius: Option<u32>,
    /// Power in watts.
    pub watts: Option<f32>,
    /// The power limit in watts.
    pub watts_limit: Option<f32>,
    /// Clock of the multiprocessors in megahertz.
    pub megahertz: Option<u32>,
    /// Processes that compute on it.
    pub processes: Option<u32>,
}

/// Bytes in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Bytes in use.
    pub used: u64,
    /// Bytes in all.
    pub total: u64,
}

impl MachineUse {
    /// The mean use of CPU and GPUs over several readings, with the other values of the last one. `None` if there are none.
    pub fn mean(readings: &[Self]) -> Option<Self> {
        let mut last = readings.last()?.clone();
        last.cpu = mean(readings.iter().filter_map(|reading| reading.cpu));
        for (index, gpu) in last.gpus.iter_mut().enumerate() {
            gpu.busy = mean(readings.iter().filter_map(|reading| reading.gpus.get(index)?.busy));
        }
        Some(last)
    }
}

/// The mean, to a tenth of a percent.
fn mean(values: impl Iterator<Item = f32> + Clone) -> Option<f32> {
    let count = values.clone().count();
    (count > 0).then(|| (values.sum::<f32>() / count as f32 * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_of_what_could_be_read() {
        let reading = |cpu, busy| {
            let gpus = vec![GpuUse { busy, ..GpuUse::default() }];
            MachineUse { cpu, load: cpu, gpus, ..MachineUse::default() }
        };
        let readings = [reading(Some(0.5), None), reading(None, None), reading(Some(1.0), Some(0.25))];
        let mean = MachineUse::mean(&readings).unwrap();
        assert_eq!((mean.cpu, mean.load, mean.gpus[0].busy), (Some(0.75), Some(1.0), Some(0.25)));
        assert_eq!(MachineUse::mean(&[]), None);
    }
}
