//! What the program says and keeps when the device fails, and what it asks of the driver.

use std::path::Path;
use std::process::{Command, Output};

use cnn_tui::run::{RecordedStatus, RunDir};

/// The program on the stand-in, with its files in `home`.
fn program(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let variables = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "CNN_TUI_RUNS"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnn-tui-cuda"));
    command.args(arguments).envs(variables.map(|name| (name, home.join(name))));
    command.envs(environment.iter().copied()).output().unwrap()
}

/// Trains on the device, and returns the exit status and what was written to standard error.
fn train(home: &Path, environment: &[(&str, &str)], more: &[&str]) -> (Option<i32>, String) {
    let arguments = ["train", "--headless", "--data", "built-in", "--device", "cuda", "--epochs", "1"];
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

#[test]
fn the_probe_runs_a_kernel() {
    let home = tempfile::tempdir().unwrap();
    let answer = |environment: &[(&str, &str)]| {
        let output = program(home.path(), environment, &["probe"]);
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

#[test]
fn a_run_whose_device_is_lost_says_so_and_resumes() {
    for fail in ["launch:2:719", "launch:90:719", "download:5:719", "upload:14:719"] {
        let home = tempfile::tempdir().unwrap();
        let (code, errors) = train(home.path(), &[("STAND_IN_FAIL", fail)], &["--preset", "dnn"]);
        assert_eq!(code, Some(1), "{fail}: {errors}");
        let words = "the GPU was lost (unspecified launch failure); resume the run, from its last checkpoint";
        assert!(errors.contains(words), "{fail}: {errors}");
        let run = run(home.path());
        assert_eq!(run.manifest().unwrap().status, RecordedStatus::Failed, "{fail}");
        let id = run.path().file_name().unwrap().to_str().unwrap().to_owned();
        let resumed = program(home.path(), &[], &["resume", &id, "--headless"]);
        assert!(resumed.status.success(), "{fail}: {resumed:?}");
        assert_eq!(run.manifest().unwrap().status, RecordedStatus::Finished, "{fail}");
    }
}

#[test]
fn a_batch_that_does_not_fit_is_named_with_one_that_does() {
    let home = tempfile::tempdir().unwrap();
    let memory = [("STAND_IN_MEMORY", "150000000")];
    let more = |batch| ["--preset", "cnn", "--batch-size", batch];
    let (code, errors) = train(home.path(), &memory, &more("4096"));
    assert_eq!(code, Some(1), "{errors}");
    let fits = errors.split_once("use `--batch-size ").and_then(|(_, rest)| rest.split_once('`')).unwrap().0;
    assert!(errors.contains("too little memory left for batches of 4096 images"), "{errors}");
    let (code, errors) = train(home.path(), &memory, &more(fits));
    assert_eq!(code, Some(0), "{errors}");
}

#[test]
fn a_run_does_not_depend_on_the_order_of_blocks() {
    let hash = |environment: &[(&str, &str)], preset| {
        let home = tempfile::tempdir().unwrap();
        let (code, errors) = train(home.path(), environment, &["--preset", preset, "--batch-size", "500"]);
        assert_eq!(code, Some(0), "{errors}");
        run(home.path()).manifest().unwrap().summary.weights_hash
    };
    for preset in ["cnn", "dnn"] {
        assert_eq!(hash(&[], preset), hash(&[("STAND_IN_REVERSED", "1")], preset), "{preset}");
    }
}

/// The calls of a kind while a run trains this many epochs.
fn calls(preset: &str, epochs: &str) -> impl Fn(&str) -> u64 {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("counts");
    let counts = [("STAND_IN_COUNTS", file.to_str().unwrap())];
    let more = ["--preset", preset, "--batch-size", "1000", "--epochs", epochs, "--foreground"];
    let arguments = ["train", "--data", "built-in", "--device", "cuda"];
    let output = program(home.path(), &counts, &[&arguments[..], &more].concat());
    assert!(output.status.success(), "{output:?}");
    let counts = std::fs::read_to_string(file).unwrap();
    move |kind| {
        let count = counts.lines().find_map(|line| line.strip_prefix(&format!("{kind} ")));
        count.map_or(0, |count| count.parse().unwrap())
    }
}

#[test]
fn a_step_takes_two_launches_or_three_and_nothing_else() {
    for (preset, per_step, per_evaluation) in [("cnn", 2, 3), ("dnn", 3, 4)] {
        let (one, three) = (calls(preset, "1"), calls(preset, "3"));
        assert_eq!(one("allocate"), three("allocate"), "{preset}");
        // Each of two more epochs has 6 steps, a preparation and an evaluation.
        let launches = three("launch") - one("launch");
        assert_eq!(launches, 2 * (6 * per_step + 1 + per_evaluation), "{preset}");
    }
}
