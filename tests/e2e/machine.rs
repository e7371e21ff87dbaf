//! The machine pane, with a stand-in for NVIDIA's library.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use cnn_tui::run::Event;

use crate::world::World;

/// A home whose processes load the stand-in.
fn with_two_gpus() -> World {
    let world = World::new();
    let library = world.path().join("libnvidia-ml.so.1");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let compiled = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "cdylib", "-C", "panic=abort", "-o"])
        .arg(&library)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nvml/stand_in.rs"))
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
    let directory = world.path().to_str().unwrap().to_owned();
    world.with("LD_LIBRARY_PATH", &directory)
}

#[test]
fn gpus_are_shown_while_a_run_trains_and_recorded_for_later() {
    let world = with_two_gpus();
    let mut terminal = world.terminal(&["train", "--preset", "dnn"], (120, 36));
    terminal.wait_for_text("training");
    terminal.press("\x1b[Z");
    let lines =
        ["gpu 0", "41 %", "63 °C", "210 of 300 W", "Stand-in A · 4.1 of 16.0 GB · 1 process", "Stand-in B"];
    terminal.wait_for("the GPUs", |screen| lines.iter().all(|line| screen.contains(line)));
    let run = world.run();
    let recorded = run.wait_for("the readings", |event| matches!(event, Event::Machine(_)));
    let Event::Machine(recorded) = recorded else { unreachable!() };
    assert!(recorded.cpu.is_some_and(|cpu| cpu > 0.0) && recorded.memory.is_some(), "{recorded:?}");
    assert_eq!(recorded.gpus[0].busy, Some(0.41));
    assert_eq!((recorded.gpus[1].name.as_str(), recorded.gpus[1].busy), ("Stand-in B", None));
    terminal.press("s");
    terminal.wait_for_text("Stop and save");
    terminal.press("s");
    run.wait_for_end();
    let pane = world.process(&["snapshot", run.id(), "--pane", "machine", "--format", "text"]).end();
    assert!(pane.out.contains("41 %") && pane.out.contains("Stand-in B"), "{pane:?}");
}

#[test]
fn a_machine_without_gpus_shows_its_cpu() {
    let world = World::new();
    let mut terminal = world.terminal(&["train", "--preset", "dnn"], (120, 36));
    terminal.wait_for_text("training");
    terminal.press("\x1b[Z");
    let screen = terminal.wait_for("the machine", |screen| {
        ["load", "memory", "disk"].iter().all(|word| screen.contains(word))
    });
    assert!(!screen.contains("gpu 0"), "{screen}");
}
