//! Data sets that cannot be used: nothing trains on less data than it should, and every warning is seen.

use std::fs;
use std::path::Path;

use cnn_tui::run::Event;

use crate::terminal::key::{ENTER, ESC};
use crate::world::{World, skip, wait_for};

const QUESTION: &str = "Train on the small built-in set instead?";

/// A home in which the full data set was found, but one of its files is damaged.
fn world_with_damaged_data() -> World {
    let world = World::bare();
    let dir = world.path().join("data/cnn-tui/fashion-mnist");
    fs::create_dir_all(&dir).unwrap();
    for name in ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"] {
        fs::write(dir.join(name), "").unwrap();
        fs::write(dir.join(name.replace("images-idx3", "labels-idx1")), "").unwrap();
    }
    world
}

/// The same, without a data set of the system.
fn world_with_only_damaged_data() -> World {
    let world = world_with_damaged_data();
    let share = world.path().join("share");
    fs::create_dir_all(share.join("datasets")).unwrap();
    world.with("XDG_DATA_DIRS", share.to_str().unwrap())
}

#[test]
fn training_stops_with_the_way_out_if_the_data_cannot_be_used() {
    let world = world_with_only_damaged_data();
    for arguments in [
        &["train", "--headless", "--epochs", "1"][..],
        &["train", "--foreground", "--epochs", "1"],
        &["sweep", "seed=1,2"],
        &["lr-find"],
    ] {
        let ended = world.process(arguments).end();
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{arguments:?} {ended:?}");
        for part in ["data directory cannot be used", "train-images-idx3-ubyte", "--data built-in"] {
            assert!(ended.err.contains(part), "{}", ended.err);
        }
    }
    assert!(!world.runs_dir().exists(), "nothing was created");
    world.trained("small", &["--epochs", "1"]);
}

#[test]
fn the_dashboard_asks_before_it_trains_on_the_built_in_set() {
    let world = world_with_only_damaged_data();
    let mut terminal = world.terminal(&[], (100, 30));
    terminal.wait_for_text("train cnn");
    terminal.press("e");
    terminal.wait_for_text("epochs");
    terminal.press(ENTER);
    terminal.wait_for_text(QUESTION);
    terminal.press(ESC);
    terminal.wait_for("no question", |screen| !screen.contains(QUESTION));
    assert_eq!(world.runs().len(), 0);

    terminal.press("e");
    terminal.wait_for_text("epochs");
    terminal.press(ENTER);
    terminal.wait_for_text(QUESTION);
    terminal.press("y");
    let run = world.run();
    run.wait_for_start();
    assert_eq!(run.manifest().config.data.as_deref(), Some(Path::new("built-in")));
}

#[test]
fn a_warning_is_shown_wherever_a_run_is_described() {
    if !Path::new("/usr/share/datasets/fashion-mnist").is_dir() {
        skip("/usr/share/datasets/fashion-mnist is missing (Debian package dataset-fashion-mnist)");
        return;
    }
    let world = world_with_damaged_data();
    let warning = "skipped the data in the data directory: ";
    let ended = world.process(&["train", "--headless", "--preset", "dnn", "--epochs", "1"]).end();
    assert_eq!(ended.code, Some(0));
    assert!(ended.err.contains(warning), "{}", ended.err);
    let run = world.run();
    wait_for("the note", || run.events().into_iter().find(|event| matches!(event, Event::Warning { .. })));
    let shown = world.process(&["runs", "show", run.name()]).end().out;
    assert!(shown.contains(&format!("warning          {warning}")), "{shown}");
    let log = fs::read_to_string(run.dir().trainer_log()).unwrap();
    assert!(log.contains(warning), "{log}");
}
