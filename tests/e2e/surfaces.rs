//! Every command, file and query shows the same settings and numbers of a run.

use std::fs;
use std::io::Write as _;

use cnn_tui::run::{Change, Event, Schedule};
use serde_json::Value;

use crate::process::Ended;
use crate::world::World;

const SHORT: [&str; 6] = ["--preset", "dnn", "--data", "built-in", "--epochs", "1"];

fn run(world: &World, arguments: &[&str]) -> Ended {
    world.process(arguments).end()
}

fn printed(world: &World, arguments: &[&str]) -> String {
    let ended = run(world, arguments);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?} {ended:?}");
    ended.out
}

/// The first row of a CSV file by column.
fn csv_row(text: &str) -> Vec<(String, String)> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    lines.next().unwrap().into_iter().zip(lines.next().unwrap()).collect()
}

fn value<'a>(row: &'a [(String, String)], column: &str) -> &'a str {
    row.iter().find(|(name, _)| name == column).map_or("no such column", |(_, value)| value)
}

#[test]
fn whole_numbers_stay_exact() {
    let world = World::bare();
    for seed in ["9007199254740992", "9007199254740993"] {
        world.trained(seed, &["--epochs", "1", "--seed", seed]);
    }
    let (one, other) = ("9007199254740992", "9007199254740993");
    assert!(printed(&world, &["runs", "show", other]).contains("seed             9007199254740993\n"));
    let row = csv_row(&printed(&world, &["runs", "export", other, "--what", "summary"]));
    assert_eq!(value(&row, "seed"), other);
    let json: Value =
        serde_json::from_str(&printed(&world, &["runs", "export", other, "--what", "summary", "--json"]))
            .unwrap();
    assert_eq!(json["seed"].as_u64(), Some(9_007_199_254_740_993));
    assert!(printed(&world, &["runs", "diff", one, other]).contains("seed"));
    let found = printed(&world, &["runs", "--columns", "name", "-q", &format!("seed = {other}")]);
    assert_eq!(found, format!("name\n{other}\n"));

    let queued = printed(&world, &[&["queue", "pause"][..]].concat());
    assert!(queued.contains("paused"), "{queued}");
    let swept = printed(&world, &[&["sweep", "seed=5000000000..5000000002"], &SHORT[..]].concat());
    let seeds: Vec<_> = swept.lines().filter_map(|line| line.split("seed ").nth(1)).collect();
    assert_eq!(seeds, ["5000000000", "5000000001", "5000000002"]);
}

#[test]
fn every_setting_tells_runs_apart_everywhere() {
    let world = World::bare();
    world.trained("slow", &["--epochs", "1", "--momentum", "0.5"]);
    world.trained("fast", &["--epochs", "1", "--momentum", "0.9"]);
    let diff = printed(&world, &["runs", "diff", "slow", "fast"]);
    assert!(diff.lines().any(|line| line.split_whitespace().eq(["momentum", "0.5", "0.9"])), "{diff}");
    let found =
        printed(&world, &["runs", "--columns", "name,momentum", "-q", "momentum > 0.5 and not name ~ ref"]);
    assert_eq!(found, "name  momentum\nfast       0.9\n");
    let epochs = printed(&world, &["runs", "export", "-q", "momentum > 0"]);
    assert!(epochs.starts_with("run,name,"), "{epochs}");
    let row = csv_row(&printed(&world, &["runs", "export", "slow", "fast"]));
    assert_eq!(
        (value(&row, "name"), value(&row, "momentum"), value(&row, "learning_rate")),
        ("slow", "0.5", "0.01")
    );
}

#[test]
fn a_change_during_training_is_shown_everywhere() {
    let world = World::bare();
    world.trained("changed", &["--epochs", "2"]);
    let run_ = world.run();
    // As a trainer records it.
    let mut manifest = run_.manifest();
    let change = Change { learning_rate: Some(0.02), ..Change::default() };
    manifest.apply(1.0, &Event::Changed { step: 94, change, total_steps: 188 });
    let lock = run_.dir().lock().unwrap();
    run_.dir().write_manifest(&manifest).unwrap();
    drop(lock);

    let shown = printed(&world, &["runs", "show", "changed"]);
    assert!(shown.contains("lr               0.01→0.02 @1\n"), "{shown}");
    assert!(shown.contains("changes          lr 0.01→0.02 @1\n"), "{shown}");
    for query in ["lr = 0.01", "lr = 0.02"] {
        let found =
            printed(&world, &["runs", "--columns", "name", "-q", &format!("{query} and name = changed")]);
        assert_eq!(found, "name\nchanged\n", "{query}");
    }
    let row = csv_row(&printed(&world, &["runs", "export", "changed", "--what", "summary"]));
    assert_eq!((value(&row, "lr"), value(&row, "lr_original")), ("0.02", "0.01"));
    assert_eq!(value(&row, "changes"), "lr 0.01→0.02 @1");
    world.trained("other", &["--epochs", "2"]);
    let diff = printed(&world, &["runs", "diff", "other", "changed"]);
    assert!(diff.lines().any(|line| line.starts_with("lr ") && line.ends_with("0.01→0.02 @1")), "{diff}");
    let groups = printed(&world, &["runs", "--group", "-q", "not name ~ reference"]);
    assert_eq!(groups.lines().count(), 3, "{groups}");
    assert!(groups.contains("lr 0.01→0.02 @1"), "{groups}");
    let screen = printed(&world, &["snapshot", "changed", "--format", "text", "--size", "160x40"]);
    assert!(screen.contains("sgd 0.01→0.02 @1 m 0.5"), "{screen}");
}

#[test]
fn sweeps_skip_what_is_known() {
    let world = World::bare();
    world.trained("known", &["--epochs", "1", "--seed", "1"]);
    printed(&world, &["queue", "pause"]);
    let sweep = |more: &[&str]| run(&world, &[&["sweep"], more, &SHORT[..]].concat());
    let ended = sweep(&["seed=1..2", "lr=0.01,0.010", "threads=1,2"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.err.contains(": same as known") && ended.err.contains("seed 1"), "{ended:?}");
    assert!(ended.err.contains(": same as an earlier run of this sweep"), "{ended:?}");
    assert!(ended.out.contains("1 run queued"), "{ended:?}");
    let ended = sweep(&["seed=1..2"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.err.contains("use --again"), "{ended:?}");
    assert!(sweep(&["seed=1..2", "--again"]).out.contains("2 runs queued"));
    // Without a setting to vary there is nothing to sweep.
    let ended = run(&world, &["sweep"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("SETTING=VALUES"), "{ended:?}");
}

#[test]
fn extending_a_cosine_schedule_says_what_it_does() {
    let world = World::bare();
    world.trained("waned", &["--epochs", "2", "--schedule", "cosine"]);
    // Every step has its learning rate: the recorded one, or the one that the schedule gives.
    let steps = printed(&world, &["runs", "export", "waned", "--what", "steps", "--json"]);
    let steps: Vec<Value> = steps.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(steps.len(), 188);
    for (before, row) in (0..).zip(&steps) {
        let scheduled = Schedule::Cosine.learning_rate(0.01, before, 94, 188);
        let rate = row["learning_rate"].as_f64().unwrap();
        assert!((rate / scheduled - 1.0).abs() < 1e-6, "{row}, not {scheduled}");
    }

    let ended = run(&world, &["fork", "waned", "--epochs", "4", "--headless"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for part in [
        "the cosine schedule over 4 epochs raises the learning rate from",
        "to keep the rate",
        "0.01 to accept the rise",
    ] {
        assert!(ended.err.contains(part), "{part} in {ended:?}");
    }
    assert_eq!(world.runs().len(), 1);
    let ended = run(&world, &["fork", "waned", "--epochs", "3", "--learning-rate", "0.01", "--headless"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let fork = world.runs().into_iter().find(|run| run.name() != "waned").unwrap();
    let shown = printed(&world, &["runs", "show", fork.name()]);
    assert!(shown.contains("forked from      checkpoint last after step 188"), "{shown}");
}

#[test]
fn lists_and_exports_suit_scripts_and_papers() {
    let world = World::bare();
    for seed in ["1", "2"] {
        world.trained(format!("run{seed}").leak(), &["--epochs", "1", "--seed", seed]);
    }
    let groups = printed(&world, &["runs", "--group", "-q", "name ~ run"]);
    let line = groups.lines().nth(1).unwrap();
    assert!(line.trim_start().starts_with("2         2  dnn") && line.contains(" ± "), "{groups}");
    let limited =
        printed(&world, &["runs", "--columns", "name", "--sort", "name", "--limit", "1", "-q", "name ~ run"]);
    assert_eq!(limited, "name\nrun1\n");

    let steps = printed(&world, &["runs", "export", "run1", "--what", "steps"]);
    let row = csv_row(&steps);
    assert_eq!(
        (value(&row, "name"), value(&row, "step"), value(&row, "learning_rate")),
        ("run1", "1", "0.01")
    );
    assert!(value(&row, "time").parse::<f64>().unwrap() > 1.0e9, "{row:?}");
    let table = printed(&world, &["runs", "export", "run1", "--format", "markdown"]);
    assert!(table.contains(" % |") && !table.contains("0.6529999"), "{table}");

    // A name that a spreadsheet would take for a formula, and one of wide characters.
    let named = |run: &str, name: &str| printed(&world, &["runs", "rename", run, name]);
    named("run1", "=1+1");
    named("run2", "日本語");
    let row = csv_row(&printed(&world, &["runs", "export", "=1+1", "--what", "summary"]));
    assert_eq!(value(&row, "name"), "'=1+1");
    let table = printed(&world, &["runs", "-q", "preset = dnn and seed > 0 and not name ~ ref"]);
    let column = |line: &str| unicode_columns(line.split("finished").next().unwrap());
    let columns: Vec<_> = table.lines().skip(1).map(column).collect();
    assert_eq!(columns[0], columns[1], "{table}");

    // Lines that cannot be read are counted.
    let run1 = world.runs().into_iter().find(|run| run.manifest().config.seed == 1).unwrap();
    fs::OpenOptions::new()
        .append(true)
        .open(run1.dir().journal_path())
        .unwrap()
        .write_all(b"{torn\n")
        .unwrap();
    let ended = run(&world, &["runs", "export", run1.id()]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.err.contains("metrics.jsonl: 1 line could not be read"), "{ended:?}");
}

/// The cells that a text takes in a terminal.
fn unicode_columns(text: &str) -> usize {
    text.chars().map(|c| if c > '\u{2e80}' { 2 } else { 1 }).sum()
}
