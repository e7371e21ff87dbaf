//! Ctrl-Z and `fg`, in a shell with job control.

use portable_pty::CommandBuilder;
use rustix::process::{Signal, kill_process};

use crate::terminal::key::ENTER;
use crate::world::{PROGRAM, World, skip};

const CTRL_Z: &str = "\u{1a}";

/// Whether the shell waits for a line, after it told so often that the program is stopped. What is typed before its prompt
/// is there may be lost.
fn is_prompt(screen: &str, stops: usize) -> bool {
    screen.matches("Stopped").count() == stops && screen.trim_end().ends_with(['#', '$'])
}

#[test]
fn the_shell_comes_back_and_fg_brings_the_screen_back() {
    let world = World::new();
    if world.command("bash").arg("--version").output().is_err() {
        return skip("there is no bash");
    }
    let mut bash = CommandBuilder::new("bash");
    bash.args(["--norc", "--noprofile", "-i"]);
    let mut terminal = world.terminal_with(bash, (100, 30));
    terminal.press(&format!("{PROGRAM} train\r"));
    terminal.wait_for_text("training");
    let run = world.run();

    terminal.press(CTRL_Z);
    let screen = terminal.wait_for("the shell", |screen| is_prompt(screen, 1));
    assert!(!screen.contains("─ loss "), "{screen}");
    // Lines are edited as ever, and training goes on.
    terminal.press("echo $((6 * 7))\r");
    terminal.wait_for("the echo", |screen| screen.lines().any(|line| line.trim() == "42"));
    run.wait_for_step_after(run.step());

    terminal.press("fg\r");
    terminal.wait_for("the screen", |screen| screen.contains("─ loss ") && screen.contains("training"));
    // It hears keys again, and another program that stops it is obeyed in the same way.
    terminal.press("2");
    terminal.wait_for_text("─ runs ─");
    let bash = terminal.pid().as_raw_nonzero().to_string();
    let dashboard = world.command("pgrep").args(["-P", &bash, "-f", "train$"]).output().unwrap();
    let pid = String::from_utf8(dashboard.stdout).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    kill_process(pid, Signal::TSTP).unwrap();
    terminal.wait_for("the shell again", |screen| !screen.contains("─ runs ─") && is_prompt(screen, 2));
    terminal.press("fg\r");
    terminal.wait_for_text("─ runs ─");
    // One that leaves it no time to give the terminal back.
    kill_process(pid, Signal::STOP).unwrap();
    // Its screen is still there.
    terminal.wait_for("the shell once more", |screen| is_prompt(screen, 1));
    terminal.press("fg\r");
    terminal.wait_for("the screen", |screen| screen.contains("─ runs ─") && !screen.contains("Stopped"));
    terminal.press("q");
    terminal.wait_for_text("Leave, stop and save");
    terminal.press("d");
    // What is typed before the prompt is there may still be heard by the dashboard.
    terminal.wait_for("the prompt", |screen| {
        screen.contains("goes on training") && screen.trim_end().ends_with(['#', '$'])
    });
    terminal.press("exit");
    terminal.press(ENTER);
    terminal.end();
}
