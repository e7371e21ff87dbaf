//! What a dashboard over ten thousand runs takes: `cargo bench --bench scale`. It makes the runs in a temporary
//! directory first (300 MB).

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark, run by hand")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use cnn_tui::app::{App, Key, Msg, PresetOffer, Screen, update};
use cnn_tui::run::{Lister, NewRun, Optimizer, Provenance, RunConfig, RunId, RunRecord, Status, Store};
use cnn_tui::ui::theme::{self, Look};
use cnn_tui::ui::{ColorDepth, Glyphs, View};
use jiff::Timestamp;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const RUNS: u32 = 10_000;
/// A day in 2026, in seconds since 1970.
const DAY: i64 = 1_795_500_000;

fn main() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("runs");
    let store = Store::open(&root);
    let made = Instant::now();
    make_runs(&store);
    println!("{RUNS} runs, made in {:.1} s", made.elapsed().as_secs_f64());

    println!("\n| what | ms | at most |\n|-|-:|-:|");
    let start = Instant::now();
    let mut lister = Lister::new(store);
    while !lister.look(Duration::MAX).finished {}
    row("all runs read the first time", start, None);
    // Directories that were written to a moment ago are read again.
    thread::sleep(Duration::from_secs(3));
    lister.look(Duration::MAX);
    let start = Instant::now();
    lister.look(Duration::MAX);
    row("a look at them after that", start, None);

    let mut app = app();
    let start = Instant::now();
    update(&mut app, Msg::Runs(lister.runs()));
    row("the table takes them in", start, None);
    app.screen = Screen::Runs;
    press(&mut app, "the next order", "o");
    press(&mut app, "the order by the network's name", "o");
    press(&mut app, "in groups", "v");
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
    let presets = ["cnn", "dnn"].map(|name| PresetOffer { name: name.to_owned(), about: String::new() });
    App::new(presets.into(), RunConfig::default(), 1)
}

fn frame(app: &App) {
    let themes = theme::load([]);
    let look = Look::new(themes.first(), ColorDepth::TrueColor, Glyphs::Unicode);
    let mut cells = Buffer::empty(Rect::new(0, 0, 120, 36));
    View { app, look: &look }.draw(&mut cells);
}

/// Finished runs of forty epochs, each with what a real one has.
fn make_runs(store: &Store) {
    let (config, provenance) = (RunConfig::default(), Provenance::default());
    let first = store.create(&NewRun::new(Timestamp::UNIX_EPOCH, 0, config, provenance)).unwrap();
    let first = first.record().unwrap();
    for number in 1..RUNS {
        let created = Timestamp::from_second(DAY + i64::from(number)).unwrap();
        let share = f64::from(number) / f64::from(RUNS);
        let config = RunConfig {
            preset: ["cnn", "dnn"][(number % 2) as usize].to_owned(),
            optimizer: Optimizer::Sgd { learning_rate: 0.001 * f64::from(1 + number % 20), momentum: 0.5 },
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
        let mut record = RunRecord {
            id: id.clone(),
            created: created.as_duration().as_secs_f64(),
            config,
            provenance,
            tags,
            ..first.clone()
        };
        record.status = Status::Finished;
        let summary = &mut record.summary;
        (summary.epoch, summary.step, summary.total_steps) = (40, 37_520, 37_520);
        summary.best_test_accuracy = Some(0.8 + share / 10.0);
        summary.last_test_loss = Some(0.5 - share / 10.0);
        summary.curve = (1..=40).map(|epoch| (epoch, 0.9 - 0.3 / f64::from(epoch))).collect();
        // Not forced to the disk, as the program's own are, which would take minutes.
        let dir = store.root().join(id.as_str());
        for sub in ["inbox", "checkpoints"] {
            fs::create_dir_all(dir.join(sub)).unwrap();
        }
        fs::write(dir.join("run.json"), serde_json::to_vec_pretty(&record).unwrap()).unwrap();
    }
}

/// The real dashboard in a terminal: when it shows its first frame and every run, and its memory then.
fn watch(home: &Path, root: &Path) {
    let size = PtySize { rows: 36, cols: 120, ..PtySize::default() };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cnn-tui"));
    command.env("TERM", "xterm-256color");
    command.env("HOME", home);
    command.env("CNN_TUI_RUNS", root);
    command.cwd(home);
    let start = Instant::now();
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut output = pair.master.try_clone_reader().unwrap();
    let mut seen = Vec::new();
    let mut bytes = [0; 4096];
    let mut until = |text: &str| {
        while !String::from_utf8_lossy(&seen).contains(text) {
            let count = output.read(&mut bytes).unwrap();
            seen.extend_from_slice(&bytes[..count]);
        }
    };
    until("quit");
    row("the dashboard's first frame", start, Some(200));
    until("10,000");
    row("it knows every run", start, None);
    thread::sleep(Duration::from_secs(3));
    let status = fs::read_to_string(format!("/proc/{}/status", child.process_id().unwrap())).unwrap();
    let kilobytes = |name: &str| -> f64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    println!(
        "\nmemory of the dashboard then: {:.0} MB, at most {:.0} MB (wanted: 200)",
        kilobytes("VmRSS") / 1e3,
        kilobytes("VmHWM") / 1e3
    );
    child.kill().unwrap();
    child.wait().unwrap();
}
