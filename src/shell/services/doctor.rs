//! What the program finds on this machine, and what to do about it.

use std::time::Duration;
use std::{env, thread};

use tempfile::NamedTempFile;

use crate::data::{DataLocations, Roots};
use crate::metrics::text;
use crate::nn::{Backend, PRESETS};
use crate::run::{Capacity, DeviceChoice, GpuUse, RunConfig, Store};
use crate::shell::machine::MachineSampler;
use crate::shell::resources::cores;
use crate::shell::trainer::{Measurement, measure, measure_cuda, usable_gpu};
use crate::shell::{ShellError, provenance};

/// A GPU that computes something else than the CPU differs by more than this from it after three steps, relative to the
/// largest weight. The threshold is ours: sums in another order differ by about 1e-6.
const TOLERANCE: f32 = 1e-4;
/// How long to watch the CPU before reading how busy it is.
const GLANCE: Duration = Duration::from_millis(250);

/// Something that was found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, such as `data`.
    pub subject: String,
    /// What was found.
    pub found: String,
    /// Whether it is as it should be.
    pub is_well: bool,
}

impl Finding {
    fn well(subject: &str, found: impl Into<String>) -> Self {
        Self { subject: subject.to_owned(), found: found.into(), is_well: true }
    }

    fn problem(subject: &str, found: impl Into<String>) -> Self {
        Self { subject: subject.to_owned(), found: found.into(), is_well: false }
    }
}

/// Examines this machine. `report` is called with each finding as soon as it is known; measuring takes a few seconds.
pub fn examine(store: Result<&Store, &ShellError>, mut report: impl FnMut(Finding)) {
    let program = provenance();
    let commit = program.git_commit.map_or_else(String::new, |commit| format!(" ({commit})"));
    report(Finding::well("cnn-tui", format!("{}{commit}, {}", program.version, env::consts::ARCH)));

    let path = store.map_or_else(|_| env::temp_dir(), |store| store.root().to_owned());
    let mut machine = MachineSampler::new(&path);
    thread::sleep(GLANCE);
    let reading = machine.read();
    let cores = text::number_of(cores() as u64, "core");
    report(Finding::well("cpu", format!("{}, {cores}, {}", program.cpu, Backend::best())));
    report(Finding::well("memory", reading.memory.map_or_else(|| "unknown".to_owned(), in_use)));
    report(match store {
        Ok(store) => runs(store, reading.disk),
        Err(error) => Finding::problem("runs", error.to_string()),
    });
    report(data());
    report(match measured(DeviceChoice::Cpu, measure) {
        Ok(measured) => Finding::well("cpu speed", speeds(&measured)),
        Err(error) => Finding::problem("cpu speed", error),
    });

    report(match machine.driver() {
        Some(driver) => Finding::well("driver", format!("NVIDIA {driver}")),
        None => Finding::well("driver", "no NVIDIA driver"),
    });
    for (number, gpu) in reading.gpus.iter().enumerate() {
        report(Finding::well(&format!("gpu {number}"), about(gpu)));
    }
    match usable_gpu() {
        Ok(name) => {
            report(Finding::well("cuda", format!("{name} can be used")));
            match measured(DeviceChoice::Cuda(None), measure_cuda) {
                Ok(measured) => {
                    report(self_test(&measured));
                    report(Finding::well("cuda speed", speeds(&measured)));
                }
                Err(error) => report(Finding::problem("self-test", error)),
            }
        }
        // Without a GPU there is nothing to repair.
        Err(problem) if problem.is_absence() && reading.gpus.is_empty() => {
            report(Finding::well("cuda", "not used: no NVIDIA GPU was found"));
        }
        Err(problem) => report(Finding::problem("cuda", problem.to_string())),
    }
}

fn in_use(Capacity { used, total }: Capacity) -> String {
    format!("{} in use", text::capacity(used, total))
}

/// The directory of runs, and whether a run can be created in it.
fn runs(store: &Store, disk: Option<Capacity>) -> Finding {
    let (root, count) = (store.root().display(), text::number_of(store.list().len() as u64, "run"));
    let free = disk.map_or_else(String::new, |disk| {
        format!(", {} GB free", text::fixed((disk.total - disk.used) as f64 / 1e9, 1))
    });
    match std::fs::create_dir_all(store.root()).and_then(|()| NamedTempFile::new_in(store.root())) {
        Ok(_) => Finding::well("runs", format!("{count} in {root}{free}")),
        Err(error) => Finding::problem(
            "runs",
            format!("cannot write to {root}: {error}; choose another directory with --runs"),
        ),
    }
}

fn data() -> Finding {
    match DataLocations::new(None, &Roots::of_user()).locate() {
        Ok(found) => match found.broken.first() {
            Some((place, error)) => Finding::problem("data", format!("in the {place}: {error}")),
            None => Finding::well("data", found.dataset.describe()),
        },
        Err(error) => Finding::problem("data", error.to_string()),
    }
}

/// How a device trains each network.
fn measured<E: ToString>(
    device: DeviceChoice,
    measure: impl Fn(&RunConfig) -> Result<Measurement, E>,
) -> Result<Vec<(&'static str, Measurement)>, String> {
    let of = |name: &'static str| {
        let config = RunConfig { device, preset: name.to_owned(), ..RunConfig::default() };
        measure(&config).map(|measured| (name, measured)).map_err(|error| error.to_string())
    };
    PRESETS.iter().map(|preset| of(preset.name)).collect()
}

/// The speeds of the networks.
fn speeds(measured: &[(&str, Measurement)]) -> String {
    let speed = |(name, measured): &(&str, Measurement)| {
        format!("{name} {} images/s", text::rate(measured.images_per_second))
    };
    measured.iter().map(speed).collect::<Vec<_>>().join(", ")
}

/// Whether every network trains on the GPU as on the CPU.
fn self_test(measured: &[(&str, Measurement)]) -> Finding {
    // NaN, too, is a difference.
    let differs = |(_, measured): &&(&str, Measurement)| {
        measured.difference.is_nan() || measured.difference > TOLERANCE
    };
    if let Some((name, Measurement { difference, .. })) = measured.iter().find(differs) {
        let found = format!(
            "{name} trains to other weights than on the CPU (relative difference {difference:.1e}); use --device cpu, and \
             please report this GPU and driver"
        );
        return Finding::problem("self-test", found);
    }
    let largest = measured.iter().map(|(_, measured)| measured.difference).fold(0.0, f32::max);
    Finding::well("self-test", format!("the GPU equals the CPU to a relative difference of {largest:.1e}"))
}

fn about(gpu: &GpuUse) -> String {
    let celsius = gpu.celsius.map(|celsius| format!("{celsius} degrees Celsius"));
    let facts = [Some(gpu.name.clone()), gpu.memory.map(in_use), celsius];
    facts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_cannot_be_written_is_a_problem() {
        let root = tempfile::tempdir().unwrap();
        let well =
            runs(&Store::open(root.path().join("runs")), Some(Capacity { used: 1, total: 2_500_000_001 }));
        assert!(well.is_well && well.found.ends_with("runs, 2.5 GB free"), "{well:?}");
        let file = root.path().join("file");
        std::fs::write(&file, "").unwrap();
        let problem = runs(&Store::open(&file), None);
        assert!(
            !problem.is_well && problem.found.contains("choose another directory with --runs"),
            "{problem:?}"
        );
    }

    #[test]
    fn a_gpu_that_computes_something_else_is_a_problem() {
        let measured = |difference| ("cnn", Measurement { images_per_second: 93_000.0, difference });
        let well = self_test(&[measured(1e-6), measured(2e-5)]);
        assert!(well.is_well && well.found.ends_with("2.0e-5"), "{well:?}");
        for difference in [2e-4, f32::INFINITY, f32::NAN] {
            let problem = self_test(&[measured(0.0), measured(difference)]);
            assert!(
                !problem.is_well && problem.found.starts_with("cnn trains to other weights"),
                "{problem:?}"
            );
        }
        assert_eq!(speeds(&[measured(0.0), measured(0.0)]), "cnn 93,000 images/s, cnn 93,000 images/s");
    }

    #[test]
    fn a_network_that_cannot_be_measured_has_its_reason() {
        let lost = measured(DeviceChoice::Cuda(None), |_| Err("the driver is gone"));
        assert_eq!(lost, Err("the driver is gone".to_owned()));
    }
}
