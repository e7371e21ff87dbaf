//! `cnn-tui runs`: queries, details, labels, deletion and export.

use serde_json::Value;

use crate::process::Ended;
use crate::world::World;

fn runs(world: &World, arguments: &[&str]) -> Ended {
    world.process(&[&["runs"], arguments].concat()).end()
}

fn printed(world: &World, arguments: &[&str]) -> String {
    let ended = runs(world, arguments);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    ended.out
}

/// Two short runs, `one` and `two`.
fn world() -> World {
    let world = World::bare();
    for (name, rate) in [("one", "0.01"), ("two", "0.05")] {
        world.trained(name, &["--epochs", "1", "--lr", rate, "--tag", "short"]);
    }
    world
}

#[test]
fn runs_are_queried_sorted_and_shown() {
    let world = world();
    let names = |arguments: &[&str]| -> Vec<String> {
        let lines = printed(&world, arguments);
        let name = |line: &str| {
            let json: Value = serde_json::from_str(line).unwrap();
            json["name"].as_str().unwrap().to_owned()
        };
        lines.lines().map(name).filter(|name| !name.ends_with("-reference")).collect()
    };
    assert_eq!(names(&["list", "--json", "-q", "state = finished and lr > 0.02"]), ["two"]);
    assert_eq!(names(&["--json", "--sort", "lr", "--query", "tag:short"]), ["one", "two"]);
    assert_eq!(names(&["--json", "--sort", "-lr"]), ["two", "one"]);
    assert!(printed(&world, &["-q", "lr > 5"]).starts_with("no matching runs in "));

    let shown = printed(&world, &["show", "two"]);
    for line in
        ["lr               0.05", "preset           dnn", "state            finished", "epoch            1"]
    {
        assert!(shown.lines().any(|shown| shown == line), "{line:?} in {shown}");
    }
    let json: Value = serde_json::from_str(&printed(&world, &["show", "two", "--json"])).unwrap();
    assert_eq!((json["name"].as_str(), json["state"].as_str()), (Some("two"), Some("finished")));
    assert!(printed(&world, &["--fields"]).contains("best_acc         best test accuracy, 0 to 1"));

    for (arguments, code, says) in [
        (
            &["-q", "best_ac > 1"][..],
            2,
            "unknown field 'best_ac'; did you mean `best_acc`? (at character 1 of 'best_ac > 1')",
        ),
        (&["--sort", "size"], 2, "unknown field 'size'"),
        (&["show", "three"], 1, "three"),
    ] {
        let ended = runs(&world, arguments);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.err.contains(says), "{says} in {ended:?}");
    }
}

#[test]
fn deleted_run_can_be_restored() {
    let world = world();
    // If one does not exist, none is deleted.
    assert_eq!(runs(&world, &["rm", "one", "three"]).code, Some(1));
    assert!(printed(&world, &[]).contains(" one "));
    assert!(
        printed(&world, &["rm", "one"]).starts_with("moved one to the trash; run `cnn-tui runs restore ")
    );
    assert!(!printed(&world, &[]).contains(" one "));
    assert!(printed(&world, &["--trash"]).contains(" one "));
    assert_eq!(printed(&world, &["restore", "one"]), "restored one\n");
    assert!(printed(&world, &[]).contains(" one "));

    // A prefix finds a run, but does not delete it.
    assert!(printed(&world, &["show", "tw"]).contains("two"));
    let ended = runs(&world, &["rm", "tw"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("is only a prefix of two (") && ended.err.contains("use its full name"),
        "{ended:?}"
    );

    let reference = runs(&world, &["rm", "cnn-reference"]);
    assert_eq!(reference.code, Some(1));
    assert!(reference.err.contains("it is a reference run"), "{reference:?}");
}

#[test]
fn runs_are_compared_and_exported() {
    let world = world();
    let lines = printed(&world, &["diff", "one", "two"]);
    let lines: Vec<Vec<&str>> = lines.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["field", "one", "two"]);
    assert!(lines.contains(&vec!["lr", "0.01", "0.05"]), "{lines:?}");
    assert!(lines.iter().all(|line| line[0] != "preset"), "what is the same is left out: {lines:?}");

    let epochs = printed(&world, &["export", "one", "two"]);
    assert!(
        epochs.starts_with("run,name,lr,epoch,step,train_loss,train_accuracy,test_loss,test_accuracy,"),
        "{epochs}"
    );
    assert_eq!(epochs.lines().count(), 3);
    let steps = printed(&world, &["export", "one", "--what", "steps", "--json"]);
    let steps: Vec<Value> = steps.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((steps.len(), steps[93]["step"].as_u64()), (94, Some(94)));
    assert!(steps[0]["loss"].as_f64().unwrap() > 2.0);
    let table = printed(&world, &["export", "two", "--what", "summary", "--format", "markdown"]);
    let rows: Vec<_> = table.lines().collect();
    assert!(
        rows.len() == 3 && rows[0].starts_with("| name | id |") && rows[2].starts_with("| two | "),
        "{table}"
    );
    assert_eq!(runs(&world, &["diff", "one"]).code, Some(2));
}

#[test]
fn run_is_renamed_tagged_and_noted_while_training() {
    let world = World::new();
    let trainer = world.process(&["train", "--headless", "--name", "first"]);
    let run = world.run();
    run.wait_for_start();
    assert_eq!(printed(&world, &["rename", "first", "baseline"]), "baseline\n");
    printed(&world, &["tag", "baseline", "--add", "good", "--add", "slow"]);
    printed(&world, &["tag", "baseline", "--remove", "slow"]);
    assert_eq!(
        printed(&world, &["note", "baseline", "lr is fine"]),
        "baseline             good  lr is fine\n"
    );
    // The trainer does not overwrite the labels.
    let then = run.step();
    run.wait_for_step_after(then + 100);
    let json: Value = serde_json::from_str(&printed(&world, &["show", "baseline", "--json"])).unwrap();
    assert_eq!(
        (&json["name"], &json["tags"][0], &json["notes"]),
        (&"baseline".into(), &"good".into(), &"lr is fine".into())
    );
    assert_eq!(json["tags"].as_array().unwrap().len(), 1);
    drop(trainer);

    for (arguments, says) in [
        (&["tag", "baseline", "--add", "two words"][..], "a tag is one word"),
        (&["rename", "baseline", " "], "invalid name; use at least one visible character"),
        (&["note", "cnn-reference", "mine"], "it is a reference run"),
    ] {
        let ended = runs(&world, arguments);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains(says), "{says} in {ended:?}");
    }
}
