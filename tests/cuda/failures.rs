//! What the program says and keeps when the device fails, and what it asks of the driver.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cnn_tui::data::Dataset;
use cnn_tui::run::{DeviceChoice, Liveness, NewRun, Provenance, RunConfig, RunDir, RunStatus, Store};
use rustix::process::{Pid, Signal, kill_process};

/// The program on the stand-in, with its files in `home`.
fn program(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(home, environment, arguments).output().unwrap()
}

fn command(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let variables = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "CNN_TUI_RUNS"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnn-tui-cuda"));
    command.args(arguments).envs(variables.map(|name| (name, home.join(name))));
    command.envs(environment.iter().copied());
    command
}

/// A small data set in `home`: part of the built-in one, as IDX files.
fn data(home: &Path) -> String {
    let all = Dataset::built_in().unwrap();
    let dir = home.join("data");
    std::fs::create_dir_all(&dir).unwrap();
    for (split, name, len) in [(&all.train, "train", 600u32), (&all.test, "t10k", 100)] {
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

/// A run in `home` that no trainer has begun.
fn queued_run(home: &Path, preset: &str) -> RunDir {
    let config = RunConfig {
        preset: preset.to_owned(),
        epochs: 1,
        data: Some(data(home).into()),
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

/// The calls of the driver by kind while a run trains undisturbed, and the hash of its final weights.
fn undisturbed(preset: &str) -> (BTreeMap<String, u64>, String) {
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
    (calls, run.manifest().unwrap().summary.weights_hash.unwrap())
}

/// Makes the first, a middle and the last call of each kind fail. Each time, the run must say why, and resume.
fn fail_each_call(preset: &str) {
    let lost = "the GPU was lost (unspecified launch failure); resume the run, from its last checkpoint";
    let failed = "cannot use the CUDA device: unspecified launch failure";
    let too_old = "the NVIDIA driver is older than this program's CUDA code";
    let kinds = [
        ("init", 719, failed),
        ("init", 100, "no CUDA device found"),
        ("context", 719, failed),
        ("load", 719, failed),
        ("load", 222, too_old),
        ("function", 719, failed),
        ("attribute", 719, failed),
        ("allocate", 2, "too little memory left for batches of 64 images"),
        ("allocate", 719, failed),
        ("upload", 719, lost),
        ("download", 719, lost),
        ("launch", 719, lost),
        ("launch", 2, "out of memory"),
    ];
    let (calls, hash) = undisturbed(preset);
    for (kind, error, words) in kinds {
        let count = calls[kind];
        for number in BTreeSet::from([1, count.div_ceil(2), count]) {
            let fail = format!("{kind}:{number}:{error}");
            let what = format!("{preset}, {fail} of {count}");
            let home = tempfile::tempdir().unwrap();
            let run = queued_run(home.path(), preset);
            let hash_now = || run.manifest().unwrap().summary.weights_hash;
            let output = train_here(home.path(), &run, &[("STAND_IN_FAIL", &fail)]);
            if kind == "init" && number == count {
                // Only the GPU's name is missing.
                assert!(output.status.success(), "{what}: {output:?}");
                assert_eq!(hash_now().as_ref(), Some(&hash), "{what}");
                continue;
            }
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{what}: {errors}");
            assert!(errors.contains(words) && !errors.contains("panicked"), "{what}: {errors}");
            let manifest = run.manifest().unwrap();
            assert_eq!(manifest.status, RunStatus::Failed, "{what}");
            assert!(manifest.reason.is_some_and(|reason| reason.contains(words)), "{what}");

            let output = train_here(home.path(), &run, &[]);
            assert!(output.status.success(), "{what}: {output:?}");
            assert_eq!(run.manifest().unwrap().status, RunStatus::Finished, "{what}");
            assert_eq!(hash_now().as_ref(), Some(&hash), "{what}");
        }
    }
}

#[test]
fn whichever_call_fails_the_run_says_why_and_resumes() {
    fail_each_call("dnn");
}

#[test]
fn whichever_call_fails_with_convolutions_the_run_says_why_and_resumes() {
    fail_each_call("cnn");
}

#[test]
fn a_finished_run_does_not_fail_when_memory_cannot_be_freed() {
    let home = tempfile::tempdir().unwrap();
    let run = queued_run(home.path(), "dnn");
    let output = train_here(home.path(), &run, &[("STAND_IN_FAIL", "free:1:719")]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(run.manifest().unwrap().status, RunStatus::Finished);
}

#[test]
fn a_gpu_that_fails_before_the_run_exists_leaves_none() {
    for fail in ["init:1:719", "context:1:719", "load:1:222", "allocate:1:2", "launch:1:719"] {
        let home = tempfile::tempdir().unwrap();
        let (code, errors) = train(home.path(), &[("STAND_IN_FAIL", fail)], &["1", "--preset", "dnn"]);
        assert_eq!(code, Some(1), "{fail}: {errors}");
        let runs = std::fs::read_dir(home.path().join("CNN_TUI_RUNS"));
        assert_eq!(runs.map_or(0, Iterator::count), 0, "{fail}: {errors}");
    }
}

#[test]
fn a_second_signal_ends_a_run_whose_driver_hangs() {
    let home = tempfile::tempdir().unwrap();
    let data = data(home.path());
    let arguments =
        ["train", "--foreground", "--data", &data, "--device", "cuda", "--epochs", "1", "--preset", "dnn"];
    let hangs = [("STAND_IN_FAIL", "launch:20:-1")];
    let mut trainer = command(home.path(), &hangs, &arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(trainer.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("the stand-in hangs") {
        line.clear();
        assert!(errors.read_line(&mut line).unwrap() > 0);
    }
    let pid = Pid::from_child(&trainer);
    kill_process(pid, Signal::TERM).unwrap();
    // A second signal at once is not taken for impatience.
    kill_process(pid, Signal::TERM).unwrap();
    thread::sleep(Duration::from_millis(1500));
    assert!(trainer.try_wait().unwrap().is_none());
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(trainer.wait().unwrap().code(), Some(1));
    let run = run(home.path());
    let manifest = run.manifest().unwrap();
    assert_eq!(manifest.status, RunStatus::Failed);
    assert!(manifest.reason.unwrap().contains("training did not stop after a signal"));
    let resumed = program(home.path(), &[], &["resume", manifest.id.as_str(), "--headless"]);
    assert!(resumed.status.success(), "{resumed:?}");
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
        assert_eq!(hash(&[], preset), hash(&[("STAND_IN_REVERSED", "1")], preset), "{preset}");
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
