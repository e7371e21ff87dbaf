//! The full Fashion-MNIST, where the Debian package `dataset-fashion-mnist` puts it.

use std::path::Path;

use crate::lines::{self, assert_are};
use crate::world::{World, skip};

const DATA: &str = "/usr/share/datasets/fashion-mnist";

/// Whether the full set is missing; if so, the test is reported as skipped.
fn is_missing() -> bool {
    let is_missing = !Path::new(DATA).is_dir();
    if is_missing {
        skip("/usr/share/datasets/fashion-mnist is missing (Debian package dataset-fashion-mnist)");
    }
    is_missing
}

#[test]
fn readme_output_of_reference_runs_matches_the_program() {
    if is_missing() {
        return;
    }
    let world = World::bare();
    let page = include_str!("../../docs/results.md");
    let mut lines = page.lines();
    let mut count = 0;
    while let Some(command) = lines.by_ref().find_map(|line| line.strip_prefix("    $ cnn-tui runs ")) {
        let is_printed = |line: &&str| line.is_empty() || line.starts_with("    ");
        let printed: Vec<_> = lines.clone().take_while(is_printed).map(str::trim).collect();
        let arguments: Vec<_> = ["runs"].into_iter().chain(command.split(' ')).collect();
        let ended = world.process(&arguments).end();
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{command}");
        let lines: Vec<_> = ended.out.lines().map(str::trim).collect();
        let end = printed.iter().rposition(|line| !line.is_empty()).unwrap() + 1;
        assert_eq!(printed[..end], lines[..end], "{command}");
        count += 1;
    }
    assert_eq!(count, 2);
}

#[test]
fn epoch_on_the_full_set_prints_the_expected_lines() {
    if is_missing() {
        return;
    }
    let world = World::bare();
    let train = ["train", "--headless", "--preset", "dnn", "--epochs", "1", "--data", DATA];
    let ended = world.process(&train).end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let steps = [(0, 0), (12_800, 21), (25_600, 43), (38_400, 64), (51_200, 85)];
    let steps = steps.map(|(image, percent)| lines::line(1, image, 60_000, percent));
    assert_are(&ended.out, &[&steps[..], &[lines::test(1)]].concat());
    assert_eq!(world.run().manifest().provenance.dataset.unwrap().description, "fashion-mnist 60,000");
}
