//! Changing settings during training, forks, and the record of pauses.

use cnn_tui::run::{Change, Event, PauseReason, RunStatus, StepBatch};
use rustix::process::{Signal, kill_process};

use crate::terminal::key::ENTER;
use crate::world::{World, wait_for};

const BACKSPACE: &str = "\u{7f}";

#[test]
fn learning_rate_changes_during_training_and_survives_a_crash() {
    let world = World::new();
    let mut terminal = world.terminal(&["train"], (120, 36));
    terminal.wait_for_text("training");
    let run = world.run();
    run.wait_for_step_after(0);

    terminal.press("e");
    terminal.wait_for_text("from its next step");
    terminal.press(BACKSPACE);
    terminal.press("3x");
    terminal.press(ENTER);
    terminal.wait_for_text("learning-rate must be a number (got 0.03x)");
    terminal.press(BACKSPACE);
    terminal.press(ENTER);
    let change = Change { learning_rate: Some(0.03), ..Change::default() };
    let changed = run.wait_for("the change", |event| matches!(event, Event::Changed { .. }));
    let Event::Changed { step, change: recorded, .. } = changed else { unreachable!() };
    assert_eq!(recorded, change);
    let rate_of = |event: &Event| match event {
        Event::Steps(StepBatch { first, learning_rate, .. }) if *first > step => Some(*learning_rate),
        _ => None,
    };
    let rate = wait_for("a step with it", || run.events().iter().find_map(rate_of));
    assert!((rate - 0.03).abs() < 1e-6, "{rate}");
    terminal.wait_for_text("sgd 0.01→0.03 @");

    // The next trainer uses it, too.
    run.kill_trainer();
    terminal.wait_for_text("interrupted");
    terminal.press("r");
    terminal.wait_for_text("training");
    let last = run.wait_for_step_after(run.step());
    let rates = run.events().into_iter().filter_map(|event| rate_of(&event));
    assert!(rates.into_iter().all(|rate| (rate - 0.03).abs() < 1e-6), "up to step {last}");
    let is_change = |event: &&Event| matches!(event, Event::Changed { .. });
    assert_eq!(run.events().iter().filter(is_change).count(), 1, "recorded once");
}

#[test]
fn fork_continues_from_a_checkpoint_with_changed_settings() {
    let world = World::bare();
    let train = ["train", "--foreground", "--preset", "dnn", "--data", "built-in", "--threads", "1"];
    let ended = world.process(&[&train[..], &["--epochs", "2", "--name", "parent"]].concat()).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let fork = ["fork", "parent", "--from", "epoch-001", "--lr", "0.001", "--epochs", "3", "--foreground"];
    let ended = world.process(&[&fork[..], &["--name", "child"]].concat()).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("[3] Test Loss") && !ended.out.contains("[1] Test Loss"), "{ended:?}");

    let find = |name| world.runs().into_iter().find(|run| run.manifest().name == name).unwrap();
    let (parent, child) = (find("parent"), find("child"));
    let manifest = child.manifest();
    assert_eq!(manifest.parent.as_ref().unwrap().as_str(), parent.id());
    assert_eq!((manifest.status, manifest.summary.epoch), (RunStatus::Finished, 3));
    // Its curve is whole, and its parent's as long as they are one.
    let steps = |run: &crate::world::Run| -> Vec<(u64, f32)> {
        let of = |event| match event {
            Event::Steps(StepBatch { first, losses, .. }) => (first..).zip(losses).collect(),
            _ => Vec::new(),
        };
        run.events().into_iter().flat_map(of).collect()
    };
    let (before, after) = (steps(&parent), steps(&child));
    let per_epoch = before.len() / 2;
    assert!(after.iter().map(|(step, _)| *step).eq(1..=3 * per_epoch as u64));
    assert_eq!(after[..=per_epoch], before[..=per_epoch], "the first step's loss is from before the change");
    assert_ne!(after[per_epoch + 1], before[per_epoch + 1]);

    let nothing = world.process(&["fork", "parent", "--from", "epoch-009", "--foreground"]).end();
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.err.contains("epoch-009"), "{nothing:?}");
    assert_eq!(world.runs().len(), 2);
}

#[test]
fn signals_save_or_stop_and_pauses_are_recorded() {
    let world = World::new();
    let mut process = world.process(&["train", "--headless"]);
    process.wait_for_text("Train Epoch: 1");
    let run = world.run();
    let send = |signal| kill_process(run.trainer().unwrap(), signal).unwrap();

    send(Signal::USR1);
    run.wait_for("a checkpoint", |event| matches!(event, Event::Checkpoint { .. }));
    // Nobody who only hangs up stops it.
    send(Signal::HUP);
    run.wait_for_step_after(run.step());

    send(Signal::TERM);
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
    let manifest = run.manifest();
    let [pause] = &manifest.pauses[..] else { unreachable!("{:?}", manifest.pauses) };
    assert_eq!((pause.reason, pause.to), (PauseReason::Signal, None));
    assert_eq!(pause.step, manifest.summary.step);

    let mut again = world.process(&["resume", run.name(), "--headless"]);
    again.wait_for_text("Train Epoch: 1");
    run.wait_for_step_after(pause.step);
    let manifest = run.manifest();
    let resumed = &manifest.pauses[0];
    assert_eq!(resumed.resumed_step, Some(pause.step));
    assert!(resumed.before.is_some() && resumed.before == resumed.after, "{resumed:?}");
    assert!(resumed.to.unwrap() >= resumed.from);
}
