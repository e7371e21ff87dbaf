//! Invalid arguments, missing files and damaged data: one clear message each.

use std::fs;

use crate::world::World;

/// What rejects the input; decides the format of the message.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// clap, which adds usage and a hint at `--help`.
    Parser,
    /// The program, in one line.
    Program,
}

/// Checks that a command exits with this code, prints nothing to standard output, and that its error has these parts.
fn rejected(world: &World, arguments: &[&str], by: By, code: i32, parts: &[&str]) {
    let ended = world.process(arguments).end();
    let shown = format!("{arguments:?}: {:?}\n{}", ended.code, ended.err);
    assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{shown}");
    match by {
        By::Parser => assert!(ended.err.starts_with("error: "), "{shown}"),
        By::Program => {
            assert!(ended.err.starts_with("cnn-tui: ") && ended.err.lines().count() == 1, "{shown}");
        }
    }
    for part in parts {
        assert!(ended.err.contains(part), "{part:?} is not in {shown}");
    }
    assert!(!ended.err.chars().any(|c| c.is_control() && c != '\n'), "{shown}");
}

#[test]
fn invalid_flags_are_named_with_valid_values() {
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
        (&["train", "--preset", "rnn"], By::Program, &["unknown preset 'rnn'", "cnn, dnn"]),
        (&["train", "--preset", "\u{1b}[2J"], By::Program, &["unknown preset '[2J'", "cnn, dnn"]),
        (&["summary", "--preset", "rnn"], By::Program, &["unknown preset 'rnn'", "cnn, dnn"]),
        (&["summary", "--batch-size", "0"], By::Parser, &["'0'", "1..=65536"]),
        (&["resume"], By::Parser, &["<ID>", "Usage: cnn-tui resume"]),
        (&["--theme", "drak"], By::Program, &["unknown theme 'drak'", "dark", "light", "high-contrast"]),
        (&["--color", "8"], By::Program, &["'8'", "truecolor, 256, 16 or none"]),
        (&["--glyphs", "emoji"], By::Program, &["'emoji'", "unicode or ascii"]),
    ];
    for (arguments, by, parts) in cases {
        let headless = arguments[0] == "train";
        let arguments: Vec<&str> =
            arguments.iter().copied().chain(headless.then_some("--headless")).collect();
        // `train --epochs` is about the flag that has no value.
        let arguments =
            if arguments == ["train", "--epochs", "--headless"] { &arguments[..2] } else { &arguments };
        rejected(&world, arguments, *by, 2, parts);
    }
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn missing_terminal_suggests_headless() {
    let world = World::bare();
    for arguments in [&[][..], &["train"], &["resume", "any"]] {
        rejected(&world, arguments, By::Program, 2, &["needs a terminal", "--headless"]);
    }
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn missing_data_is_named() {
    let world = World::bare();
    let train = |data: &str, parts: &[&str]| {
        for how in ["--headless", "--foreground"] {
            let parts = [parts, &["`cnn-tui data "]].concat();
            rejected(&world, &["train", how, "--data", data], By::Program, 1, &parts);
        }
    };
    train("/no/such/place", &["/no/such/place"]);
    let empty = world.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    train(empty, &[empty, "no data set (it is empty)", "train-images-idx3-ubyte"]);
    // A relative path is relative to the working directory.
    train("empty", &[empty]);
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn damaged_data_is_named() {
    let world = World::bare();
    let dir = world.path().join("bad");
    fs::create_dir(&dir).unwrap();
    for half in ["train", "t10k"] {
        fs::write(dir.join(format!("{half}-images-idx3-ubyte")), "not an idx file at all").unwrap();
        fs::write(dir.join(format!("{half}-labels-idx1-ubyte")), [0, 0, 8, 1, 0, 0, 0, 1, 3]).unwrap();
    }
    let arguments = ["train", "--headless", "--data", dir.to_str().unwrap()];
    rejected(&world, &arguments, By::Program, 1, &["bad/train-images-idx3-ubyte"]);
    assert!(!world.runs_dir().exists(), "nothing was created");
}

#[test]
fn resume_rejects_an_unknown_run() {
    let world = World::bare();
    let runs = world.runs_dir();
    let parts = ["no run named 'nosuch'", runs.to_str().unwrap(), "--runs"];
    rejected(&world, &["resume", "nosuch", "--headless"], By::Program, 1, &parts);
    rejected(&world, &["resume", "\u{1b}]0;x\u{7}", "--headless"], By::Program, 1, &["no run named"]);
    rejected(&world, &["resume", "", "--headless"], By::Program, 1, &["no run named ''"]);
}

#[test]
fn runs_path_that_is_a_file_suggests_another_directory() {
    let world = World::bare();
    let file = world.path().join("file");
    fs::write(&file, "no directory").unwrap();
    for path in [file.clone(), file.join("below")] {
        let path = path.to_str().unwrap();
        let train = ["train", "--headless", "--data", "built-in", "--runs", path];
        rejected(&world, &train, By::Program, 1, &[path, "--runs"]);
        let listed = world.process(&["runs", "--runs", path]).end();
        assert_eq!(listed.code, Some(0));
        assert!(listed.out.contains(&format!("cannot read {path}: Not a directory")), "{}", listed.out);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "no directory");
}

#[test]
fn invalid_settings_and_themes_are_named_with_their_line() {
    let world = World::bare();
    let config = world.path().join("config/cnn-tui");
    fs::create_dir_all(config.join("themes")).unwrap();
    let train = ["train", "--headless"];
    for (settings, parts) in [
        ("[train]\nepoch = 3\n", &["config.toml", "line 2", "epoch"][..]),
        ("theme = ", &["config.toml", "line 1"]),
        ("[train]\nepochs = 0\n", &["config.toml", "line 2", "epochs must be between 1 and 100,000 (got 0)"]),
        ("[train]\nschedule = 'linear'\n", &["config.toml", "linear", "step:10:0.5"]),
        ("theme = 'drak'\n", &["unknown theme 'drak'", "high-contrast"]),
    ] {
        fs::write(config.join("config.toml"), settings).unwrap();
        rejected(&world, &train, By::Program, 2, parts);
    }

    // A broken theme is reported on the screen; the others still work.
    fs::write(config.join("config.toml"), "").unwrap();
    fs::write(config.join("themes/mine.toml"), "text = 'blurple'\n").unwrap();
    let mut terminal = world.terminal(&[], (120, 36));
    let screen = terminal.wait_for_text("train cnn");
    assert!(screen.contains("mine.toml"), "{screen}");
    terminal.press("t");
    terminal.wait_for("the hints", |screen| screen.contains("theme") && !screen.contains("mine.toml"));
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);
    rejected(&world, &["--theme", "mine"], By::Program, 2, &["unknown theme 'mine'", "mine.toml", "blurple"]);
}
