//! Training without the dashboard.

use cnn_tui::run::{EpochReport, Event, RunStatus, StepBatch, TrainerInfo};
use rustix::process::Signal;

use crate::lines::{self, assert_are};
use crate::process::Process;
use crate::terminal::key::CTRL_C;
use crate::world::{PROGRAM, Run, World, wait_for};

/// The fully connected network on the built-in images: 94 steps per epoch.
const TRAIN: &[&str] = &["train", "--preset", "dnn", "--data", "built-in", "--threads", "1"];

fn train(more: &[&'static str]) -> Vec<&'static str> {
    [TRAIN, more].concat()
}

#[test]
fn headless_prints_only_progress_lines() {
    let world = World::bare();
    let ended = world.process(&train(&["--headless", "--epochs", "2"])).end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let expected = [lines::first(1, 6000), lines::test(1), lines::first(2, 6000), lines::test(2)];
    assert_are(&ended.out, &expected);

    let run = world.run();
    let manifest = run.manifest();
    assert_eq!(
        (manifest.status, manifest.summary.epoch, manifest.summary.step),
        (RunStatus::Finished, 2, 188)
    );
    assert_eq!(manifest.provenance.dataset.unwrap().description, "fashion-mnist 6,000 (built in)");
    let log = std::fs::read_to_string(run.dir().trainer_log()).unwrap();
    assert_eq!(log, ended.out, "the trainer's log has the same lines");
}

#[test]
fn foreground_prints_progress_from_a_single_process() {
    let world = World::bare();
    let mut process = world.process(&train(&["--foreground", "--epochs", "1", "--batch-size", "16"]));
    process.wait_for_text("Train Epoch: 1 [0/6000 (0%)]");
    assert_eq!(world.run().trainer(), Some(process.pid()));
    let ended = process.end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_are(&ended.out, &[lines::first(1, 6000), lines::line(1, 3200, 6000, 53), lines::test(1)]);
    assert_eq!(world.run().wait_for_end(), RunStatus::Finished);
}

#[test]
fn interrupted_run_is_saved_and_resumes_at_the_same_step() {
    let world = World::bare();
    let mut terminal = world.terminal(&train(&["--headless", "--epochs", "3"]), (160, 24));
    terminal.wait_for_text("Train Epoch: 1 [0/6000 (0%)]");
    terminal.press(CTRL_C);
    let ended = terminal.end();
    let run = world.run();
    assert_eq!(ended.code, 1);
    let message = format!("cnn-tui: stopped and saved; run `cnn-tui resume {}` to continue", run.id());
    assert!(ended.screen.contains(&message), "{}", ended.screen);
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
    let first = run.step();
    assert!(first < 282, "it was stopped too late");

    // By the name, and with the message where messages belong.
    let process = world.process(&["resume", run.name(), "--headless"]);
    run.wait_for_step_after(first);
    process.signal(Signal::INT);
    let ended = process.end();
    assert_eq!((ended.code, ended.err), (Some(1), message + "\n"));
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
    let second = run.step();
    assert!(second < 282, "it was stopped too late");

    let ended = world.process(&["resume", run.id(), "--headless"]).end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(ended.out.contains("[3] Test Loss: "), "{}", ended.out);
    assert_eq!(run.wait_for_end(), RunStatus::Finished);
    assert_eq!(starts(&run), [0, first, second]);
    assert_eq!(gaps(&run), Vec::<(u64, u64)>::new());
    assert_eq!(run.step(), 282);
    let epochs = run.events().into_iter().filter_map(|event| match event {
        Event::Epoch(EpochReport { epoch, step, .. }) => Some((epoch, step)),
        _ => None,
    });
    assert_eq!(epochs.collect::<Vec<_>>(), [(1, 94), (2, 188), (3, 282)]);

    let ended = world.process(&["resume", run.id(), "--headless"]).end();
    assert_eq!(ended.code, Some(2));
    let message = format!(
        "cnn-tui: {} has finished after 3 epochs; run `cnn-tui fork {} --epochs N` to train a copy for longer\n",
        run.name(),
        run.name()
    );
    assert_eq!(ended.err, message);
}

#[test]
fn foreground_stops_on_hangup() {
    let world = World::bare();
    let mut terminal = world.terminal(&train(&["--foreground", "--epochs", "1000"]), (160, 24));
    terminal.wait_for_text("Train Epoch: 1 ");
    let run = world.run();
    assert_eq!(run.trainer(), Some(terminal.pid()));
    terminal.hang_up();
    terminal.end();
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);

    let mut terminal = world.terminal(&["resume", run.id(), "--foreground"], (160, 24));
    wait_for("the second start", || (starts(&run).len() == 2).then_some(()));
    run.wait_for_step_after(run.step());
    terminal.press(CTRL_C);
    let ended = terminal.end();
    assert_eq!(ended.code, 1);
    assert!(
        ended.screen.contains(&format!("run `cnn-tui resume {}` to continue", run.id())),
        "{}",
        ended.screen
    );
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
}

#[test]
fn interrupt_before_the_first_step_stops_the_run() {
    let world = World::bare();
    let process = world.process(&train(&["--headless", "--epochs", "100"]));
    let run = world.run();
    let log = run.dir().trainer_log();
    wait_for("the trainer's log", || log.exists().then_some(()));
    process.signal(Signal::INT);
    let ended = process.end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains(&format!("run `cnn-tui resume {}` to continue", run.id())), "{}", ended.err);
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
    assert!(run.step() < 94);
}

#[test]
fn resume_rejects_a_run_that_is_training() {
    let world = World::new();
    let mut process = world.process(&["train", "--headless"]);
    process.wait_for_text("Train Epoch: 1");
    let run = world.run();
    let rejected = world.process(&["resume", run.id(), "--headless"]).end();
    assert_eq!((rejected.code, rejected.out.as_str()), (Some(2), ""));
    let message = [run.name(), "already has a trainer", "run `cnn-tui` to open it"];
    assert!(message.iter().all(|part| rejected.err.contains(part)), "{}", rejected.err);
    process.signal(Signal::TERM);
    assert_eq!(process.end().code, Some(1));
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
}

#[test]
fn closed_output_pipe_does_not_stop_training() {
    let world = World::bare();
    let command = "\"$@\" | head -n 1";
    let arguments = train(&["--headless", "--epochs", "2"]);
    let mut shell = world.command("sh");
    shell.args(["-c", command, "sh", PROGRAM]).args(arguments);
    let ended = Process::start(shell).end();
    assert_eq!(ended.err, "");
    assert_are(&ended.out, &[lines::first(1, 6000)]);
    let run = world.run();
    assert_eq!(run.wait_for_end(), RunStatus::Finished, "the run continues without a reader");
    assert_eq!(run.step(), 188);
}

/// The steps at which trainers of this run started.
fn starts(run: &Run) -> Vec<u64> {
    let step = |event| if let Event::Started(TrainerInfo { step, .. }) = event { Some(step) } else { None };
    run.events().into_iter().filter_map(step).collect()
}

/// Gaps in the steps of the journal: the expected step and the actual one.
fn gaps(run: &Run) -> Vec<(u64, u64)> {
    let mut due = 1;
    let mut gaps = Vec::new();
    for event in run.events() {
        if let Event::Steps(StepBatch { first, losses, .. }) = event {
            if first != due {
                gaps.push((due, first));
            }
            due = first + losses.len() as u64;
        }
    }
    gaps
}
