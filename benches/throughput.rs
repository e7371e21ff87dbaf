//! Images per second in training (batch assembly, forward, backward and update) and in evaluation, on the full data
//! set. Prints one line of JSON, for [`peers`](peers/README.md).
//!
//! `cargo bench --bench throughput -- --kernels fused --threads 1 --seconds 8`
//!
//! `--device cuda`, in a build with `--features cuda`, measures on a GPU. `--batch 256` and `--data DIRECTORY` choose others
//! than batches of 64 and Debian's Fashion-MNIST.
//!
//! `--peak` adds what a core can do at most, and `of_dense_bound`: the training rate as a share of what it
//! would be if every multiply-add were computed at that peak. It tells kernels that got slower from a
//! slower machine: for `cnn` it is above 1, since what comes to nothing is left out, and falls to a
//! fraction of that when a function that handles vectors is no longer inlined.

#![expect(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "a benchmark, run by hand")]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cnn_tui::data::Dataset;
use cnn_tui::nn::Backend;
use cnn_tui::run::{DeviceChoice, RunConfig};
use cnn_tui::train::{Advance, Session};
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch};

/// The same allocator as in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut settings = Settings {
        backend: Backend::best(),
        threads: 1,
        seconds: 8.0,
        preset: "cnn".to_owned(),
        batch: 64,
        device: DeviceChoice::Cpu,
        data: PathBuf::from("/usr/share/datasets/fashion-mnist"),
        peak: false,
    };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        if argument == "--peak" {
            settings.peak = true;
            continue;
        }
        let value = arguments.next().expect("every other option has a value");
        match argument.as_str() {
            "--kernels" => settings.backend = backend(&value),
            "--threads" => settings.threads = value.parse().expect("--threads takes a number"),
            "--seconds" => settings.seconds = value.parse().expect("--seconds takes a number"),
            "--preset" => settings.preset = value,
            "--batch" => settings.batch = value.parse().expect("--batch takes a number"),
            "--device" => settings.device = device(&value),
            "--data" => settings.data = PathBuf::from(value),
            other => panic!("unknown option {other}"),
        }
    }
    measure(&settings);
}

struct Settings {
    backend: Backend,
    threads: usize,
    seconds: f64,
    preset: String,
    /// Images of a batch.
    batch: usize,
    device: DeviceChoice,
    /// A data set's directory.
    data: PathBuf,
    /// Whether to measure a core's peak multiply-adds per second, too.
    peak: bool,
}

fn backend(name: &str) -> Backend {
    let all = Backend::all();
    let names: Vec<_> = all.iter().map(|backend| backend.name()).collect();
    let found = all.iter().copied().find(|backend| backend.name() == name);
    let best = (name == "fused").then(Backend::best);
    best.or(found)
        .unwrap_or_else(|| panic!("no backend {name} on this CPU; available: fused, {}", names.join(", ")))
}

fn device(name: &str) -> DeviceChoice {
    match name {
        "cpu" => DeviceChoice::Cpu,
        #[cfg(feature = "cuda")]
        "cuda" => {
            cnn_tui::nn::cuda::enable();
            DeviceChoice::Cuda(None)
        }
        other => panic!("no device {other} in this build"),
    }
}

fn measure(settings: &Settings) {
    let data =
        Arc::new(Dataset::open(&settings.data).expect("a data set, such as Debian's dataset-fashion-mnist"));
    let config = RunConfig {
        preset: settings.preset.clone(),
        epochs: u32::MAX,
        batch_size: settings.batch,
        device: settings.device,
        ..RunConfig::default()
    };
    let mut session = Session::with_backend(config, Arc::clone(&data), settings.threads, settings.backend)
        .expect("a session");
    let warm_up = Duration::from_secs_f64(settings.seconds / 8.0);
    let whole = Duration::from_secs_f64(settings.seconds);
    let (mut trained, mut training) = (0, Duration::ZERO);
    let (mut evaluated, mut evaluation) = (0, Duration::ZERO);
    let start = Instant::now();
    // Ends after an evaluation, so that there is at least one.
    loop {
        let (before, seen) = (Instant::now(), session.progress().seen);
        let advance = session.advance().expect("a step");
        let took = before.elapsed();
        if before - start < warm_up {
            continue;
        }
        match advance {
            Advance::Steps(_) => {
                trained += usize::try_from(session.progress().seen - seen).expect("a number of images");
                training += took;
            }
            Advance::Evaluating => evaluation += took,
            Advance::Epoch(_) => {
                evaluation += took;
                evaluated += data.test.len();
                if start.elapsed() > whole {
                    break;
                }
            }
            Advance::Finished => break,
        }
    }
    let rate = |images: usize, time: Duration| images as f64 / time.as_secs_f64();
    let peak = if settings.peak {
        let peak = peak_multiply_adds();
        let bound = peak * settings.threads as f64 / dense_multiply_adds(&settings.preset);
        let share = rate(trained, training) / bound;
        format!(r#", "peak_gfma_per_s": {:.1}, "of_dense_bound": {share:.2}"#, peak / 1e9)
    } else {
        String::new()
    };
    println!(
        r#"{{"name": "cnn-tui, {}", "version": "{}", "threads": {}, "train_images_per_s": {:.1}, "evaluate_images_per_s": {:.1}, "peak_rss_mb": {:.1}{peak}}}"#,
        if settings.device == DeviceChoice::Cpu { settings.backend.name() } else { "GPU" },
        env!("CARGO_PKG_VERSION"),
        settings.threads,
        rate(trained, training),
        rate(evaluated, evaluation),
        peak_resident_mb(),
    );
}

/// The multiply-adds of a training step for one image, if nothing is left out: forward, the gradient of
/// the weights, and that of the inputs of all layers but the first with parameters.
fn dense_multiply_adds(preset: &str) -> f64 {
    let layers: &[u32] = match preset {
        "cnn" => &[24 * 24 * 10 * 25, 8 * 8 * 20 * 250, 320 * 50, 50 * 10],
        "dnn" => &[784 * 256, 256 * 128, 128 * 10],
        other => panic!("the multiply-adds of {other} are not known here"),
    };
    f64::from(3 * layers.iter().sum::<u32>() - layers[0])
}

/// Peak resident memory of this process in MB; 0 if unknown.
fn peak_resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|value| value.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}

/// Peak `f32` fused multiply-adds per second of one core: enough independent sums to fill its pipelines, without memory
/// accesses.
fn peak_multiply_adds() -> f64 {
    const ROUNDS: u32 = 20_000_000;
    const SUMS: usize = 12;
    #[expect(clippy::inline_always, reason = "it must become part of what is compiled for vectors")]
    #[inline(always)]
    fn spin<S: Simd>(simd: S) -> usize {
        let factor = S::f32s::splat(simd, black_box(1.000_001));
        let mut sums = [S::f32s::splat(simd, black_box(0.5)); SUMS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = sum.mul_add(factor, factor);
            }
        }
        black_box(sums);
        S::f32s::LEN
    }
    let level = Level::new();
    let rate = || {
        let start = Instant::now();
        let lanes = dispatch!(level, simd => spin(simd));
        f64::from(ROUNDS) * (SUMS * lanes) as f64 / start.elapsed().as_secs_f64()
    };
    (0..3).map(|_| rate()).fold(0.0, f64::max)
}
