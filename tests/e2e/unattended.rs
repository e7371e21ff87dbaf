//! Unattended runs: divergence, failing output, limits, and the queue after a crash.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use cnn_tui::run::{Event, PauseReason, RunStatus, StateName};
use portable_pty::CommandBuilder;
use rustix::process::{Signal, getuid, kill_process};
use serde_json::Value;

use crate::process::Process;
use crate::terminal::key::CTRL_C;
use crate::world::{PROGRAM, Run, World, skip, wait_for};

const TRAIN: [&str; 7] = ["train", "--preset", "dnn", "--data", "built-in", "--threads", "1"];

fn train(more: &[&'static str]) -> Vec<&'static str> {
    [&TRAIN[..], more].concat()
}

/// A shell with this script.
fn shell(world: &World, script: &str) -> Command {
    let mut command = world.command("bash");
    command.args(["-c", script]).env("P", PROGRAM);
    command
}

fn state(run: &Run) -> StateName {
    let (manifest, state) = run.dir().read().unwrap();
    state.name(&manifest)
}

#[test]
fn a_run_that_diverges_ends_unattended_runs_and_keeps_its_last_good_checkpoint() {
    for how in ["--headless", "--foreground"] {
        let world = World::bare();
        let ended = world.process(&train(&[how, "--lr", "1e30"])).end();
        assert_eq!(ended.code, Some(3), "{how}: {ended:?}");
        let run = world.run();
        for part in
            ["diverged at step", "last good checkpoint is kept", &format!("cnn-tui fork {}", run.name())]
        {
            assert!(ended.err.contains(part), "{how}: {ended:?}");
        }
        wait_for("the trainer's end", || run.trainer().is_none().then_some(()));
        assert_eq!(state(&run), StateName::Diverged);
        run.dir().checkpoint(cnn_tui::run::CheckpointName::Last).unwrap();

        // The same word everywhere.
        let printed = |arguments: &[&str]| world.process(arguments).end().out;
        assert!(printed(&["runs"]).contains(" diverged "));
        assert!(printed(&["runs", "-q", "state = diverged"]).contains(run.id()));
        assert!(printed(&["runs", "show", run.name()]).contains("state            diverged"));
        assert!(printed(&["runs", "export", run.name(), "--what", "summary"]).contains(",diverged,"));
    }
}

#[test]
fn the_queue_continues_after_a_run_that_diverged() {
    let world = World::bare();
    let sweep = ["sweep", "lr=1e30,0.01", "--epochs", "1", "--preset", "dnn", "--data", "built-in"];
    assert_eq!(world.process(&sweep).end().code, Some(0));
    let queue = || -> Value { serde_json::from_str(&world.process(&["queue", "--json"]).end().out).unwrap() };
    let has_ended = |run: &Run| [StateName::Diverged, StateName::Finished].contains(&state(run));
    wait_for("the end of both", || world.runs().iter().all(has_ended).then_some(()));
    wait_for("the worker's end", || (queue()["has_worker"] == false).then_some(()));
    let mut states: Vec<_> = world.runs().iter().map(state).collect();
    states.sort_unstable();
    assert_eq!(states, [StateName::Diverged, StateName::Finished]);
    assert!(world.runs().iter().all(|run| run.trainer().is_none()), "no process is left");
}

#[test]
fn a_run_that_diverges_before_a_dashboard_waits() {
    let world = World::bare();
    let mut terminal = world.terminal(&train(&["--lr", "1e30"]), (100, 30));
    terminal.wait_for_text("diverged");
    let run = world.run();
    let is_diverged = |event: &Event| matches!(event, Event::Paused { reason: PauseReason::Diverged, .. });
    run.wait_for("the pause", is_diverged);
    assert!(run.dir().is_watched() && run.trainer().is_some());
    terminal.press("q");
    terminal.wait_for_text("stop");
    terminal.press("s");
    terminal.end();
    run.wait_for_end();
    assert_eq!(state(&run), StateName::Diverged);
}

#[test]
fn failing_output_is_an_error_that_says_whether_the_run_continues() {
    let world = World::bare();
    let into_full = |arguments: &[&'static str]| {
        let mut command = world.command(PROGRAM);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        command.args(train(arguments)).stdout(full);
        Process::start_into(command).end()
    };
    let ended = into_full(&["--headless", "--epochs", "500"]);
    let run = world.run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let name = run.name();
    assert!(
        ended.err.contains(&format!(
            "cannot write output: No space left on device (os error 28); {name} is still training"
        )),
        "{ended:?}"
    );
    kill_process(run.trainer().unwrap(), Signal::TERM).unwrap();
    run.wait_for_end();

    let ended = into_full(&["--foreground", "--epochs", "1"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("cannot write output: ") && ended.err.contains(" is finished"), "{ended:?}");
}

/// Ctrl-C also ends `tee`, so that the pipe closes at the same moment.
#[test]
fn a_stop_is_not_lost_when_the_pipe_closes_with_it() {
    for delay in [0, 30, 80, 150, 300] {
        let world = World::bare();
        let mut command = CommandBuilder::new("bash");
        let train = train(&["--headless", "--epochs", "5000"]).join(" ");
        command.args(["-c", &format!("'{PROGRAM}' {train} | tee log; sleep 0.1; echo done")]);
        let mut terminal = world.terminal_with(command, (120, 30));
        let run = world.run();
        // At different moments of the start: there is no condition to wait for.
        std::thread::sleep(std::time::Duration::from_millis(delay));
        terminal.press(CTRL_C);
        terminal.end();
        wait_for("the trainer's end", || run.trainer().is_none().then_some(()));
        // Nothing trains that would start again.
        assert_ne!(run.manifest().status, RunStatus::Running, "after {delay} ms");
    }
}

#[test]
fn a_closed_pipe_is_quiet_for_every_format() {
    let world = World::bare();
    for format in ["csv", "json", "markdown"] {
        let script = format!(
            "set -o pipefail; \"$P\" runs export cnn-reference --what steps --format {format} | head -n 1 > /dev/null"
        );
        let ended = Process::start(shell(&world, &script)).end();
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn the_queue_returns_to_a_run_that_was_interrupted_with_it() {
    let world = World::new();
    assert_eq!(world.process(&["sweep", "seed=1..2"]).end().code, Some(0));
    let first = wait_for("the first run", || world.runs().into_iter().find(|run| run.trainer().is_some()));
    first.wait_for_start();
    first.wait_for_step_after(5);
    // As after a power failure: the worker and the trainer are gone.
    let holder = fs::read_to_string(world.runs_dir().join(".queue.lock")).unwrap();
    let holder: Value = serde_json::from_str(&holder).unwrap();
    let worker =
        rustix::process::Pid::from_raw(i32::try_from(holder["pid"].as_i64().unwrap()).unwrap()).unwrap();
    kill_process(worker, Signal::KILL).unwrap();
    first.kill_trainer();
    wait_for("the interruption", || (state(&first) == StateName::Interrupted).then_some(()));

    assert_eq!(world.process(&["queue", "resume"]).end().code, Some(0));
    wait_for("the same run", || first.trainer());
    assert_eq!(world.runs().iter().filter(|run| run.trainer().is_some()).count(), 1);
    world.process(&["queue", "empty"]).end();
}

#[test]
fn a_run_that_cannot_start_for_want_of_files_has_failed() {
    let world = World::bare();
    for limit in [8, 9, 10, 11, 12] {
        let train = train(&["--headless", "--epochs", "1"]).join(" ");
        Process::start(shell(&world, &format!("ulimit -n {limit}; exec \"$P\" {train}"))).end();
    }
    for run in world.runs() {
        assert!([StateName::Failed, StateName::Finished].contains(&state(&run)), "{:?}", run.manifest());
    }
}

#[test]
fn a_limit_of_the_file_size_is_like_a_full_disk() {
    let world = World::bare();
    let train = train(&["--foreground", "--epochs", "5000"]).join(" ");
    let trainer = Process::start(shell(&world, &format!("ulimit -f 512; exec \"$P\" {train}")));
    let run = world.run();
    wait_for("waiting", || (state(&run) == StateName::Waiting).then_some(()));
    trainer.signal(Signal::TERM);
    let ended = trainer.end();
    assert!(ended.code.is_some(), "no signal ended it: {ended:?}");
    assert!(ended.err.contains("File too large"), "{ended:?}");

    let mut command = CommandBuilder::new("bash");
    command.args(["-c", &format!("ulimit -f 1; exec '{PROGRAM}'")]);
    let mut terminal = world.terminal_with(command, (100, 30));
    terminal.wait_for_text("show all runs");
    terminal.press("2");
    terminal.press("v");
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);
    terminal.assert_restored();
}

#[test]
fn a_user_without_a_home_needs_only_a_runs_directory() {
    if !getuid().is_root() {
        skip("only root can become a user without an account");
        return;
    }
    let world = World::bare();
    let runs = world.path().join("theirs");
    fs::create_dir(&runs).unwrap();
    for dir in [world.path(), &runs] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.env_clear().uid(54_321).gid(54_321).current_dir("/").args(arguments).arg("--runs").arg(&runs);
        command.stdin(Stdio::null());
        Process::start(command).end()
    };
    let program_is_reachable = run(&["--version"]).code == Some(0);
    if !program_is_reachable {
        skip("another user cannot run the program where it is");
        return;
    }
    for arguments in [
        &train(&["--headless", "--epochs", "1", "--name", "mine"])[..],
        &["runs"],
        &["runs", "show", "mine"],
        &["runs", "export", "mine"],
        &["queue"],
        &["data", "show", "--count", "0"],
        &["summary"],
        &["snapshot", "mine"],
    ] {
        let ended = run(arguments);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
