//! The dashboard over a real SSH line that drops.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cnn_tui::run::{Event, RunStatus, StepBatch};
use portable_pty::CommandBuilder;
use rustix::process::{Signal, kill_process};

use crate::terminal::Terminal;
use crate::terminal::key::{ENTER, SPACE};
use crate::world::{PROGRAM, World, skip, wait_for};

const SSHD: &str = "/usr/sbin/sshd";

/// A server on this machine's own address, with keys of its own. Dropping it ends it.
struct Server<'a> {
    world: &'a World,
    port: u16,
    user: String,
    sshd: Child,
}

impl<'a> Server<'a> {
    /// Starts it; none if there is no OpenSSH.
    fn start(world: &'a World) -> Option<Self> {
        if !Path::new(SSHD).exists() || world.command("ssh").arg("-V").output().is_err() {
            skip("there is no OpenSSH server and client");
            return None;
        }
        let path = |name: &str| world.path().join(name).display().to_string();
        for key in ["host", "user"] {
            let mut keygen = world.command("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]);
            assert!(keygen.status().unwrap().success());
        }
        // sshd's privilege separation directory, which must exist if it runs as root.
        let _ = fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n",
            path("host"),
            path("user.pub"),
        );
        fs::write(path("sshd_config"), config).unwrap();
        let mut sshd = Command::new(SSHD);
        sshd.args(["-D", "-e", "-f", &path("sshd_config")]);
        let sshd = sshd.stdin(Stdio::null()).stderr(fs::File::create(path("sshd.log")).unwrap());
        let sshd = sshd.spawn().unwrap();
        let id = Command::new("id").arg("-un").output().unwrap();
        let user = String::from_utf8(id.stdout).unwrap().trim().to_owned();
        let server = Self { world, port, user, sshd };
        wait_for("the SSH server", || TcpStream::connect(("127.0.0.1", port)).ok());
        Some(server)
    }

    /// Logs in, with a terminal, and starts the program there.
    fn login(&self, arguments: &[&str]) -> Terminal {
        let mut ssh = CommandBuilder::new("ssh");
        ssh.args([
            "-tt",
            "-F",
            "none",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ]);
        ssh.args(["-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-i"]);
        ssh.arg(self.world.path().join("user"));
        ssh.args(["-p", &self.port.to_string(), &format!("{}@127.0.0.1", self.user), "env", "-i"]);
        for (name, value) in self.world.variables() {
            ssh.arg(format!("{name}={}", value.to_str().unwrap()));
        }
        ssh.arg(PROGRAM);
        ssh.args(arguments);
        self.world.terminal_with(ssh, (100, 30))
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // Both fail only if it ended by itself.
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

#[test]
fn training_outlives_a_dropped_ssh_connection_and_a_new_login_sees_every_step() {
    let world = World::new();
    let Some(server) = Server::start(&world) else { return };
    let line = server.login(&["train"]);
    line.wait_for_text("training");
    let run = world.run();
    let before = run.wait_for_step_after(0);

    // The line is gone without a word: in the middle of an epoch, and of whatever was being drawn.
    kill_process(line.pid(), Signal::KILL).unwrap();
    drop(line);
    let after = run.wait_for_step_after(before + 10);
    assert_eq!(run.manifest().status, RunStatus::Running);

    let mut line = server.login(&[]);
    line.wait_for_text(&format!("watch {}", run.name()));
    line.press(ENTER);
    let screen = line.wait_for("the run", |screen| screen.contains("training") && screen.contains("─ loss "));
    assert!(screen.contains(run.name()), "{screen}");
    let mut next = 1;
    for event in run.events() {
        if let Event::Steps(StepBatch { first, losses, .. }) = event {
            assert_eq!(first, next, "a step that nobody can see");
            next += losses.len() as u64;
        }
    }
    assert!(next > after);

    // Somebody else looks, from another line. Both can pause it, and both see that.
    let mut other = server.login(&[]);
    other.wait_for_text(&format!("watch {}", run.name()));
    other.press(ENTER);
    other.wait_for("the run", |screen| screen.contains("training") && screen.contains("─ loss "));
    line.press(SPACE);
    line.wait_for_text("paused for ");
    other.wait_for_text("paused for ");
    other.press(SPACE);
    other.wait_for("training", |screen| screen.contains("training") && screen.contains("ETA"));
    line.wait_for("training", |screen| screen.contains("training") && screen.contains("ETA"));
    other.press(SPACE);
    line.wait_for_text("paused for ");
}
