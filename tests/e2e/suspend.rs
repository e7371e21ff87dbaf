//! Ctrl-Z and `fg`, in a shell with job control.

use portable_pty::CommandBuilder;
use rustix::process::{Signal, kill_process};

use crate::terminal::key::ENTER;
use crate::world::{PROGRAM, World, skip};

const CTRL_Z: &str = "\u{1a}";

/// Whether the shell shows its prompt and has reported this many stops. Input before the prompt may be lost.
fn is_prompt(screen: &str, stops: usize) -> bool {
    screen.matches("Stopped").count() == stops && screen.trim_end().ends_with(['#', '$'])
}

#[test]
fn ctrl_z_returns_to_the_shell_and_fg_restores_the_screen() {
    let world = World::new();
    if world.command("bash").arg("--version").output().is_err() {
        return skip("there is no bash");
    }
    if world.command("pgrep").arg("--version").output().is_err() {
        return skip("there is no pgrep (Debian package procps)");
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
    // The shell edits lines as before, and training continues.
    terminal.press("echo $((6 * 7))\r");
    terminal.wait_for("the echo", |screen| screen.lines().any(|line| line.trim() == "42"));
    run.wait_for_step_after(run.step());

    terminal.press("fg\r");
    terminal.wait_for("the screen", |screen| screen.contains("─ loss ") && screen.contains("training"));
    // It reads keys again, and a TSTP from another process has the same effect.
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
    // STOP leaves it no time to restore the terminal.
    kill_process(pid, Signal::STOP).unwrap();
    // Its screen is still there.
    terminal.wait_for("the shell once more", |screen| is_prompt(screen, 1));
    terminal.press("fg\r");
    terminal.wait_for("the screen", |screen| screen.contains("─ runs ─") && !screen.contains("Stopped"));
    terminal.press("q");
    terminal.wait_for_text("Quit, stop and save");
    terminal.press("d");
    // Keys typed before the shell's prompt might still go to the dashboard.
    terminal.wait_for("the prompt", |screen| {
        screen.contains("is still training") && screen.trim_end().ends_with(['#', '$'])
    });
    terminal.press("exit");
    terminal.press(ENTER);
    terminal.end();
}
