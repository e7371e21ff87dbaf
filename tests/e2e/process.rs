//! A program without a terminal.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::wait_for;

/// Held while a program is started: until they are marked, a new terminal's ends would be open in any other program
/// that starts at that moment, and so never be closed.
pub(crate) static STARTING: Mutex<()> = Mutex::new(());

/// A program whose output is collected. Dropping it ends the program.
pub(crate) struct Process {
    child: Child,
    out: Collected,
    err: Collected,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Process {
    /// Starts a command with nothing to read. What it writes is collected.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        Self::start_into(command)
    }

    /// The same, with the standard output wherever the command has it.
    pub(crate) fn start_into(mut command: Command) -> Self {
        let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        drop(starting);
        let (out, err) = (Collected::of(child.stdout.take()), Collected::of(child.stderr.take()));
        Self { child, out, err }
    }

    /// Waits until the standard output holds this text.
    pub(crate) fn wait_for_text(&mut self, text: &str) {
        wait_for(&format!("{text:?}"), || {
            let found = self.out.text().contains(text);
            assert!(found || self.child.try_wait().unwrap().is_none(), "it ended: {}", self.err.text());
            found.then_some(())
        });
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn end(mut self) -> Ended {
        let status = wait_for("the program's end", || self.child.try_wait().unwrap());
        Ended { code: status.code(), out: self.out.all(), err: self.err.all() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Both fail only if it ended meanwhile.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The output of a pipe, collected on a thread.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Collected {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let to = Arc::clone(&bytes);
        let collect = |pipe| thread::spawn(move || collect(pipe, &to).unwrap());
        Self { bytes, thread: pipe.map(collect) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// All of it, once the pipe's other end is closed.
    fn all(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        self.text()
    }
}

fn collect(mut pipe: impl Read, to: &Mutex<Vec<u8>>) -> io::Result<()> {
    let mut bytes = [0; 1 << 12];
    loop {
        let count = pipe.read(&mut bytes)?;
        if count == 0 {
            return Ok(());
        }
        to.lock().unwrap().extend(&bytes[..count]);
    }
}
