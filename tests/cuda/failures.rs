//! What the program says and keeps when the device fails, and what it asks of the driver.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cnn_tui::data::Dataset;
use cnn_tui::run::{
    CheckpointName, DeviceChoice, EpochReport, Liveness, NewRun, Provenance, RunConfig, RunDir, RunStatus,
    Store,
};
use rustix::process::{Pid, Signal, kill_process};

/// The program on the stand-in, with its files in `home`.
fn program(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(home, environment, arguments).output().unwrap()
}

fn command(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = prepare(Command::new(env!("CARGO_BIN_EXE_cnn-tui-cuda")), home);
    command.args(arguments).envs(environment.iter().copied());
    command
}

fn prepare(mut command: Command, home: &Path) -> Command {
    let variables = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "CNN_TUI_RUNS"];
    command.envs(variables.map(|name| (name, home.join(name))));
    command
}

/// A small data set in `home`: part of the built-in one, as IDX files.
fn data(home: &Path) -> String {
    data_of(home, 600, 100)
}

fn data_of(home: &Path, train: u32, test: u32) -> String {
    let all = Dataset::built_in().unwrap();
    let dir = home.join("data");
    std::fs::create_dir_all(&dir).unwrap();
    for (split, name, len) in [(&all.train, "train", train), (&all.test, "t10k", test)] {
        let header = |magic: u32, sizes: &[u32]| {
            [&[magic], sizes].concat().iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>()
        };
        let images = split.images()[..len as usize].as_flattened();
        let images = [&header(0x803, &[len, 28, 28]), images].concat();
        let labels = [&header(0x801, &[len]), &split.labels()[..len as usize]].concat();
        std::fs::write(dir.join(format!("{name}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(dir.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
    }
    dir.to_str().unwrap().to_owned()
}

/// Trains on the device, and returns the exit status and what was written to standard error.
fn train(home: &Path, environment: &[(&str, &str)], more: &[&str]) -> (Option<i32>, String) {
    let data = data(home);
    let arguments = ["train", "--headless", "--data", &data, "--device", "cuda", "--epochs"];
    let output = program(home, environment, &[&arguments[..], more].concat());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The only run in `home`.
fn run(home: &Path) -> RunDir {
    let runs = std::fs::read_dir(home.join("CNN_TUI_RUNS")).unwrap();
    let mut dirs = runs.map(|entry| entry.unwrap().path()).filter(|path| path.join("run.json").exists());
    let (run, more) = (dirs.next().unwrap(), dirs.next());
    assert!(more.is_none());
    RunDir::open(&run).unwrap()
}

/// Waits until no process trains the run: what watched it ends a little before its trainer.
fn wait_for_end(run: &RunDir) {
    let start = Instant::now();
    while run.liveness() != Liveness::Free {
        assert!(start.elapsed() < Duration::from_mins(1), "{}", run.path().display());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_probe_runs_a_kernel() {
    let home = tempfile::tempdir().unwrap();
    let answer = |environment: &[(&str, &str)]| {
        let output = program(home.path(), environment, &["probe", "0"]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(answer(&[]).trim(), r#"{"devices":["stand-in"]}"#);
    for (fail, words) in [
        ("load:1:222", "the NVIDIA driver is older than this program's CUDA code"),
        ("allocate:1:2", "the CUDA device is out of memory"),
        ("launch:1:719", "the GPU was lost (unspecified launch failure)"),
    ] {
        let answer = answer(&[("STAND_IN_FAIL", fail)]);
        assert!(answer.contains("problem") && answer.contains(words), "{fail}: {answer}");
    }
}

/// Steps of a run below: two epochs of three.
const STEPS: u64 = 6;

/// A run in `home` that no trainer has begun.
fn queued_run(home: &Path, preset: &str) -> RunDir {
    let config = RunConfig {
        preset: preset.to_owned(),
        epochs: 2,
        batch_size: 8,
        data: Some(data_of(home, 20, 10).into()),
        device: DeviceChoice::Cuda(None),
        ..RunConfig::default()
    };
    let new = NewRun::new(jiff::Timestamp::UNIX_EPOCH, 0, config, Provenance::default());
    Store::open(home.join("CNN_TUI_RUNS")).create(&new).unwrap()
}

/// Trains a run in one process.
fn train_here(home: &Path, run: &RunDir, environment: &[(&str, &str)]) -> Output {
    program(home, environment, &["trainer", run.path().to_str().unwrap(), "--foreground"])
}

/// What a finished run has: the hash of its weights, also in the checkpoints of its epochs, its losses and its metrics.
#[derive(Debug, PartialEq)]
struct Finished {
    hashes: [String; 4],
    losses: Vec<f32>,
    epochs: Vec<EpochReport>,
}

impl Finished {
    fn read(run: &RunDir) -> Self {
        assert_eq!(run.manifest().unwrap().status, RunStatus::Finished);
        let names =
            [CheckpointName::Last, CheckpointName::Best, CheckpointName::Epoch(1), CheckpointName::Epoch(2)];
        let history = run.history().unwrap();
        let steps: Vec<u64> = history.steps.iter().map(|row| row.step).collect();
        assert_eq!(steps, (1..=STEPS).collect::<Vec<_>>());
        Self {
            hashes: names.map(|name| run.checkpoint(name).unwrap().weights_hash()),
            losses: history.steps.iter().map(|row| row.loss).collect(),
            epochs: history.reports().map(|&report| EpochReport { active_seconds: 0.0, ..report }).collect(),
        }
    }
}

/// The calls of the driver by kind while a run trains undisturbed, and what it has then.
fn undisturbed(preset: &str) -> (BTreeMap<String, u64>, Finished) {
    let home = tempfile::tempdir().unwrap();
    let counts = home.path().join("counts");
    std::fs::create_dir(&counts).unwrap();
    let run = queued_run(home.path(), preset);
    let output = train_here(home.path(), &run, &[("STAND_IN_COUNTS", counts.to_str().unwrap())]);
    assert!(output.status.success(), "{output:?}");
    let file = std::fs::read_dir(&counts).unwrap().next().unwrap().unwrap().path();
    let lines = std::fs::read_to_string(file).unwrap();
    let calls = lines.lines().map(|line| line.split_once(' ').unwrap());
    let calls = calls.map(|(kind, count)| (kind.to_owned(), count.parse().unwrap())).collect();
    (calls, Finished::read(&run))
}

/// An error after which the device is lost, and one that concerns a single call.
const ERRORS: [(i32, &str); 2] = [(719, "unspecified launch failure"), (999, "an error of the stand-in")];

/// Kinds of calls before training, while it trains, and when it has ended.
const SETUP: [&str; 11] = [
    "init",
    "count",
    "device",
    "name",
    "context",
    "current",
    "load",
    "function",
    "attribute",
    "property",
    "allocate",
];
const TRAINING: [&str; 3] = ["upload", "download", "launch"];
const CLEANUP: [&str; 3] = ["free", "unload", "release"];

/// What becomes of a run.
enum Outcome {
    Finishes,
    /// It fails with these words, after at least so many steps are saved.
    Fails(String, u64),
}

/// Trains a run whose driver fails at one call, and then resumes it: it must have what an undisturbed run has.
fn fail(preset: &str, (kind, number, error): (&str, u64, i32), outcome: Outcome, want: &Finished) {
    let fail = format!("{kind}:{number}:{error}");
    let what = format!("{preset}, {fail}");
    let home = tempfile::tempdir().unwrap();
    let run = queued_run(home.path(), preset);
    let output = train_here(home.path(), &run, &[("STAND_IN_FAIL", &fail)]);
    let errors = String::from_utf8_lossy(&output.stderr);
    let manifest = run.manifest().unwrap();
    if let Outcome::Fails(words, steps) = outcome {
        assert_eq!(output.status.code(), Some(1), "{what}: {errors}");
        assert!(errors.contains(&words) && !errors.contains("panicked"), "{what}: {errors}");
        assert_eq!(manifest.status, RunStatus::Failed, "{what}");
        assert!(manifest.reason.is_some_and(|reason| reason.contains(&words)), "{what}");
        if steps > 0 {
            let saved = run.checkpoint(CheckpointName::Last).unwrap().progress.step;
            assert!(saved >= steps, "{what}: {saved} steps are saved");
        }
        let output = train_here(home.path(), &run, &[]);
        assert!(output.status.success(), "{what}: {output:?}");
    } else {
        assert_eq!(output.status.code(), Some(0), "{what}: {errors}");
    }
    assert_eq!(&Finished::read(&run), want, "{what}");
}

/// Makes the first, a middle and the last call of each of these kinds fail.
fn fail_each_call(preset: &str, kinds: &[&str]) {
    let (calls, want) = undisturbed(preset);
    let known: BTreeSet<&str> = [&SETUP[..], &TRAINING, &CLEANUP].concat().into_iter().collect();
    assert_eq!(calls.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    for &kind in kinds {
        let count = calls[kind];
        for number in BTreeSet::from([1, count.div_ceil(2), count]) {
            // Before training, both errors end the run in the same way.
            let errors = if SETUP.contains(&kind) { &ERRORS[1..] } else { &ERRORS };
            for &(error, words) in errors {
                let (is_last, keeps_device) = (number == count, error != 719);
                // Only the GPU's name is missing.
                let is_name = is_last && ["init", "count", "device", "name"].contains(&kind);
                let outcome = if CLEANUP.contains(&kind) || (is_last && kind == "download") || is_name {
                    Outcome::Finishes
                } else if TRAINING.contains(&kind) {
                    // The last launch evaluates, the last upload is the order of an epoch that never comes.
                    let saved = if is_last && keeps_device { STEPS } else { 0 };
                    let words =
                        format!("the GPU was lost ({words}); resume the run, from its last checkpoint");
                    Outcome::Fails(words, saved)
                } else {
                    Outcome::Fails(words.to_owned(), 0)
                };
                fail(preset, (kind, number, error), outcome, &want);
            }
        }
    }
}

#[test]
fn whichever_call_fails_the_run_says_why_and_resumes() {
    fail_each_call("dnn", &[&SETUP[..], &TRAINING, &CLEANUP].concat());
}

#[test]
fn whichever_call_fails_with_convolutions_the_run_says_why_and_resumes() {
    fail_each_call("cnn", &TRAINING);
}

#[test]
fn errors_with_a_way_out_say_it() {
    let (calls, want) = undisturbed("dnn");
    let out_of_memory = "the CUDA device is out of memory; end other programs on it";
    let too_old = "the NVIDIA driver is older than this program's CUDA code; update the driver";
    for (kind, error, words) in [
        ("init", 100, "no CUDA device found; run `nvidia-smi`"),
        ("load", 222, too_old),
        ("load", 803, too_old),
        ("allocate", 2, "too little memory left for batches of 8 images; 4 fit: use `--batch-size 4`"),
        ("launch", 2, out_of_memory),
    ] {
        for number in BTreeSet::from([1, calls[kind].div_ceil(2), calls[kind]]) {
            if kind != "init" || number == 1 {
                fail("dnn", (kind, number, error), Outcome::Fails(words.to_owned(), 0), &want);
            }
        }
    }
}

/// One call of each process fails: the first that the test of the GPU makes, and the last.
#[test]
fn a_gpu_that_fails_before_the_run_exists_leaves_none_and_auto_trains_on_the_cpu() {
    let home = tempfile::tempdir().unwrap();
    let counts = home.path().join("counts");
    std::fs::create_dir(&counts).unwrap();
    program(home.path(), &[("STAND_IN_COUNTS", counts.to_str().unwrap())], &["probe", "0"]);
    let file = std::fs::read_dir(&counts).unwrap().next().unwrap().unwrap().path();
    let calls = std::fs::read_to_string(file).unwrap();
    for line in calls.lines() {
        let (kind, count) = line.split_once(' ').unwrap();
        if CLEANUP.contains(&kind) {
            continue;
        }
        for number in BTreeSet::from([1, count.parse().unwrap()]) {
            let fail = format!("{kind}:{number}:999");
            let home = tempfile::tempdir().unwrap();
            let (code, errors) = train(home.path(), &[("STAND_IN_FAIL", &fail)], &["1", "--preset", "dnn"]);
            assert_eq!(code, Some(1), "{fail}: {errors}");
            assert!(errors.contains("an error of the stand-in"), "{fail}: {errors}");
            assert_eq!(errors.trim_end().lines().count(), 1, "{fail}: {errors}");
            let runs = std::fs::read_dir(home.path().join("CNN_TUI_RUNS"));
            assert_eq!(runs.map_or(0, Iterator::count), 0, "{fail}: {errors}");
        }
    }
    // The last one passes the test of the GPU, and fails when the network's speed is measured.
    for (fail, words) in [
        ("load:1:222", "training on the CPU: the NVIDIA driver is older than this program's CUDA code"),
        ("allocate:1:2", "training on the CPU: the CUDA device is out of memory"),
        ("launch:1:719", "training on the CPU: the GPU was lost (unspecified launch failure)"),
        ("launch:2:719", "training on the CPU: the GPU was lost (unspecified launch failure)"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let mut auto = prepare(Command::new(env!("CARGO_BIN_EXE_cnn-tui")), home.path());
        auto.args([
            "train",
            "--foreground",
            "--preset",
            "dnn",
            "--epochs",
            "1",
            "--device",
            "auto",
            "--data",
        ]);
        let output = auto.arg(data(home.path())).env("STAND_IN_FAIL", fail).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{fail}: {errors}");
        assert!(errors.contains(words), "{fail}: {errors}");
        assert_eq!(run(home.path()).manifest().unwrap().status, RunStatus::Finished, "{fail}");
    }
}

/// Whether a process handles TERM.
fn listens(process: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (Signal::TERM.as_raw() - 1)) != 0
}

/// Trains a run whose driver hangs at this call; the first signals come at once, the last one later.
fn hang(fail: &str) {
    let home = tempfile::tempdir().unwrap();
    let run = queued_run(home.path(), "dnn");
    let arguments = ["trainer", run.path().to_str().unwrap(), "--foreground"];
    let hangs = [("STAND_IN_FAIL", fail)];
    let mut trainer = command(home.path(), &hangs, &arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(trainer.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("the stand-in hangs") {
        line.clear();
        assert!(errors.read_line(&mut line).unwrap() > 0, "{fail}");
    }
    let pid = Pid::from_child(&trainer);
    // A device that is set up can hang before the process listens to signals.
    let start = Instant::now();
    while !listens(&trainer) {
        assert!(start.elapsed() < Duration::from_mins(1), "{fail}: the trainer does not listen to signals");
        thread::sleep(Duration::from_millis(10));
    }
    kill_process(pid, Signal::TERM).unwrap();
    // A second signal at once is not taken for impatience.
    kill_process(pid, Signal::TERM).unwrap();
    // There is no condition to wait for: nothing may happen.
    thread::sleep(Duration::from_millis(1500));
    assert!(trainer.try_wait().unwrap().is_none(), "{fail}");
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(trainer.wait().unwrap().code(), Some(1), "{fail}");
    let manifest = run.manifest().unwrap();
    assert_eq!(manifest.status, RunStatus::Failed, "{fail}");
    assert!(manifest.reason.unwrap().contains("training did not stop after a signal"), "{fail}");
    let resumed = train_here(home.path(), &run, &[]);
    assert!(resumed.status.success(), "{fail}: {resumed:?}");
    assert_eq!(run.manifest().unwrap().status, RunStatus::Finished, "{fail}");
}

#[test]
fn a_second_signal_ends_a_run_whose_driver_hangs() {
    let (calls, _) = undisturbed("dnn");
    thread::scope(|scope| {
        for kind in [&SETUP[..], &TRAINING].concat() {
            // Once the last weights were read, the run has ended.
            let last = if kind == "download" { calls[kind] / 2 } else { calls[kind] };
            for number in BTreeSet::from([1, last]) {
                scope.spawn(move || hang(&format!("{kind}:{number}:-1")));
            }
        }
    });
}

#[test]
fn a_finished_run_ends_although_the_driver_hangs_while_memory_is_freed() {
    for kind in CLEANUP {
        let home = tempfile::tempdir().unwrap();
        let run = queued_run(home.path(), "dnn");
        let start = Instant::now();
        let output = train_here(home.path(), &run, &[("STAND_IN_FAIL", &format!("{kind}:1:-1"))]);
        assert_eq!(output.status.code(), Some(0), "{kind}: {output:?}");
        assert!(start.elapsed() < Duration::from_secs(30), "{kind}");
        Finished::read(&run);
    }
}

#[test]
fn a_batch_that_does_not_fit_is_named_with_one_that_does() {
    let home = tempfile::tempdir().unwrap();
    let memory = [("STAND_IN_MEMORY", "20000000")];
    let more = |batch| ["1", "--preset", "cnn", "--batch-size", batch];
    let (code, errors) = train(home.path(), &memory, &more("4096"));
    assert_eq!(code, Some(1), "{errors}");
    let fits = errors.split_once("use `--batch-size ").and_then(|(_, rest)| rest.split_once('`')).unwrap().0;
    assert!(errors.contains("too little memory left for batches of 600 images"), "{errors}");
    let (code, errors) = train(home.path(), &memory, &more(fits));
    assert_eq!(code, Some(0), "{errors}");
}

#[test]
fn a_run_does_not_depend_on_the_order_of_blocks() {
    let hash = |environment: &[(&str, &str)], preset| {
        let home = tempfile::tempdir().unwrap();
        let (code, errors) = train(home.path(), environment, &["1", "--preset", preset]);
        assert_eq!(code, Some(0), "{errors}");
        let run = run(home.path());
        wait_for_end(&run);
        run.manifest().unwrap().summary.weights_hash
    };
    for preset in ["cnn", "dnn"] {
        let want = hash(&[], preset);
        for order in ["reversed", "shuffled"] {
            assert_eq!(hash(&[("STAND_IN_ORDER", order)], preset), want, "{preset}, {order}");
        }
    }
}

/// The calls of a kind while a run trains this many epochs.
fn calls(preset: &str, epochs: &str) -> impl Fn(&str) -> u64 {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("counts");
    std::fs::create_dir(&dir).unwrap();
    let counts = [("STAND_IN_COUNTS", dir.to_str().unwrap())];
    let (code, errors) = train(home.path(), &counts, &[epochs, "--preset", preset]);
    assert_eq!(code, Some(0), "{errors}");
    let count = |counts: &str, kind: &str| {
        let count = counts.lines().find_map(|line| line.strip_prefix(&format!("{kind} ")));
        count.map_or(0, |count| count.parse().unwrap())
    };
    // The process that tests the device launches one kernel. The one that trains may end a moment after its run.
    let is_trainer = |counts: &String| count(counts, "launch") > 1;
    let start = Instant::now();
    let counts = loop {
        let files = std::fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
        let found = files.map(|file| std::fs::read_to_string(file).unwrap()).find(is_trainer);
        if let Some(counts) = found.filter(|counts| counts.contains("upload")) {
            break counts;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "the trainer does not end");
        thread::sleep(Duration::from_millis(10));
    };
    move |kind| count(&counts, kind)
}

#[test]
fn a_step_takes_two_launches_or_three_and_nothing_else() {
    for (preset, per_step, per_evaluation) in [("cnn", 2, 3), ("dnn", 3, 4)] {
        let (one, three) = (calls(preset, "1"), calls(preset, "3"));
        assert_eq!(one("allocate"), three("allocate"), "{preset}");
        // Each of two more epochs has 10 steps, a preparation and an evaluation.
        let launches = three("launch") - one("launch");
        assert_eq!(launches, 2 * (10 * per_step + 1 + per_evaluation), "{preset}");
    }
}
