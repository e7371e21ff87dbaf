//! Time and memory of a dashboard with ten thousand runs, and of one with a run of five million steps:
//! `cargo bench --bench scale`. Creates the runs in a temporary directory first (350 MB).

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark, run by hand")]

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use cnn_tui::app::{App, Key, Msg, PresetInfo, Screen, update};
use cnn_tui::run::{
    DataInfo, EpochReport, Event, Follower, JournalEntry, Lister, NewRun, OptimizerSettings, Provenance,
    RunConfig, RunDir, RunId, RunManifest, RunStatus, StepBatch, Store, TrainerInfo,
};
use cnn_tui::ui::theme::{self, RenderTheme};
use cnn_tui::ui::{ColorDepth, Glyphs, View};
use jiff::Timestamp;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const RUNS: u32 = 10_000;
/// A day in 2026, as a Unix timestamp.
const DAY: i64 = 1_795_500_000;

/// The long run: its steps, steps per epoch, and steps per event.
const STEPS: u64 = 5_000_000;
const EPOCH: u64 = 938;
const REPORTED: u64 = 100;

fn main() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("runs");
    let store = Store::open(&root);
    let made = Instant::now();
    make_runs(&store);
    println!("{RUNS} runs, created in {:.1} s", made.elapsed().as_secs_f64());

    println!("\n| what | ms | at most |\n|-|-:|-:|");
    let start = Instant::now();
    let mut lister = Lister::new(store);
    while !lister.scan(Duration::MAX).finished {}
    row("reading all runs for the first time", start, None);
    // Directories that were written to a moment ago are read again.
    thread::sleep(Duration::from_secs(3));
    lister.scan(Duration::MAX);
    let start = Instant::now();
    lister.scan(Duration::MAX);
    row("listing them again", start, None);

    let mut app = app();
    let start = Instant::now();
    update(&mut app, Msg::Runs(lister.runs()));
    row("updating the table", start, None);
    app.screen = Screen::Runs;
    press(&mut app, "sorting by the next column", "o");
    press(&mut app, "sorting by preset", "o");
    press(&mut app, "grouping", "v");
    press(&mut app, "as forks", "v");
    press(&mut app, "flat", "v");
    update(&mut app, Msg::Key(Key::Char('/')));
    for character in "preset = cnn and best_acc > 0.5 and not tag:jun".chars() {
        update(&mut app, Msg::Key(Key::Char(character)));
    }
    press(&mut app, "a query's last letter", "k");
    let start = Instant::now();
    update(&mut app, Msg::Key(Key::Enter));
    row("the query", start, Some(50));
    let start = Instant::now();
    frame(&app);
    row("a frame of 120 x 36", start, Some(50));

    watch(home.path(), &root);
    open_long_run(home.path());
}

fn row(what: &str, start: Instant, limit: Option<u32>) {
    let limit = limit.map_or_else(String::new, |limit| limit.to_string());
    println!("| {what} | {:.1} | {limit} |", start.elapsed().as_secs_f64() * 1e3);
}

fn press(app: &mut App, what: &str, key: &str) {
    let start = Instant::now();
    for character in key.chars() {
        update(app, Msg::Key(Key::Char(character)));
    }
    row(what, start, Some(50));
}

fn app() -> App {
    let presets = ["cnn", "dnn"].map(|name| PresetInfo { name: name.to_owned(), about: String::new() });
    App::new(presets.into(), RunConfig::default(), 1)
}

fn frame(app: &App) {
    let themes = theme::load([]);
    let theme = RenderTheme::new(themes.first(), ColorDepth::TrueColor, Glyphs::Unicode);
    let mut cells = Buffer::empty(Rect::new(0, 0, 120, 36));
    View { app, theme: &theme }.draw(&mut cells);
}

/// Finished runs of forty epochs, with all data that a real one has.
fn make_runs(store: &Store) {
    let (config, provenance) = (RunConfig::default(), Provenance::default());
    let first = store.create(&NewRun::new(Timestamp::UNIX_EPOCH, 0, config, provenance)).unwrap();
    let first = first.manifest().unwrap();
    for number in 1..RUNS {
        let created = Timestamp::from_second(DAY + i64::from(number)).unwrap();
        let share = f64::from(number) / f64::from(RUNS);
        let config = RunConfig {
            preset: ["cnn", "dnn"][(number % 2) as usize].to_owned(),
            optimizer: OptimizerSettings::Sgd {
                learning_rate: 0.001 * f64::from(1 + number % 20),
                momentum: 0.5,
            },
            seed: u64::from(number % 5),
            ..RunConfig::default()
        };
        let provenance = Provenance {
            command_line: "cnn-tui train --preset cnn --epochs 40".to_owned(),
            host: "gpu-box".to_owned(),
            cpu: "a processor with a name of some length".to_owned(),
            ..Provenance::default()
        };
        let tags = if number.is_multiple_of(3) { vec!["junk".to_owned()] } else { Vec::new() };
        let id = RunId::new(created, u64::from(number));
        let mut manifest = RunManifest {
            id: id.clone(),
            created: created.as_duration().as_secs_f64(),
            config,
            provenance,
            tags,
            ..first.clone()
        };
        manifest.status = RunStatus::Finished;
        let summary = &mut manifest.summary;
        (summary.epoch, summary.step, summary.total_steps) = (40, 37_520, 37_520);
        summary.best_test_accuracy = Some(0.8 + share / 10.0);
        summary.last_test_loss = Some(0.5 - share / 10.0);
        summary.curve = (1..=40).map(|epoch| (epoch, 0.9 - 0.3 / f64::from(epoch))).collect();
        // Without the fsync that the program does, which would take minutes.
        let dir = store.root().join(id.as_str());
        for sub in ["inbox", "checkpoints"] {
            fs::create_dir_all(dir.join(sub)).unwrap();
        }
        fs::write(dir.join("run.json"), serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
    }
}

/// A run of five million steps: 5,330 epochs, reported a hundred steps at a time.
fn make_long_run(root: &Path) -> RunDir {
    let store = Store::open(root);
    // Newer than the reference runs, so that it is first in the table.
    let created = Timestamp::from_second(DAY + 1_000_000_000).unwrap();
    let new = NewRun::new(created, 0, RunConfig::default(), Provenance::default());
    let dir = store.create(&new).unwrap();
    let data = DataInfo {
        description: String::new(),
        train: 60_000,
        test: 10_000,
        checksum: String::new(),
        source: String::new(),
    };
    let mut events = vec![Event::Started(TrainerInfo {
        step: 0,
        position: None,
        device: "cpu".to_owned(),
        threads: 2,
        instruction_set: String::new(),
        data,
        steps_per_epoch: EPOCH,
        total_steps: STEPS,
        parameters: 0,
        layers: Vec::new(),
    })];
    let (mut step, mut next_epoch) = (0, EPOCH);
    while step < STEPS {
        let last = (step + REPORTED).min(next_epoch).min(STEPS);
        let loss = |step: u64| 0.4 + 2.0 / (1.0 + step as f32 / 1e4) + (step * 7919 % 101) as f32 / 300.0;
        let losses = (step + 1..=last).map(loss).collect();
        let active_seconds = last as f64 / 1500.0;
        events.push(Event::Steps(StepBatch {
            first: step + 1,
            losses,
            learning_rate: 0.01,
            active_seconds,
            spent: None,
        }));
        step = last;
        if step == next_epoch {
            events.push(Event::Epoch(EpochReport {
                epoch: u32::try_from(step / EPOCH).unwrap(),
                step,
                train_loss: 0.5,
                train_accuracy: 0.8,
                test_loss: 0.4,
                test_accuracy: 0.85,
                learning_rate: 0.01,
                active_seconds,
            }));
            next_epoch += EPOCH;
        }
    }
    let entries: Vec<_> = events
        .into_iter()
        .zip(0_u32..)
        .map(|(event, time)| JournalEntry { time: time.into(), event })
        .collect();
    dir.journal().unwrap().append(&entries).unwrap();
    let mut manifest = dir.manifest().unwrap();
    manifest.status = RunStatus::Finished;
    dir.write_manifest(&manifest).unwrap();
    dir
}

/// Time until a run of five million steps is on the screen, and time per frame at several zoom levels.
fn open_long_run(home: &Path) {
    let root = home.join("long");
    let dir = make_long_run(&root);
    let size = dir.journal_path().metadata().unwrap().len();
    println!(
        "\na run of {STEPS} steps, a journal of {} MB\n\n| what | ms | at most |\n|-|-:|-:|",
        size / 1_000_000
    );

    let mut app = app();
    update(&mut app, Msg::Started(dir.id().clone()));
    let start = Instant::now();
    let mut follower = Follower::new(dir.clone());
    loop {
        let news = follower.poll();
        let is_all = news.caught_up;
        update(&mut app, Msg::Run(dir.id().clone(), Box::new(news)));
        if is_all {
            break;
        }
    }
    row("reading its journal", start, Some(1000));

    for (axis, keys) in [("epochs", ""), ("active time", "xx")] {
        keys.chars().for_each(|key| drop(update(&mut app, Msg::Key(Key::Char(key)))));
        let mut slowest = Duration::ZERO;
        for key in "++++++++++<<<<<<<<<<<<<<<<<<<<---------".chars() {
            let start = Instant::now();
            update(&mut app, Msg::Key(Key::Char(key)));
            frame(&app);
            slowest = slowest.max(start.elapsed());
        }
        println!(
            "| the slowest frame, zoomed and moved along {axis} | {:.1} | 50 |",
            slowest.as_secs_f64() * 1e3
        );
    }
    let start = Instant::now();
    update(&mut app, Msg::Key(Key::Char('S')));
    row("changing the smoothing", start, None);

    let mut dashboard = Dashboard::start(home, &root);
    dashboard.until("quit");
    dashboard.press("2");
    dashboard.until(dir.id().name());
    let start = Instant::now();
    dashboard.press("\r");
    dashboard.until("epoch 5330/5330");
    row("dashboard: last step shown", start, Some(1000));
    let [now, most] = dashboard.memory();
    println!("\ndashboard memory: {now:.0} MB, peak {most:.0} MB");
    dashboard.end();
}

/// The real dashboard: time to its first frame and to all runs, and its memory use.
fn watch(home: &Path, root: &Path) {
    let start = Instant::now();
    let mut dashboard = Dashboard::start(home, root);
    dashboard.until("quit");
    row("dashboard: first frame", start, Some(200));
    dashboard.until("10,000");
    row("dashboard: all runs listed", start, None);
    thread::sleep(Duration::from_secs(3));
    let [now, most] = dashboard.memory();
    println!("\ndashboard memory: {now:.0} MB, peak {most:.0} MB (goal: 200)");
    dashboard.end();
}

/// The program in a terminal.
struct Dashboard {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Box<dyn Read + Send>,
    screen: vt100::Parser,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Dashboard {
    fn start(home: &Path, root: &Path) -> Self {
        let size = PtySize { rows: 36, cols: 120, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cnn-tui"));
        command.env("TERM", "xterm-256color");
        command.env("HOME", home);
        command.env("CNN_TUI_RUNS", root);
        command.cwd(home);
        let child = pair.slave.spawn_command(command).unwrap();
        let output = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let [rows, columns] = [size.rows, size.cols].map(|length| NonZeroU16::new(length).unwrap());
        let screen = vt100::Parser::new(rows, columns, 0);
        Self { child, keys, output, screen, _terminal: pair.master }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).unwrap();
    }

    /// Waits until the screen contains this text.
    fn until(&mut self, text: &str) {
        let mut bytes = [0; 4096];
        while !self.screen.screen().contents().contains(text) {
            let count = self.output.read(&mut bytes).unwrap();
            self.screen.process(&bytes[..count]);
        }
    }

    /// Current and peak memory use in MB.
    fn memory(&self) -> [f64; 2] {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.process_id().unwrap())).unwrap();
        ["VmRSS", "VmHWM"].map(|name| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1e3
        })
    }

    fn end(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
