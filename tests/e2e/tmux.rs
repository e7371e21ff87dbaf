//! The dashboard in tmux.

use std::path::PathBuf;

use portable_pty::CommandBuilder;

use crate::process::Process;
use crate::world::{PROGRAM, World, skip, wait_for};

/// A tmux server of its own. Dropping it ends the server.
struct Tmux<'a> {
    world: &'a World,
    socket: PathBuf,
}

impl<'a> Tmux<'a> {
    /// Starts a session with the dashboard in it; none if there is no tmux.
    fn start(world: &'a World) -> Option<Self> {
        let tmux = Self { world, socket: world.path().join("tmux") };
        if world.command("tmux").arg("-V").output().is_err() {
            skip("there is no tmux");
            return None;
        }
        tmux.run(&["new-session", "-d", "-s", "work", "-x", "100", "-y", "30", "sh"]);
        Some(tmux)
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = self.world.command("tmux");
        command.arg("-S").arg(&self.socket).args(["-f", "/dev/null"]).args(arguments);
        let ended = Process::start(command).end();
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
        ended.out
    }

    fn press(&self, keys: &[&str]) {
        self.run(&[&["send-keys", "-t", "work"], keys].concat());
    }

    /// Waits until the pane shows all of these texts.
    fn wait_for(&self, texts: &[&str]) {
        wait_for(&format!("{texts:?} in tmux"), || {
            let screen = self.run(&["capture-pane", "-p", "-t", "work"]);
            texts.iter().all(|text| screen.contains(text)).then_some(())
        });
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let mut command = self.world.command("tmux");
        // There is no server to end if the last session has ended.
        let _ = command.arg("-S").arg(&self.socket).arg("kill-server").output();
    }
}

#[test]
fn training_outlives_tmux_clients_and_panes() {
    let world = World::new();
    let Some(tmux) = Tmux::start(&world) else { return };
    let dashboard = format!("'{PROGRAM}'");
    tmux.press(&[&dashboard, "Enter"]);
    tmux.wait_for(&["train cnn"]);
    tmux.press(&["Enter"]);
    tmux.wait_for(&["training", "step "]);
    let run = world.run();
    run.wait_for_start();
    let trainer = run.trainer();

    // A client attaches, sees the dashboard, and detaches.
    let mut attach = CommandBuilder::new("tmux");
    attach.arg("-S");
    attach.arg(&tmux.socket);
    attach.args(["attach-session", "-t", "work"]);
    let mut client = world.terminal_with(attach, (100, 31));
    client.wait_for("the run", |screen| screen.contains("training") && screen.contains(run.name()));
    tmux.run(&["detach-client", "-s", "work"]);
    assert_eq!(client.end().code, 0);
    run.wait_for_step_after(run.step());
    tmux.wait_for(&["training", run.name()]);

    // Another pane keeps the session when the dashboard's is killed.
    tmux.run(&["split-window", "-d", "-t", "work", "sh"]);
    tmux.run(&["kill-pane", "-t", "work.0"]);
    run.wait_for_step_after(run.step());
    assert_eq!(run.trainer(), trainer);
    tmux.run(&["resize-window", "-t", "work", "-x", "120", "-y", "36"]);
    tmux.press(&[&dashboard, "Enter"]);
    tmux.wait_for(&[&format!("▸ watch {}", run.name())]);
    tmux.press(&["Enter"]);
    tmux.wait_for(&["training", "step ", "loss"]);
    tmux.press(&["q"]);
    tmux.wait_for(&["Quit, stop and save"]);
    tmux.press(&["s"]);
    tmux.wait_for(&["is stopping and saving"]);
    assert_eq!(run.wait_for_end(), cnn_tui::run::RunStatus::Stopped);
}
