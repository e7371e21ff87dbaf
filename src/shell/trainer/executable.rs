//! The executable that trains a run: this one on the CPU, `cnn-tui-cuda` beside it on a GPU.
//!
//! Only the latter is linked with CUDA's libraries. A driver can crash or hang, so the GPU is probed in a separate process with
//! a time limit.

use std::env;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::cuda_problem::CudaProblem;
use super::speed::{Measurement, Speeds, measure, speeds};
use crate::metrics::text;
use crate::nn;
use crate::run::{DeviceChoice, RunConfig, sanitize};

/// The file name of the executable with CUDA support.
pub(crate) const CUDA_EXECUTABLE: &str = "cnn-tui-cuda";
/// How long a probe may take. Loading CUDA takes a second or two.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long a measurement may take: it loads CUDA, trains on the CPU to compare, and then for a second.
const MEASURING_LIMIT: Duration = Duration::from_secs(30);
/// How often to look whether a probe has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What the process with CUDA support answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CudaAnswer {
    /// The names of the GPUs. The one that was asked about works.
    Devices(Vec<String>),
    /// How a GPU trains a network.
    Measured(Measurement),
    /// Why the GPU cannot be used.
    Problem(String),
}

/// Answers whether the GPU with this number works, in the process with CUDA support.
pub fn answer_probe(number: usize) -> CudaAnswer {
    let answer = nn::cuda_devices().and_then(|names| nn::probe_cuda(number).map(|()| names));
    answer.map_or_else(|error| CudaAnswer::Problem(error.to_string()), CudaAnswer::Devices)
}

/// Measures training with these settings, as in `run.json`, in the process with CUDA support.
pub fn answer_measure(config: &str) -> CudaAnswer {
    let measured = serde_json::from_str(config)
        .map_err(|error| error.to_string())
        .and_then(|config| measure(&config).map_err(|error| error.to_string()));
    measured.map_or_else(CudaAnswer::Problem, CudaAnswer::Measured)
}

/// The executable that trains on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrainerExecutable {
    pub(crate) path: PathBuf,
    /// Why it trains on the CPU although a GPU was wanted, or is there.
    pub(crate) warning: Option<String>,
}

impl TrainerExecutable {
    /// Whether it is the executable of this process.
    pub(crate) fn is_this(&self) -> bool {
        env::current_exe().is_ok_and(|this| this == self.path)
    }
}

/// Chooses the executable for a run with these settings. Without a usable GPU it is this one, which trains on the CPU;
/// also if the device is `auto` and the CPU is faster.
pub(crate) fn executable_for(config: &RunConfig) -> io::Result<TrainerExecutable> {
    let (this, device) = (env::current_exe()?, config.device);
    if device == DeviceChoice::Cpu || nn::has_cuda() {
        return Ok(TrainerExecutable { path: this, warning: None });
    }
    let chosen = usable(device, &this).and_then(|gpu| {
        let slower = if device == DeviceChoice::Auto { slower_on_gpu(config, &gpu.name)? } else { None };
        Ok(match slower {
            Some(warning) => TrainerExecutable { path: this.clone(), warning: Some(warning) },
            None => TrainerExecutable { path: gpu.executable, warning: None },
        })
    });
    Ok(match chosen {
        Ok(chosen) => chosen,
        Err(problem) => {
            let is_unexpected = device != DeviceChoice::Auto || !problem.is_absence();
            let warning = is_unexpected.then(|| format!("training on the CPU: {problem}"));
            TrainerExecutable { path: this, warning }
        }
    })
}

/// Checks that the device can be used, before a run is created. `auto` always can.
pub(crate) fn check_device(device: DeviceChoice) -> Result<(), CudaProblem> {
    match device {
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(()),
        DeviceChoice::Cuda(_) => {
            let this = env::current_exe().map_err(|error| CudaProblem::NotStarted {
                executable: PathBuf::from(CUDA_EXECUTABLE),
                error: error.to_string(),
            })?;
            usable(device, &this).map(drop)
        }
    }
}

/// Why the CPU is used although the GPU works; `None` if the GPU is as fast.
fn slower_on_gpu(config: &RunConfig, gpu: &str) -> Result<Option<String>, CudaProblem> {
    let Speeds { cpu, cuda } = speeds(config, gpu, || {
        let config = RunConfig { device: DeviceChoice::Cuda(None), ..config.clone() };
        Ok(measure_cuda(&config)?.images_per_second)
    })?;
    Ok((cpu > cuda).then(|| {
        let [cpu, cuda] = [cpu, cuda].map(text::rate);
        format!("training on the CPU, which is faster for this network: {cpu} images/s, on {gpu} {cuda}")
    }))
}

/// A GPU that works, and the executable that can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UsableGpu {
    executable: PathBuf,
    name: String,
}

/// The name of the first GPU, if it can be used.
pub(crate) fn usable_gpu() -> Result<String, CudaProblem> {
    usable(DeviceChoice::Cuda(None), &env::current_exe().unwrap_or_default()).map(|gpu| gpu.name)
}

/// The GPU for this device, if it can be used. The first GPU is probed once, since a dashboard starts many runs.
fn usable(device: DeviceChoice, this: &Path) -> Result<UsableGpu, CudaProblem> {
    static FIRST_GPU: OnceLock<Result<UsableGpu, CudaProblem>> = OnceLock::new();
    match device {
        DeviceChoice::Cuda(Some(number)) => probe(this, number.into(), TIME_LIMIT),
        _ => FIRST_GPU.get_or_init(|| probe(this, 0, TIME_LIMIT)).clone(),
    }
}

/// Asks `cnn-tui-cuda` beside `this`, within the time limit, whether the GPU with this number works.
fn probe(this: &Path, number: usize, time_limit: Duration) -> Result<UsableGpu, CudaProblem> {
    let executable = this.with_file_name(CUDA_EXECUTABLE);
    if !executable.exists() {
        return Err(CudaProblem::NotBuilt(executable));
    }
    match ask(&executable, &["probe", &number.to_string()], time_limit)? {
        CudaAnswer::Devices(names) => {
            let name = names.get(number).map_or_else(String::new, |name| sanitize(name).into_owned());
            Ok(UsableGpu { executable, name })
        }
        answer => Err(unexpected(answer)),
    }
}

/// Measures training with these settings on a GPU, in a process with a time limit.
pub(crate) fn measure_cuda(config: &RunConfig) -> Result<Measurement, CudaProblem> {
    let this = env::current_exe().unwrap_or_default();
    let UsableGpu { executable, .. } = usable(config.device, &this)?;
    let config = serde_json::to_string(config).unwrap_or_default();
    match ask(&executable, &["measure", &config], MEASURING_LIMIT)? {
        CudaAnswer::Measured(measured) => Ok(measured),
        answer => Err(unexpected(answer)),
    }
}

fn unexpected(answer: CudaAnswer) -> CudaProblem {
    match answer {
        CudaAnswer::Problem(problem) => CudaProblem::Driver(sanitize(&problem).into_owned()),
        answer => CudaProblem::Failed(format!("it answered {answer:?}")),
    }
}

/// Asks the executable with CUDA support, within the time limit.
fn ask(executable: &Path, question: &[&str], time_limit: Duration) -> Result<CudaAnswer, CudaProblem> {
    let spawned = Command::new(executable)
        .args(question)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| CudaProblem::NotStarted {
        executable: executable.to_owned(),
        error: error.to_string(),
    })?;
    // The answer and an error are shorter than the buffer of a pipe, so they can be read when the process has ended.
    let Some(status) = wait(&mut child, time_limit) else {
        // If it cannot be killed, it hangs in the driver; the system ends it when it can.
        let _ = child.kill();
        return Err(CudaProblem::Hung(time_limit));
    };
    let (answer, errors) = (text_of(child.stdout.take()), text_of(child.stderr.take()));
    serde_json::from_str(&answer).ok().filter(|_| status.success()).ok_or_else(|| failure_of(status, &errors))
}

fn wait(child: &mut Child, time_limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < time_limit {
        // If its status cannot be read, it counts as hanging.
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        thread::sleep(POLL_INTERVAL);
    }
    None
}

fn text_of(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    // What cannot be read counts as no answer.
    let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The reason for which a probe ended without an answer.
fn failure_of(status: ExitStatus, errors: &str) -> CudaProblem {
    use std::os::unix::process::ExitStatusExt as _;

    // As glibc's loader reports it: `PROGRAM: error while loading shared libraries: libcuda.so.1: cannot open …`.
    let library =
        errors.split_once("loading shared libraries: ").and_then(|(_, rest)| rest.split(':').next());
    if let Some(library) = library {
        return CudaProblem::NoLibrary(sanitize(library).into_owned());
    }
    let last_line = errors.lines().next_back().map(|line| sanitize(line).into_owned());
    CudaProblem::Failed(match status.signal() {
        Some(number) => format!("signal {number}"),
        None => last_line.unwrap_or_else(|| status.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Probes a shell script as the executable with CUDA support.
    fn answered(script: &str) -> Result<(), CudaProblem> {
        let dir = tempfile::tempdir().unwrap();
        let executable = dir.path().join(CUDA_EXECUTABLE);
        fs::write(&executable, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&executable, Permissions::from_mode(0o755)).unwrap();
        let this = dir.path().join("cnn-tui");
        let mut found = probe(&this, 1, Duration::from_secs(5));
        // Another test that starts a process at this moment holds the script open for writing.
        while matches!(&found, Err(CudaProblem::NotStarted { error, .. }) if error.contains("busy")) {
            thread::sleep(POLL_INTERVAL);
            found = probe(&this, 1, Duration::from_secs(5));
        }
        let found = found?;
        assert_eq!(found, UsableGpu { executable, name: "H200".to_owned() });
        Ok(())
    }

    #[test]
    fn a_gpu_that_works_is_used() {
        assert_eq!(answered(r#"[ "$*" = "probe 1" ] && echo '{"devices":["H100","H200"]}'"#), Ok(()));
    }

    #[test]
    fn each_probe_failure_is_explained() {
        let missing = "echo 'cnn-tui-cuda: error while loading shared libraries: libcuda.so.1: cannot open' >&2; exit 127";
        let problem = r#"echo '{"problem":"no CUDA device 1: this machine has 1, numbered from 0"}'"#;
        for (script, says) in [
            (missing, "cannot load libcuda.so.1; install the NVIDIA driver"),
            (problem, "no CUDA device 1: this machine has 1"),
            ("kill -SEGV $$", "the test of the GPU failed (signal 11); run `nvidia-smi`"),
            ("echo bad luck >&2; exit 3", "the test of the GPU failed (bad luck)"),
            ("echo nonsense", "the test of the GPU failed (exit status: 0)"),
            ("kill -STOP $$", "the CUDA driver did not answer within 5 seconds"),
        ] {
            let error = answered(script).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn without_the_executable_there_is_no_cuda_support() {
        let dir = tempfile::tempdir().unwrap();
        let problem = probe(&dir.path().join("cnn-tui"), 0, TIME_LIMIT).unwrap_err();
        assert!(problem.is_absence());
        let error = problem.to_string();
        assert!(
            error.starts_with("this installation has no CUDA support (") && error.contains("--features cuda"),
            "{error}"
        );
    }

    #[test]
    fn a_machine_without_a_gpu_needs_no_warning() {
        let found = |problem: CudaProblem| problem.is_absence();
        assert!(found(CudaProblem::NoLibrary("libcuda.so.1".to_owned())));
        assert!(found(CudaProblem::Driver(nn::DeviceError::NotFound.to_string())));
        assert!(!found(CudaProblem::NoLibrary("libcublas.so.13".to_owned())));
        assert!(!found(CudaProblem::Hung(TIME_LIMIT)));
    }
}
