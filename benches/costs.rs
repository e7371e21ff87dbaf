//! Overhead of the journal and of a watching dashboard, in alternating turns with and without, within one run:
//! `cargo bench --bench costs`. Needs the Debian package `dataset-fashion-mnist`; takes nine minutes.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark, run by hand"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cnn_tui::data::Dataset;
use cnn_tui::run::Command::Stop;
use cnn_tui::run::{
    Checkpoint, CheckpointName, DeviceChoice, EpochReport, Event, JournalEntry, JournalReader, JournalWriter,
    RunConfig, Store,
};
use cnn_tui::train::{ControlMsg, Session, TrainingHost, train};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// The same allocator as in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cnn-tui");
/// Epochs per turn: few, so that a machine that slows down affects both sides.
const TURN: usize = 3;
/// Turns of each kind.
const TURNS: usize = 40;

fn main() {
    Costs::of_the_journal().print("journal with the loss of every step, written by the training thread");
    Costs::of_watching().print("watching dashboard of 120 x 36, all cores in use");
}

/// Seconds per epoch, with and without the feature.
#[derive(Default)]
struct Costs {
    with: Vec<f64>,
    without: Vec<f64>,
}

impl Costs {
    fn add(&mut self, with: bool, seconds: f64) {
        if with { &mut self.with } else { &mut self.without }.push(seconds);
    }

    /// Compares the fastest tenth of the epochs: other load only ever makes an epoch slower, and on a shared machine by
    /// far more than the effect measured here.
    fn print(mut self, what: &str) {
        let [with, without] = [&mut self.with, &mut self.without].map(|seconds| {
            seconds.sort_by(f64::total_cmp);
            let fastest = &seconds[..seconds.len().div_ceil(10)];
            fastest.iter().sum::<f64>() / fastest.len() as f64
        });
        println!(
            "{what}: {:+.2} % (an epoch {with:.4} s, without {without:.4} s: the fastest tenth of {} each)",
            (with / without - 1.0) * 100.0,
            self.with.len(),
        );
    }

    fn of_the_journal() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal = JournalWriter::open(&directory.path().join("metrics.jsonl")).unwrap();
        let data = Dataset::open(Path::new("/usr/share/datasets/fashion-mnist"))
            .expect("Debian's package dataset-fashion-mnist");
        let config = RunConfig { epochs: u32::MAX, device: DeviceChoice::Cpu, ..RunConfig::default() };
        let mut session = Session::new(config, Arc::new(data), 1).unwrap();
        let start = Instant::now();
        let mut writer = Writer { journal, start, epoch: start, epochs: 0, costs: Self::default() };
        train(&mut session, &mut writer).unwrap();
        writer.costs
    }

    fn of_watching() -> Self {
        let home = tempfile::tempdir().unwrap();
        let environment = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "CNN_TUI_RUNS"];
        let environment = environment.map(|name| (name, home.path().join(name)));
        let mut trainer = Command::new(PROGRAM)
            .args(["train", "--foreground", "--epochs", "100000"])
            .envs(environment.iter().map(|(name, path)| (name, path)))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let runs = Store::open(home.path().join("CNN_TUI_RUNS"));
        let run = loop {
            if let Some(run) = runs.list().into_iter().find_map(cnn_tui::run::Listing::run) {
                break run.dir;
            }
            assert!(trainer.try_wait().unwrap().is_none(), "the trainer has ended");
            thread::sleep(Duration::from_millis(20));
        };
        let mut dashboard = Dashboard::start(home.path(), &environment);
        let pid = dashboard.process.process_id().and_then(|pid| Pid::from_raw(pid.cast_signed())).unwrap();
        let mut journal = run.journal_reader();
        let mut costs = Self::default();
        for turn in 0..2 * TURNS {
            // A process stopped by a signal costs nothing, and continues without a restart.
            let with = turn % 2 == 1;
            kill_process(pid, if with { Signal::CONT } else { Signal::STOP }).unwrap();
            // Skip the first epoch, which is incomplete, and the second, in which the dashboard catches up.
            let ends = epochs(&mut journal, 2 + TURN);
            ends.windows(2).skip(1).for_each(|pair| costs.add(with, pair[1] - pair[0]));
        }
        dashboard.process.kill().unwrap();
        dashboard.process.wait().unwrap();
        trainer.kill().unwrap();
        trainer.wait().unwrap();
        costs
    }
}

/// A dashboard in a terminal whose output is discarded.
struct Dashboard {
    process: Box<dyn Child + Send + Sync>,
    _terminal: Box<dyn MasterPty + Send>,
    _keys: Box<dyn Write + Send>,
}

impl Dashboard {
    /// Starts a dashboard that shows the training run.
    fn start(home: &Path, environment: &[(&str, PathBuf)]) -> Self {
        let size = PtySize { rows: 36, cols: 120, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.env("TERM", "xterm-256color");
        command.cwd(home);
        for (name, path) in environment {
            command.env(name, path);
        }
        let process = pair.slave.spawn_command(command).unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        // Enter on the start screen opens the training run.
        thread::sleep(Duration::from_secs(1));
        let mut keys = pair.master.take_writer().unwrap();
        keys.write_all(b"\r").unwrap();
        thread::sleep(Duration::from_secs(1));
        Self { process, _terminal: pair.master, _keys: keys }
    }
}

/// The active seconds at the ends of the next `count` epochs.
fn epochs(journal: &mut JournalReader, count: usize) -> Vec<f64> {
    let mut seconds = Vec::new();
    while seconds.len() < count {
        let ends = journal.poll().unwrap().entries.into_iter().filter_map(|manifest| match manifest.event {
            Event::Epoch(EpochReport { active_seconds, .. }) => Some(active_seconds),
            _ => None,
        });
        seconds.extend(ends);
        thread::sleep(Duration::from_millis(20));
    }
    seconds
}

/// Writes the events of every other epoch to a journal.
struct Writer {
    journal: JournalWriter,
    start: Instant,
    /// Start of the current epoch.
    epoch: Instant,
    epochs: usize,
    costs: Costs,
}

impl TrainingHost for Writer {
    fn report(&mut self, event: Event) {
        let with = self.epochs % 2 == 1;
        let ended = matches!(event, Event::Epoch(_));
        if with {
            self.journal.append(&[JournalEntry { time: self.now().as_secs_f64(), event }]).unwrap();
        }
        if ended {
            // The first two epochs warm up the caches.
            if self.epochs > 1 {
                self.costs.add(with, self.epoch.elapsed().as_secs_f64());
            }
            self.epochs += 1;
            self.epoch = Instant::now();
        }
    }

    fn save(&mut self, _: Vec<CheckpointName>, _: Checkpoint) {}

    fn save_latest(&mut self, _: Checkpoint) {}

    fn try_next(&mut self) -> Option<ControlMsg> {
        (self.epochs > 2 * TURNS + 1).then_some(ControlMsg::Command(Stop))
    }

    fn wait(&mut self) -> Option<ControlMsg> {
        None
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}
