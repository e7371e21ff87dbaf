//! Input that makes no sense, and places that are not there: one clear message each.

use std::fs;

use crate::world::World;

/// Who refuses it, which decides how many lines it takes.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// The parser of flags, with a hint at the help.
    Parser,
    /// The program, on one line.
    Program,
}

/// Checks that a command ends with this code, prints nothing, and says all of this on the standard error.
fn refused(world: &World, arguments: &[&str], by: By, code: i32, says: &[&str]) {
    let ended = world.process(arguments).end();
    let shown = format!("{arguments:?}: {:?}\n{}", ended.code, ended.err);
    assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{shown}");
    match by {
        By::Parser => assert!(ended.err.starts_with("error: "), "{shown}"),
        By::Program => {
            assert!(ended.err.starts_with("cnn-tui: ") && ended.err.lines().count() == 1, "{shown}");
        }
    }
    for part in says {
        assert!(ended.err.contains(part), "{part:?} is not in {shown}");
    }
    assert!(!ended.err.chars().any(|c| c.is_control() && c != '\n'), "{shown}");
}

#[test]
fn wrong_flags_are_named_with_what_would_be_right() {
    let world = World::bare();
    let cases: &[(&[&str], By, &[&str])] = &[
        (&["--nope"], By::Parser, &["--nope", "Usage: cnn-tui", "--help"]),
        (&["frobnicate"], By::Parser, &["frobnicate", "Usage: cnn-tui"]),
        (&["train", "--epoch", "3"], By::Parser, &["--epoch", "--epochs"]),
        (&["train", "--epochs"], By::Parser, &["--epochs <N>"]),
        (&["train", "--epochs", "x"], By::Parser, &["'x'", "--epochs <N>"]),
        (&["train", "--epochs=-1"], By::Parser, &["'-1'", "--epochs <N>"]),
        (&["train", "--epochs", "0"], By::Program, &["epochs must be between 1 and 100,000 (got 0)"]),
        (&["train", "--batch-size", "0"], By::Program, &["batch-size must be between 1 and 65,536 (got 0)"]),
        (&["train", "--batch-size", "99999999999999999999"], By::Parser, &["--batch-size <N>"]),
        (&["train", "--dropout", "1"], By::Program, &["dropout must be", "less than 1 (got 1)"]),
        (&["train", "--dropout", "-0.5"], By::Program, &["dropout must be at least 0", "(got -0.5)"]),
        (&["train", "--dropout", "NaN"], By::Program, &["dropout must be", "(got NaN)"]),
        (&["train", "--lr", "0"], By::Program, &["learning-rate must be greater than 0", "(got 0)"]),
        (&["train", "--lr", "-1"], By::Program, &["learning-rate must be greater than 0", "(got -1)"]),
        (&["train", "--lr", "inf"], By::Program, &["learning-rate must be", "finite (got inf)"]),
        (&["train", "--lr", "fast"], By::Parser, &["'fast'", "--learning-rate <RATE>"]),
        (&["train", "--momentum", "1"], By::Program, &["momentum must be", "less than 1 (got 1)"]),
        (
            &["train", "--weight-decay", "0.1"],
            By::Program,
            &["weight-decay cannot be set", "--optimizer adamw"],
        ),
        (&["train", "--optimizer", "adam"], By::Parser, &["'adam'", "sgd", "adamw"]),
        (&["train", "--schedule", "linear"], By::Parser, &["'linear'", "cosine", "step:10:0.5"]),
        (
            &["train", "--schedule", "step:0:0.5"],
            By::Program,
            &["schedule must be", "EPOCHS between 1", "(got step:0:0.5)"],
        ),
        (&["train", "--threads", "0"], By::Program, &["threads must be between 1 and 256 (got 0)"]),
        (&["train", "--device", "tpu"], By::Parser, &["'tpu'", "auto", "cpu", "cuda"]),
        (&["train", "--preset", "rnn"], By::Program, &["no preset `rnn`", "cnn, dnn"]),
        (&["train", "--preset", "\u{1b}[2J"], By::Program, &["no preset `[2J`", "cnn, dnn"]),
        (&["summary", "--preset", "rnn"], By::Program, &["no preset `rnn`", "cnn, dnn"]),
        (&["summary", "--batch-size", "0"], By::Parser, &["'0'", "1..=65536"]),
        (&["resume"], By::Parser, &["<ID>", "Usage: cnn-tui resume"]),
        (&["--theme", "drak"], By::Program, &["no theme `drak`", "dark", "light", "high-contrast"]),
        (&["--color", "8"], By::Program, &["'8'", "truecolor, 256, 16 or none"]),
        (&["--glyphs", "emoji"], By::Program, &["'emoji'", "unicode or ascii"]),
    ];
    for (arguments, by, says) in cases {
        let headless = arguments[0] == "train";
        let arguments: Vec<&str> =
            arguments.iter().copied().chain(headless.then_some("--headless")).collect();
        // `train --epochs` is about the flag that has no value.
        let arguments =
            if arguments == ["train", "--epochs", "--headless"] { &arguments[..2] } else { &arguments };
        refused(&world, arguments, *by, 2, says);
    }
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn without_a_terminal_the_way_out_is_told() {
    let world = World::bare();
    for arguments in [&[][..], &["train"], &["resume", "any"]] {
        refused(&world, arguments, By::Program, 2, &["needs a terminal", "--headless"]);
    }
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn data_that_is_not_there_is_named() {
    let world = World::bare();
    let train = |data: &str, says: &[&str]| {
        for how in ["--headless", "--foreground"] {
            let says = [says, &["`cnn-tui data "]].concat();
            refused(&world, &["train", how, "--data", data], By::Program, 1, &says);
        }
    };
    train("/no/such/place", &["/no/such/place"]);
    let empty = world.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    train(empty, &[empty, "lacks train-images-idx3-ubyte"]);
    // What is not absolute is meant from here.
    train("empty", &[empty]);
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn data_that_is_damaged_is_named() {
    let world = World::bare();
    let dir = world.path().join("bad");
    fs::create_dir(&dir).unwrap();
    for half in ["train", "t10k"] {
        fs::write(dir.join(format!("{half}-images-idx3-ubyte")), "not an idx file at all").unwrap();
        fs::write(dir.join(format!("{half}-labels-idx1-ubyte")), [0, 0, 8, 1, 0, 0, 0, 1, 3]).unwrap();
    }
    let arguments = ["train", "--headless", "--data", dir.to_str().unwrap()];
    refused(&world, &arguments, By::Program, 1, &["bad/train-images-idx3-ubyte"]);
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn a_run_that_is_not_there_is_named() {
    let world = World::bare();
    let runs = world.runs_dir();
    let says = ["no run is called \"nosuch\"", runs.to_str().unwrap(), "--runs"];
    refused(&world, &["resume", "nosuch", "--headless"], By::Program, 1, &says);
    refused(&world, &["resume", "\u{1b}]0;x\u{7}", "--headless"], By::Program, 1, &["no run is called"]);
    refused(&world, &["resume", "", "--headless"], By::Program, 1, &["no run is called \"\""]);
}

#[test]
fn a_file_in_place_of_the_runs_is_named_with_the_way_out() {
    let world = World::bare();
    let file = world.path().join("file");
    fs::write(&file, "no directory").unwrap();
    for path in [file.clone(), file.join("below")] {
        let path = path.to_str().unwrap();
        let train = ["train", "--headless", "--data", "built-in", "--runs", path];
        refused(&world, &train, By::Program, 1, &[path, "--runs"]);
        let listed = world.process(&["runs", "--runs", path]).end();
        assert_eq!(listed.code, Some(0));
        assert!(listed.out.contains(&format!("{path}: cannot be read: Not a directory")), "{}", listed.out);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "no directory");
}

#[test]
fn settings_and_themes_that_make_no_sense_are_named_with_their_place() {
    let world = World::bare();
    let config = world.path().join("config/cnn-tui");
    fs::create_dir_all(config.join("themes")).unwrap();
    let train = ["train", "--headless"];
    for (settings, says) in [
        ("[train]\nepoch = 3\n", &["config.toml", "line 2", "epoch"][..]),
        ("theme = ", &["config.toml", "line 1"]),
        ("[train]\nepochs = 0\n", &["config.toml", "line 2", "epochs must be between 1 and 100,000 (got 0)"]),
        ("[train]\nschedule = 'linear'\n", &["config.toml", "linear", "step:10:0.5"]),
        ("theme = 'drak'\n", &["no theme `drak`", "high-contrast"]),
    ] {
        fs::write(config.join("config.toml"), settings).unwrap();
        refused(&world, &train, By::Program, 2, says);
    }

    // A broken theme is told on the screen, and hides no other.
    fs::write(config.join("config.toml"), "").unwrap();
    fs::write(config.join("themes/mine.toml"), "text = 'blurple'\n").unwrap();
    let mut terminal = world.terminal(&[], (120, 36));
    let screen = terminal.wait_for_text("train cnn");
    assert!(screen.contains("mine.toml"), "{screen}");
    terminal.press("t");
    terminal.wait_for("the hints", |screen| screen.contains("theme") && !screen.contains("mine.toml"));
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);
    refused(&world, &["--theme", "mine"], By::Program, 2, &["no theme `mine`", "mine.toml", "blurple"]);
}
