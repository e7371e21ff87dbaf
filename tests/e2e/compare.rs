//! A long session in the table of runs: query, compare, label, delete, fork, sweep.

use cnn_tui::run::RunStatus;

use crate::terminal::key::{DOWN, ENTER, ESC, TAB};
use crate::world::{World, wait_for};

/// What Backspace sends.
const BACKSPACE: &str = "\x7f";
/// Arrow to the left.
const LEFT: &str = "\x1b[D";

/// Three runs of two epochs: `slow`, `good` and `other`, which is `good` with another seed.
fn world() -> World {
    let world = World::bare();
    for (name, rate, seed) in [("slow", "0.001", "1"), ("good", "0.05", "1"), ("other", "0.05", "2")] {
        world.trained(name, &["--epochs", "2", "--lr", rate, "--seed", seed]);
    }
    world
}

#[test]
fn runs_are_found_compared_labelled_deleted_and_forked() {
    let world = world();
    let mut terminal = world.terminal(&[], (160, 40));
    terminal.wait_for_text("show all runs");
    terminal.press("2");
    terminal
        .wait_for("the runs", |screen| ["slow", "good", "other"].iter().all(|name| screen.contains(name)));

    // An error in a query is shown below the word; a valid query filters the table.
    terminal.press("/preset = dnn and best_ac > 0.5");
    terminal.wait_for_text("did you mean `best_acc`?");
    terminal.press(&BACKSPACE.repeat(6));
    terminal.press("c > 0.2 and epochs = 2 and not tag:junk");
    terminal.wait_for("the runs asked for", |screen| {
        screen.contains("3 of ") && screen.contains("good") && !screen.contains("dnn-reference")
    });
    terminal.press(ENTER);

    // Tag a run, so that the query no longer matches it.
    terminal.press("G");
    terminal.press("e");
    terminal.wait_for_text("words, separated by spaces");
    terminal.press(DOWN);
    terminal.press("junk");
    terminal.press(ENTER);
    terminal.wait_for("the run gone from the table", |screen| {
        screen.contains("2 of ") && !screen.contains("slow")
    });
    let slow = world.runs().into_iter().find(|run| run.manifest().name == "slow").unwrap();
    assert_eq!(slow.manifest().tags, ["junk"]);

    // Compare the other two: curves, differences, values at the crosshair.
    terminal.press("gmmc");
    terminal.wait_for("the comparison of both runs", |screen| {
        ["difference vs", "seed", "best accuracy"].iter().all(|part| screen.contains(part))
    });
    terminal.press(TAB);
    terminal.press(LEFT);
    terminal.wait_for("the last epoch's values", |screen| {
        screen.contains("at epoch 2") && screen.contains("test accuracy")
    });
    terminal.press(LEFT);
    terminal.wait_for_text("at epoch 1,");
    terminal.press("x");
    terminal.wait_for_text("x axis: steps");
    terminal.press("xx");
    terminal.wait_for("time", |screen| screen.contains("x axis: clock time") && screen.contains("clock s"));
    terminal.press("x+");
    terminal.wait_for_text("x axis: epochs");

    // Delete and restore. The first Escape hides the crosshair.
    terminal.press(ESC);
    terminal.wait_for_text("best accuracy");
    terminal.press(ESC);
    terminal.wait_for_text("2 of ");
    terminal.press("gd");
    terminal.wait_for("one run", |screen| screen.contains("1 of ") && screen.contains("u restores it"));
    terminal.press("u");
    terminal.wait_for_text("2 of ");

    // Fork the first run for one more epoch.
    terminal.press("gF");
    terminal.wait_for_text("New run from a checkpoint");
    terminal.press(DOWN);
    terminal.press(DOWN);
    terminal.press(BACKSPACE);
    terminal.press("3");
    terminal.press(ENTER);
    terminal.wait_for("the fork's end", |screen| screen.contains("epoch 3/3") && screen.contains("finished"));
    terminal.press(ESC);
    terminal.wait_for_text("2 of ");

    // Queue a sweep from the form; the group grows by itself.
    terminal.press("v");
    terminal.wait_for_text("dnn");
    terminal.press("n");
    terminal.wait_for_text("learning-rate");
    terminal.press(&DOWN.repeat(13));
    terminal.wait_for_text("▸ seed");
    terminal.press(BACKSPACE);
    terminal.press("3, 4");
    terminal.press(ENTER);
    terminal.wait_for_text("2 runs queued");
    wait_for("the sweep's end", || {
        let runs = world.runs();
        let done = runs.iter().filter(|run| run.manifest().status == RunStatus::Finished).count();
        (done == 6).then_some(())
    });
    terminal.wait_for("four runs in a group", |screen| screen.contains("4 runs"));
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);

    // The next start restores the view.
    let mut terminal = world.terminal(&[], (160, 40));
    terminal.wait_for_text("show all runs");
    terminal.press("2");
    terminal.wait_for("the group again", |screen| screen.contains("4 runs") && !screen.contains("slow"));
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);
}
