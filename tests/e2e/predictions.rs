//! Comparing predictions, on the command line and in the dashboard.

use serde_json::Value;

use crate::process::Ended;
use crate::terminal::key::{ESC, TAB};
use crate::world::World;

fn predict(world: &World, arguments: &[&str]) -> Ended {
    world.process(&[&["runs", "predict"], arguments].concat()).end()
}

/// Three short runs: `one` and `two` differ by their seed, `wide` by its learning rate.
fn world() -> World {
    let world = World::bare();
    for (name, seed, rate) in [("one", "1", "0.02"), ("two", "2", "0.02"), ("wide", "1", "0.1")] {
        world.trained(name, &["--epochs", "1", "--lr", rate, "--seed", seed]);
    }
    world
}

#[test]
fn runs_predict_compares_two_runs_image_by_image() {
    let world = world();
    let json = predict(&world, &["one", "wide", "--json"]);
    assert_eq!((json.code, json.err.as_str()), (Some(0), ""), "{json:?}");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let count = |name: &str| json[name].as_u64().unwrap();
    let of = |list: &str| json[list].as_array().unwrap().len() as u64;
    assert_eq!((of("broken"), of("fixed")), (count("only_first_right"), count("only_second_right")));
    let all = count("both_right") + count("both_wrong") + of("fixed") + of("broken");
    assert_eq!(all, 1000);
    let right = (count("both_right") + of("broken")) as f64 / 1000.0;
    let name = |run: &crate::world::Run| run.manifest().name;
    let recorded = world.runs().iter().find(|run| name(run) == "one").unwrap().manifest();
    let best = recorded.summary.best_test_accuracy.unwrap();
    assert!((right - best).abs() < 1e-9, "as often as the trainer found: {right}, {best}");
    assert_eq!(json["seeds"]["like_first"]["runs"], 2, "{json}");
    assert_eq!(json["seeds"]["like_second"]["runs"], 1, "{json}");
    assert!(json["mcnemar"]["p"].as_f64().is_some_and(|p| (0.0..=1.0).contains(&p)));

    let table = predict(&world, &["one", "wide", "--count", "2"]);
    assert_eq!((table.code, table.err.as_str()), (Some(0), ""), "{table:?}");
    for part in [
        "one against wide: best checkpoints",
        "accuracy",
        "McNemar",
        "2 runs like one: mean",
        "seed noise",
        "fixed:",
    ] {
        assert!(table.out.contains(part), "{part} in {}", table.out);
    }
    let same = predict(&world, &["one", "two"]);
    assert!(same.out.contains("the two runs differ only by their seed"), "{}", same.out);
    let itself = predict(&world, &["one", "one"]);
    assert_eq!((itself.code, itself.out.as_str()), (Some(2), ""));
    assert!(itself.err.contains("'one' and 'one' are the same run"), "{}", itself.err);
    let none = predict(&world, &["one", "two", "--checkpoint", "epoch-9"]);
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
    assert!(none.err.contains("one has no epoch-009 checkpoint"), "{}", none.err);
}

#[test]
fn dashboard_shows_images_whose_prediction_differs() {
    let world = world();
    let mut terminal = world.terminal(&[], (120, 36));
    terminal.wait_for_text("show all runs");
    terminal.press("2");
    terminal.wait_for("the runs", |screen| ["one", "two", "wide"].iter().all(|name| screen.contains(name)));
    // The newest is the first: `wide`, then `two`.
    terminal.press("mmc");
    terminal.wait_for_text("difference vs");
    terminal.press("p");
    let screen = terminal.wait_for_text("only two is right");
    assert!(screen.contains("wide vs two") && screen.contains("McNemar"), "{screen}");
    assert!(screen.contains("1,000 test images") && screen.contains("▀▀▀▀"), "{screen}");
    terminal.press(TAB);
    terminal.wait_for_text("only wide is right");
    terminal.press("l");
    terminal.wait_for_text("2 of ");
    terminal.press(ESC);
    terminal.wait_for_text("difference vs");
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);
}
