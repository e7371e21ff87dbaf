//! Sweeps and the queue, without a dashboard.

use cnn_tui::run::RunStatus;
use serde_json::Value;

use crate::process::Ended;
use crate::world::{Run, World, wait_for};

fn run(world: &World, arguments: &[&str]) -> Ended {
    world.process(arguments).end()
}

fn printed(world: &World, arguments: &[&str]) -> String {
    let ended = run(world, arguments);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    ended.out
}

fn queue(world: &World) -> Value {
    serde_json::from_str(&printed(world, &["queue", "--json"])).unwrap()
}

fn waiting(world: &World) -> usize {
    queue(world)["runs"].as_array().unwrap().len()
}

/// The runs that are training.
fn training(world: &World) -> Vec<Run> {
    world.runs().into_iter().filter(|run| run.trainer().is_some()).collect()
}

const SHORT: [&str; 6] = ["--preset", "dnn", "--data", "built-in", "--epochs", "1"];

#[test]
fn sweep_trains_one_run_after_another_without_a_dashboard() {
    let world = World::bare();
    let sweep = [&["sweep", "lr=0.01,0.03", "seed=1..2", "--tag", "night"], &SHORT[..]].concat();
    let output = printed(&world, &sweep);
    assert!(output.ends_with("4 runs queued\n"), "{output}");
    let mut most_at_once = 0;
    wait_for("all runs to finish", || {
        most_at_once = most_at_once.max(training(&world).len());
        let ended = world.runs().iter().filter(|run| run.manifest().status == RunStatus::Finished).count();
        (ended == 4).then_some(())
    });
    assert_eq!(most_at_once, 1);
    let mut settings: Vec<_> = world
        .runs()
        .iter()
        .map(|run| (run.manifest().config.optimizer.learning_rate(), run.manifest().config.seed))
        .collect();
    settings.sort_by(|one, other| one.partial_cmp(other).unwrap());
    assert_eq!(settings, [(0.01, 1), (0.01, 2), (0.03, 1), (0.03, 2)]);
    assert_eq!(printed(&world, &["runs", "--json", "-q", "tag:night"]).lines().count(), 4);
    wait_for("the worker to exit", || (queue(&world)["has_worker"] == false).then_some(()));
    assert!(printed(&world, &["queue"]).starts_with("the queue is empty; run `cnn-tui sweep`"));
}

#[test]
fn queue_can_be_paused_reordered_resumed_and_emptied() {
    let world = World::new();
    printed(&world, &["queue", "pause"]);
    let output = printed(&world, &["sweep", "seed=1..4"]);
    assert!(
        output.ends_with("4 runs queued; the queue is paused, run `cnn-tui queue resume` to start it\n"),
        "{output}"
    );
    assert!(training(&world).is_empty());

    let ids: Vec<String> =
        queue(&world)["runs"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    printed(&world, &["queue", "move", &ids[3], "1"]);
    printed(&world, &["queue", "rm", &ids[1]]);
    printed(&world, &["queue", "jobs", "2"]);
    printed(&world, &["queue", "resume"]);
    wait_for("two that train", || (training(&world).len() == 2).then_some(()));
    let mut at_work: Vec<String> = training(&world).iter().map(|run| run.id().to_owned()).collect();
    at_work.sort();
    let mut want = vec![ids[0].clone(), ids[3].clone()];
    want.sort();
    assert_eq!(at_work, want);
    // The queue is written after its runs are started.
    wait_for("the one that waits", || (waiting(&world) == 1).then_some(()));

    printed(&world, &["queue", "empty"]);
    assert_eq!((waiting(&world), world.runs().len()), (0, 2));
    // Emptying the queue moves its runs to the trash.
    printed(&world, &["runs", "restore", &ids[2]]);
    let rejected = run(&world, &["queue", "rm", &ids[0]]);
    assert_eq!(rejected.code, Some(2));
    assert!(rejected.err.contains("is not in the queue"), "{rejected:?}");
}

#[test]
fn invalid_sweep_creates_no_runs() {
    let world = World::bare();
    for (axes, says) in [
        (&["lr"][..], "'lr' is not of the form SETTING=VALUES"),
        (&["lr=0.1,0"], "learning-rate must be greater than 0"),
        (&["preset=cnn,rnn"], "unknown preset 'rnn'; the presets are cnn, dnn"),
        (&["seed=1..3", "--tag", "two words"], "a tag is one word"),
        (&["seed=1..3", "--data", "/nowhere"], "/nowhere"),
    ] {
        let ended = run(&world, &[&["sweep"], axes].concat());
        assert_ne!(ended.code, Some(0));
        assert!(ended.err.contains(says), "{says} in {ended:?}");
    }
    assert!(world.runs().is_empty());
}
