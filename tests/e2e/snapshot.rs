//! `cnn-tui snapshot`: the dashboard without a terminal.

use crate::process::Ended;
use crate::world::World;

/// Runs `snapshot` with these arguments, separated by spaces.
fn snapshot(world: &World, arguments: &str) -> Ended {
    world.process(&["snapshot"].into_iter().chain(arguments.split_whitespace()).collect::<Vec<_>>()).end()
}

fn printed(world: &World, arguments: &str) -> String {
    let ended = snapshot(world, arguments);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments}: {ended:?}");
    ended.out
}

#[test]
fn snapshot_prints_every_screen() {
    let world = World::bare();
    for (arguments, words) in [
        ("", &["train cnn", "show all runs"][..]),
        ("--screen home", &["train cnn", "new runs: fashion-mnist"]),
        ("--screen runs", &["cnn-reference", "dnn-reference", "88.69 %"]),
        ("cnn-reference", &["finished", "epoch 40/40", "88.69 % @ epoch 40", "conv2"]),
        ("--screen live dnn-reference", &["finished", "235,146 parameters"]),
        (
            "dnn-reference cnn-reference",
            &["x axis: epochs", "dnn-reference   89.70 %", "cnn-reference   88.69 % -1.01"],
        ),
    ] {
        let text = printed(&world, &format!("{arguments} --format text"));
        assert_eq!(text.lines().count(), 36, "{arguments}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{arguments}: {text}");
        for word in words {
            assert!(text.contains(word), "{word} in {arguments}: {text}");
        }
    }
}

#[test]
fn snapshot_keys_change_no_run() {
    let world = World::bare();
    let printed = |arguments: &[&str]| {
        let ended = world.process(&[&["snapshot", "--format", "text"], arguments].concat()).end();
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}: {ended:?}");
        ended.out
    };
    let read = printed(&["dnn-reference", "cnn-reference", "--keys", "tab left left x x"]);
    assert!(read.contains("x axis: training time"), "{read}");
    let read = printed(&["dnn-reference", "cnn-reference", "--keys", "tab left left"]);
    assert!(read.contains("at epoch 39, difference vs dnn-reference"), "{read}");
    assert!(printed(&["cnn-reference", "--keys", "?"]).contains("all keys"));
    printed(&["--keys", "enter"]);
    assert!(world.runs().is_empty(), "no run was created");
    let rejected = world.process(&["snapshot", "--keys", "F9"]).end();
    assert_eq!(rejected.code, Some(2), "{rejected:?}");
    assert!(rejected.err.contains("unknown key 'F9'"), "{rejected:?}");
}

#[test]
fn snapshot_equals_the_dashboard() {
    let world = World::bare();
    for (keys, arguments) in [("", "--screen runs"), ("g\r", "dnn-reference")] {
        let mut terminal = world.terminal(&["--color", "none"], (120, 36));
        terminal.wait_for_text("show all runs");
        terminal.press("2");
        terminal.wait_for_text("dnn-reference");
        terminal.press(keys);
        let printed = printed(&world, &format!("{arguments} --format text"));
        // The age of the runs may have become another in between.
        let same = |screen: &str| {
            screen.lines().zip(printed.lines()).filter(|(a, b)| a.trim_end() == b.trim_end()).count() >= 33
        };
        terminal.wait_for("the same screen", same);
        terminal.press("q");
        assert_eq!(terminal.end().code, 0);
    }
}

#[test]
fn snapshot_prints_single_panes_at_any_size() {
    let world = World::bare();
    for (pane, word) in [
        ("loss", "test 0.31"),
        ("accuracy", "best"),
        ("layers", "conv1"),
        ("kernels", "conv1"),
        ("log", "Test Loss"),
    ] {
        let text = printed(&world, &format!("cnn-reference --pane {pane} --size 50x9 --format text"));
        assert_eq!(text.lines().count(), 9, "{text}");
        assert!(text.contains(word) && !text.contains("quit"), "{word} in {text}");
    }
    assert_eq!(printed(&world, "cnn-reference --pane loss --size 1x2 --format text").lines().count(), 2);
}

#[test]
fn snapshot_honours_colour_and_glyph_options() {
    let world = World::bare();
    let live = |more: &str| printed(&world, &format!("cnn-reference {more}"));
    assert!(live("").contains("\u{1b}[38;5;"), "the terminal has 256 colours");
    assert!(live("--color truecolor --theme light").contains("\u{1b}[48;2;"));
    let plain = live("--color none --glyphs ascii");
    assert!(plain.is_ascii() && !plain.contains("38;") && plain.contains("\u{1b}[1m"), "{plain}");
    assert!(!live("--format text").contains('\u{1b}'));
    let svg = live("--format svg");
    assert!(svg.contains("<title>cnn-tui cnn-reference</title>") && svg.contains("#10131a"), "{svg}");
    // SVG does not depend on the environment.
    let elsewhere = World::bare().with("NO_COLOR", "1").with("LANG", "C").with("TERM", "dumb");
    assert_eq!(printed(&elsewhere, "cnn-reference --format svg"), svg);
    let light = live("--format svg --theme light");
    assert!(light.contains("fill=") && !light.contains("#10131a"), "{light}");
}

#[test]
fn snapshot_rejects_invalid_arguments() {
    let world = World::bare();
    for (arguments, code, says) in [
        ("nobody", 1, "no run named 'nobody'"),
        ("--screen live", 2, "--screen live needs exactly one run ID"),
        ("--screen compare cnn-reference cnn-reference", 2, "--screen compare needs 2 to 8 run IDs"),
        ("--pane loss", 2, "--pane needs exactly one run ID"),
        ("--screen runs cnn-reference", 2, "--screen home and --screen runs take no run IDs"),
        ("--size 120", 2, "expected columns and rows from 1 to 1000, such as 120x36"),
        ("--pane loss --screen live cnn-reference", 2, "cannot be used with"),
        ("--theme drak", 2, "unknown theme 'drak'"),
    ] {
        let ended = snapshot(&world, arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments}: {ended:?}");
        assert!(ended.err.contains(says), "{says} in {ended:?}");
    }
}
