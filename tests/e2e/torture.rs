//! Trainers killed at random moments, again and again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use cnn_tui::nn::{SeededRng, StreamId};
use cnn_tui::run::{
    Checkpoint, CheckpointName, EpochReport, Event, JournalReader, RunDir, RunStatus, StepBatch, TrainState,
};

use crate::world::{PROGRAM, Run, World, wait_for};

/// Number of kills, unless the variable `CNN_TUI_KILLS` is set.
const KILLS: usize = 12;
/// Maximum lifetime of a trainer in seconds: twice what it may lose.
const LONGEST: f32 = 2.0;

/// The result of a run, without times.
#[derive(PartialEq)]
struct Result {
    checkpoint: Checkpoint,
    losses: Vec<(u64, u32)>,
    epochs: Vec<(u32, u64, u64)>,
}

impl Result {
    /// Reads it, and with it every file of the run.
    fn of(dir: &RunDir) -> Self {
        let last = Checkpoint::read(&dir.checkpoint_path(CheckpointName::Last)).unwrap();
        let progress = TrainState { created: None, active_seconds: 0.0, ..last.progress.clone() };
        let (mut losses, mut epochs) = (Vec::new(), Vec::new());
        for event in events(dir) {
            match event {
                Event::Steps(StepBatch { first, losses: more, .. }) => {
                    losses.extend((first..).zip(more.into_iter().map(f32::to_bits)));
                }
                Event::Epoch(EpochReport { epoch, test_loss, test_accuracy, .. }) => {
                    epochs.push((epoch, test_loss.to_bits(), test_accuracy.to_bits()));
                }
                other => {
                    assert!(!matches!(other, Event::Rewound { .. }), "{other:?}: steps came out differently");
                }
            }
        }
        Self { checkpoint: Checkpoint { progress, ..last }, losses, epochs }
    }
}

/// The whole journal, of which every line must be a record.
fn events(dir: &RunDir) -> Vec<Event> {
    let mut reader: JournalReader = dir.journal_reader();
    let mut events = Vec::new();
    loop {
        let batch = reader.poll().unwrap();
        events.extend(batch.entries.into_iter().map(|entry| entry.event));
        assert_eq!((reader.damaged(), reader.unknown_events()), (0, 0));
        if batch.caught_up {
            return events;
        }
    }
}

/// Every file that a killed trainer left can be read.
fn check_files(dir: &RunDir) {
    dir.manifest().unwrap();
    events(dir);
    let checkpoints = dir.path().join("checkpoints");
    for entry in std::fs::read_dir(checkpoints).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "safetensors") {
            Checkpoint::read(&path).unwrap();
        }
    }
}

fn create(world: &World, name: &str) -> RunDir {
    let arguments = ["train", "--foreground", "--preset", "dnn", "--data", "built-in", "--threads", "1"];
    let mut command = world.command(PROGRAM);
    command.args(arguments).args(["--epochs", "8", "--name", name]);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let is_it = |run: &Run| run.manifest().name == name;
    let run = wait_for("the run", || world.runs().into_iter().find(is_it));
    let dir = run.dir().clone();
    child.kill().unwrap();
    child.wait().unwrap();
    dir
}

fn trainer(world: &World, dir: &Path) -> Command {
    let mut command = world.command(PROGRAM);
    command.arg("trainer").arg(dir).stdout(Stdio::null());
    command
}

#[test]
fn killed_and_resumed_runs_end_bit_for_bit_like_uninterrupted_ones() {
    let kills = std::env::var("CNN_TUI_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let world = World::bare();
    let calm = create(&world, "calm");
    assert!(trainer(&world, calm.path()).status().unwrap().success());
    let want = Result::of(&calm);
    let steps = want.losses.len() as u64;
    assert!(want.losses.iter().map(|(step, _)| *step).eq(1..=steps), "each step once");

    let mut delays = SeededRng::new(kills as u64).stream(StreamId::Weights(0), 0);
    let (mut killed, mut runs) = (0, 0);
    while killed < kills {
        runs += 1;
        let dir = create(&world, &format!("tortured-{runs}"));
        let mut kills_of_run = 0;
        loop {
            let mut child = trainer(&world, dir.path()).spawn().unwrap();
            // How long it lives is what is tried here. After the last kill it may end in peace.
            if killed < kills {
                thread::sleep(Duration::from_secs_f32(delays.unit() * LONGEST));
                child.kill().unwrap();
            }
            let status = child.wait().unwrap();
            if status.success() {
                break;
            }
            assert_eq!(status.code(), None, "killed, and not failed");
            (killed, kills_of_run) = (killed + 1, kills_of_run + 1);
            check_files(&dir);
        }
        let manifest = dir.manifest().unwrap();
        assert_eq!(manifest.status, RunStatus::Finished);
        assert!(manifest.pauses.len() <= kills_of_run + 1, "{:?}", manifest.pauses);
        assert!(manifest.pauses.iter().all(|pause| pause.to.is_some_and(|to| to >= pause.from)));
        assert!(Result::of(&dir) == want, "run {runs}, killed {kills_of_run} times, ended differently");
    }
    eprintln!("{killed} kills over {runs} runs of {steps} steps");
}
