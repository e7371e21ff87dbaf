//! How fast a device trains a network, and whether it computes what the CPU does.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::run::{Checkpoint, DeviceChoice, Provenance, RunConfig, write_atomic};
use crate::shell::resources::cores;
use crate::shell::{ShellError, paths, provenance};
use crate::train::{Advance, Session};

/// Steps after which the weights are compared.
const COMPARED_STEPS: usize = 3;
/// How long to train before the clock starts, and then until it stops.
const WARM_UP: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_millis(500);

/// How a device trains a network.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Training images per second.
    pub images_per_second: f64,
    /// The largest difference between a weight and the CPU's after three steps, relative to the largest weight. 0 on the
    /// CPU.
    pub difference: f32,
}

/// Trains a network with these settings on their device for a moment, on the built-in data. Nothing is saved.
pub(crate) fn measure(config: &RunConfig) -> Result<Measurement, ShellError> {
    let data = Arc::new(Dataset::built_in()?);
    let threads = config.threads.unwrap_or_else(cores);
    // Long enough not to end, and a patience would end it.
    let config = RunConfig { epochs: 100_000, patience: 0, ..config.clone() };
    let mut session = Session::new(config.clone(), Arc::clone(&data), threads)?;
    let mut difference = 0.0;
    if config.device != DeviceChoice::Cpu {
        let on_cpu = RunConfig { device: DeviceChoice::Cpu, ..config.clone() };
        let mut reference = Session::new(on_cpu, data, threads)?;
        difference = difference_of(&mut session, &mut reference)?;
    }
    let (begin, mut images, mut spent) = (Instant::now(), 0, Duration::ZERO);
    while spent < MEASURED {
        let (start, seen) = (Instant::now(), session.progress().seen);
        if let Advance::Steps(_) = session.advance()?
            && begin.elapsed() > WARM_UP
        {
            images += session.progress().seen - seen;
            spent += start.elapsed();
        }
    }
    Ok(Measurement { images_per_second: images as f64 / spent.as_secs_f64(), difference })
}

/// Training images per second on the CPU and on a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Speeds {
    pub(super) cpu: f64,
    pub(super) cuda: f64,
}

/// The speeds of this network on the CPU and on the GPU of this name, which `measure_cuda` measures. They are measured once
/// for each [`key`].
pub(super) fn speeds<E>(
    config: &RunConfig,
    gpu: &str,
    measure_cuda: impl FnOnce() -> Result<f64, E>,
) -> Result<Speeds, E> {
    let path = paths::state_dir().map(|dir| dir.join("speeds.json"));
    let mut known: BTreeMap<String, Speeds> =
        path.as_ref().and_then(|path| serde_json::from_slice(&fs::read(path).ok()?).ok()).unwrap_or_default();
    let key = key(config, gpu);
    if let Some(speeds) = known.get(&key) {
        return Ok(*speeds);
    }
    let on_cpu = RunConfig { device: DeviceChoice::Cpu, ..config.clone() };
    // A network that cannot be trained on the CPU fails with its reason when the trainer starts.
    let cpu = measure(&on_cpu).map_or(0.0, |measured| measured.images_per_second);
    let speeds = Speeds { cpu, cuda: measure_cuda()? };
    known.insert(key, speeds);
    if let (Some(path), Ok(bytes)) = (path, serde_json::to_vec_pretty(&known)) {
        // Without the file they are measured again.
        let _ = path.parent().map(fs::create_dir_all);
        let _ = write_atomic(&path, &bytes);
    }
    Ok(speeds)
}

/// Everything that the speeds depend on.
fn key(config: &RunConfig, gpu: &str) -> String {
    let Provenance { version, git_commit, cpu, .. } = provenance();
    let threads = config.threads.unwrap_or_else(cores);
    let RunConfig { preset, batch_size, optimizer, dropout, .. } = config;
    let dropout = dropout.map_or_else(|| "own".to_owned(), |dropout| dropout.to_string());
    let commit = git_commit.unwrap_or_default();
    format!(
        "{preset}, batch {batch_size}, {}, dropout {dropout}, {threads} threads of {cpu}, {gpu}, version {version} {commit}",
        optimizer.name()
    )
}

fn difference_of(session: &mut Session, reference: &mut Session) -> Result<f32, ShellError> {
    let rate = session.config().optimizer.learning_rate();
    let trained = |session: &mut Session| -> Result<Checkpoint, ShellError> {
        for _ in 0..COMPARED_STEPS {
            session.step_with_rate(rate)?;
        }
        Ok(session.checkpoint(0.0)?)
    };
    let weights = |checkpoint: Checkpoint| -> Vec<f32> {
        checkpoint.weights.into_iter().flat_map(|tensor| tensor.values).collect()
    };
    let (found, expected) = (weights(trained(session)?), weights(trained(reference)?));
    let largest = expected.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    let difference =
        |(one, other): (&f32, &f32)| if one.is_finite() { (one - other).abs() } else { f32::INFINITY };
    Ok(found.iter().zip(&expected).map(difference).fold(0.0, f32::max) / largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_has_a_speed_and_equals_itself() {
        let config =
            RunConfig { preset: "dnn".to_owned(), device: DeviceChoice::Cpu, ..RunConfig::default() };
        let measured = measure(&config).unwrap();
        assert!(measured.images_per_second > 100.0 && measured.difference == 0.0, "{measured:?}");
    }

    #[test]
    fn a_difference_is_relative_to_the_largest_weight() {
        let config = RunConfig { device: DeviceChoice::Cpu, ..RunConfig::default() };
        let data = Arc::new(Dataset::built_in().unwrap());
        let session =
            |seed| Session::new(RunConfig { seed, ..config.clone() }, Arc::clone(&data), 1).unwrap();
        assert!(difference_of(&mut session(1), &mut session(1)).unwrap() < f32::MIN_POSITIVE);
        assert!(difference_of(&mut session(1), &mut session(2)).unwrap() > 0.5);
    }
}
