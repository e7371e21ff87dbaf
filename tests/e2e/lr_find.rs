//! The learning-rate range test, on the command line and in the dashboard.

use serde_json::Value;

use crate::terminal::key::{DOWN, ENTER, ESC, TAB};
use crate::world::{World, wait_for};

#[test]
fn lr_find_suggests_a_rate_and_creates_no_run() {
    let world = World::bare();
    let find = |arguments: &[&str]| {
        let all = [&["lr-find", "--data", "built-in", "--preset", "dnn"], arguments].concat();
        let ended = world.process(&all).end();
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
        ended.out
    };
    let json: Value = serde_json::from_str(&find(&["--json"])).unwrap();
    let points = json["points"].as_array().unwrap();
    let rate = |point: &Value| point["rate"].as_f64().unwrap();
    assert!(points.len() > 200 && points.is_sorted_by_key(rate), "{}", points.len());
    let steep = json["steep"].as_f64().unwrap();
    assert!((0.001..1.0).contains(&steep), "{steep}");

    let printed = find(&["--momentum", "0.5"]);
    for part in ["where the loss falls most steeply", "1e-6", "--preset dnn --data built-in --learning-rate"]
    {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    assert!(printed.contains(&steep.to_string()), "the same as before: {printed}");
    assert!(!world.runs_dir().exists(), "no run is created");

    let ended = world.process(&["lr-find", "--data", "/nowhere"]).end();
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("cannot open "), "{}", ended.err);
}

#[test]
fn dashboard_finds_a_rate_and_trains_with_it() {
    let world = World::new();
    let mut terminal = world.terminal(&[], (120, 36));
    terminal.wait_for_text("new runs: fashion-mnist");
    terminal.press(DOWN);
    terminal.press("f");
    let screen = terminal.wait_for_text("suggestions");
    assert!(screen.contains("loss by learning rate, dnn") && screen.contains("lowest"), "{screen}");
    assert!(world.runs().is_empty(), "no run is created");
    terminal.press(TAB);
    terminal.press(ESC);
    terminal.wait_for_text("train dnn");
    terminal.press("f");
    terminal.wait_for_text("suggestions");
    terminal.press(ENTER);
    terminal.wait_for_text("training");
    let manifest = wait_for("the run", || world.runs().pop()).manifest();
    assert_eq!(manifest.config.preset, "dnn");
    let found = manifest.config.optimizer.learning_rate();
    assert!((0.001..1.0).contains(&found) && (found - 0.01).abs() > 1e-9, "{found}");
    terminal.press("qs");
    terminal.end();
}
