//! Output of commands: summary, help, the table of runs.

use std::{fs, io};

use crate::process::Process;
use crate::world::{PROGRAM, World};

/// torchsummary's output for the `cnn` preset.
const SUMMARY: &str = "\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1           [64, 10, 24, 24]             260
            Conv2d-2             [64, 20, 8, 8]           5,020
         Dropout2d-3             [64, 20, 8, 8]               0
            Linear-4                   [64, 50]          16,050
            Linear-5                   [64, 10]             510
================================================================
Total params: 21,840
Trainable params: 21,840
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): 0.19
Forward/backward pass size (MB): 4.09
Params size (MB): 0.08
Estimated Total Size (MB): 4.37
----------------------------------------------------------------
";

/// Output of a command, which must succeed.
fn printed(world: &World, arguments: &[&str]) -> String {
    let ended = world.process(arguments).end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}");
    ended.out
}

#[test]
fn summary_equals_torchsummary() {
    let world = World::bare();
    assert_eq!(printed(&world, &["summary"]), SUMMARY);
    let dnn = printed(&world, &["summary", "--preset", "dnn", "--batch-size", "1"]);
    assert!(dnn.contains("[1, 256]         200,960") && dnn.contains("Total params: 235,146"), "{dnn}");
}

#[test]
fn every_command_has_help() {
    let world = World::bare();
    let help = printed(&world, &["--help"]);
    for word in ["train", "resume", "runs", "summary", "data", "--theme", "--runs"] {
        assert!(help.contains(word), "{word} in {help}");
    }
    for command in ["train", "resume", "runs", "summary", "data"] {
        let help = printed(&world, &[command, "--help"]);
        assert!(help.contains(&format!("Usage: cnn-tui {command}")), "{help}");
    }
    for command in
        [&[][..], &["train"], &["queue"], &["sweep"], &["runs"], &["runs", "export"], &["snapshot"]]
    {
        let help = printed(&world, &[command, &["--help"]].concat());
        assert!(help.contains("\nExamples:\n  cnn-tui"), "{help}");
    }
    assert_eq!(printed(&world, &["--version"]), format!("cnn-tui {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn broken_run_is_listed_beside_the_others() {
    let world = World::bare();
    let train = ["train", "--foreground", "--preset", "dnn", "--data", "built-in", "--epochs", "1"];
    printed(&world, &train);
    let run = world.run();
    let broken = world.runs_dir().join("20260101-000000-torn-page");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join("run.json"), "{\"schema\": 1, \"id\": \"20260").unwrap();

    let table = printed(&world, &["runs"]);
    let row = |id: &str| table.lines().find(|line| line.starts_with(id)).unwrap_or_default().to_owned();
    let whole = row(run.id());
    assert!(whole.contains("finished") && whole.contains("1/1") && whole.contains("built in"), "{table}");
    let torn = row("20260101-000000-torn-page");
    assert!(torn.contains("broken") && torn.contains("run.json: invalid run.json"), "{table}");

    let mut terminal = world.terminal(&[], (120, 36));
    terminal.wait_for_text("show all runs");
    terminal.press("2");
    let screen = terminal.wait_for("both", |screen| screen.contains("finished") && screen.contains("broken"));
    assert!(screen.contains(run.name()) && screen.contains("torn-page"), "{screen}");
    // The broken one is the last; what is wrong with it stands beside it.
    terminal.press("G");
    terminal
        .wait_for("the reason", |screen| screen.contains("details") && screen.contains("invalid run.json"));
    terminal.press("g");
    terminal.wait_for("the other's details", |screen| screen.contains("test loss"));
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);

    let ended = world.process(&["resume", "20260101-000000-torn-page", "--headless"]).end();
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains("torn-page/run.json: invalid run.json"), "{}", ended.err);
}

#[test]
fn older_runs_are_read_and_newer_ones_are_listed_as_such() {
    let world = World::bare();
    let write = |id: &str, manifest: &str| {
        let dir = world.runs_dir().join(id);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("run.json"), manifest).unwrap();
    };
    // The least that a run ever had.
    let oldest = r#"{"schema": 1, "id": "20261001-000000-old-page", "status": "finished", "created": 1.5}"#;
    write("20261001-000000-old-page", oldest);
    let newest = r#"{"schema": 99, "id": "20261002-000000-new-page", "state": {"is": "another thing"}}"#;
    write("20261002-000000-new-page", newest);
    let table = printed(&world, &["runs"]);
    let row = |id: &str| table.lines().find(|line| line.starts_with(id)).unwrap_or_default().to_owned();
    assert!(row("20261001-000000-old-page").contains("finished"), "{table}");
    assert!(row("20261002-000000-new-page").contains("written by a newer cnn-tui (schema 99"), "{table}");
    let mut terminal = world.terminal(&[], (120, 36));
    terminal.wait_for_text("show all runs");
    terminal.press("2");
    terminal.wait_for_text("newer cnn-tui");
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);
}

#[test]
fn write_errors_of_the_output_are_reported() {
    let world = World::bare();
    for arguments in [&["summary"][..], &["runs"], &["data", "show"]] {
        let mut command = world.command(PROGRAM);
        command.args(arguments).stdout(fs::File::create("/dev/full").unwrap());
        let ended = Process::start_into(command).end();
        assert_eq!(ended.code, Some(1), "{arguments:?}");
        let message = ["cnn-tui: cannot write output", "No space left on device"];
        assert!(message.iter().all(|part| ended.err.contains(part)), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn closed_output_pipe_is_not_an_error() {
    let world = World::bare();
    for arguments in [&["summary"][..], &["runs"], &["data", "show"]] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut command = world.command(PROGRAM);
        command.args(arguments).stdout(writer);
        let ended = Process::start_into(command).end();
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
