//! Killed trainers and damaged checkpoints.

use std::fs;

use cnn_tui::run::{CheckpointName, Event, RunStatus, TrainerInfo};

use crate::terminal::key::ENTER;
use crate::world::World;

#[test]
fn killed_trainer_is_shown_as_interrupted_and_resumes() {
    let world = World::new();
    let mut terminal = world.terminal(&["train"], (120, 36));
    terminal.wait_for_text("training");
    let run = world.run();
    // Save a checkpoint to resume from.
    terminal.press("c");
    run.wait_for("a checkpoint", |event| matches!(event, Event::Checkpoint { .. }));
    run.kill_trainer();
    terminal.wait_for_text("interrupted");
    assert_eq!(run.manifest().status, RunStatus::Running, "a killed trainer cannot record its end");

    terminal.press("2");
    // The table cuts long names.
    let name: String = run.name().chars().take(12).collect();
    let is_row = |line: &str| line.contains("interrupted ") && line.contains(&name);
    terminal.wait_for("the row", |screen| screen.contains("─ runs ─") && screen.lines().any(is_row));
    terminal.press(ENTER);
    let screen = terminal.wait_for("the run", |screen| screen.contains("─ loss "));
    assert!(screen.contains("interrupted") && screen.contains("r resume"), "{screen}");

    terminal.press("r");
    terminal.wait_for_text("training");
    let again = |event: &Event| matches!(event, Event::Started(TrainerInfo { step, .. }) if *step > 0);
    let Event::Started(TrainerInfo { step, .. }) = run.wait_for("the second start", again) else {
        unreachable!()
    };
    run.wait_for_step_after(step);
    assert_eq!(run.manifest().status, RunStatus::Running);
}

#[test]
fn headless_reports_a_killed_trainer() {
    let world = World::new();
    let mut process = world.process(&["train", "--headless"]);
    process.wait_for_text("Train Epoch: 1");
    let run = world.run();
    run.kill_trainer();
    let ended = process.end();
    assert_eq!(ended.code, Some(1));
    let log = run.dir().trainer_log();
    let message =
        format!("cnn-tui: the trainer exited unexpectedly (signal: 9 (SIGKILL)); see {}\n", log.display());
    assert_eq!(ended.err, message);
    assert_eq!(run.dir().read().unwrap().1.status, RunStatus::Interrupted);
}

/// A run of two epochs of four, stopped.
fn stopped(world: &World) -> crate::world::Run {
    let train = ["train", "--foreground", "--preset", "dnn", "--data", "built-in", "--epochs", "2"];
    let ended = world.process(&train).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let run = world.run();
    let mut manifest = run.manifest();
    manifest.status = RunStatus::Stopped;
    manifest.config.epochs = 4;
    let _lock = run.dir().lock().unwrap();
    run.dir().write_manifest(&manifest).unwrap();
    run
}

#[test]
fn resume_rejects_a_missing_checkpoint() {
    let world = World::bare();
    let run = stopped(&world);
    let last = run.dir().checkpoint_path(CheckpointName::Last);
    fs::remove_file(&last).unwrap();
    let best = fs::read(run.dir().checkpoint_path(CheckpointName::Best)).unwrap();
    let ended = world.process(&["resume", run.name(), "--foreground"]).end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("last.safetensors") && ended.err.contains("No such file"), "{ended:?}");
    assert!(fs::read(run.dir().checkpoint_path(CheckpointName::Best)).unwrap() == best);
}

#[test]
fn resume_rejects_a_damaged_checkpoint_and_continues_from_another() {
    let world = World::bare();
    let run = stopped(&world);
    let last = run.dir().checkpoint_path(CheckpointName::Last);
    let mut bytes = fs::read(&last).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&last, &bytes).unwrap();
    let ended = world.process(&["resume", run.name(), "--foreground"]).end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let way_out = format!("run `cnn-tui resume {} --from epoch-002` to continue from there", run.name());
    assert!(ended.err.contains("damaged: checksum mismatch"), "{ended:?}");
    assert!(ended.err.contains(&way_out), "{ended:?}");
    assert!(fs::read(&last).unwrap() == bytes, "it stays as it was");

    let ended = world.process(&["resume", run.name(), "--from", "epoch-001", "--foreground"]).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let epochs: Vec<u32> = run.dir().history().unwrap().reports().map(|report| report.epoch).collect();
    assert_eq!((run.manifest().status, epochs), (RunStatus::Finished, vec![1, 2, 3, 4]));
}

#[test]
fn resume_rejects_a_checkpoint_of_another_run() {
    let world = World::bare();
    let run = stopped(&world);
    world.trained("other", &["--epochs", "1"]);
    let other = world.runs().into_iter().find(|other| other.id() != run.id()).unwrap();
    let last = |run: &crate::world::Run| run.dir().checkpoint_path(CheckpointName::Last);
    fs::copy(last(&other), last(&run)).unwrap();
    let ended = world.process(&["resume", run.name(), "--foreground"]).end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("last.safetensors: belongs to another run"), "{ended:?}");
}
