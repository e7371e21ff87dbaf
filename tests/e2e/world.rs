//! Test fixture: a temporary home directory with its runs, and processes started in it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::{Duration, Instant};
use std::{fs, thread};

use cnn_tui::run::{Event, Liveness, Origin, RunDir, RunManifest, RunStatus, StepBatch, Store};
use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::process::Process;
use crate::terminal::Terminal;

/// How long a test waits for a condition before it fails.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(1);
/// Interval for polling conditions.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Path of the binary under test, in a directory of its own: beside a `cnn-tui-cuda` it would look for a GPU.
pub(crate) const PROGRAM: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/e2e/cnn-tui");

/// Puts the binary under test there.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let (built, program) = (env!("CARGO_BIN_EXE_cnn-tui"), Path::new(PROGRAM));
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        let _ = fs::remove_file(program);
        fs::hard_link(built, program).or_else(|_| fs::copy(built, program).map(drop)).unwrap();
    });
}

/// Settings for runs that are quick to start, leave a core to others, and last longer than any test.
const LONG: &str = "[train]\ndata = 'built-in'\nthreads = 1\nepochs = 5000\n";

/// A person's home directory with nothing of the real one in it. Dropping it ends every trainer that is left.
pub(crate) struct World {
    home: TempDir,
    variables: Vec<(&'static str, OsString)>,
}

impl World {
    /// A home in which new runs last longer than any test.
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        let config = world.path().join("config/cnn-tui");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("config.toml"), LONG).unwrap();
        world
    }

    /// A home without any settings.
    pub(crate) fn bare() -> Self {
        install();
        let home = tempfile::tempdir().unwrap();
        let variables = [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("CNN_TUI_RUNS", "runs"),
        ];
        let mut variables: Vec<_> =
            variables.map(|(name, path)| (name, home.path().join(path).into_os_string())).into();
        variables.extend(std::env::var_os("PATH").map(|path| ("PATH", path)));
        variables.extend([("LANG", "C.UTF-8".into()), ("TERM", "xterm-256color".into())]);
        Self { home, variables }
    }

    /// The same with an environment variable.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn runs_dir(&self) -> PathBuf {
        self.path().join("runs")
    }

    /// Its environment variables.
    pub(crate) fn variables(&self) -> &[(&'static str, OsString)] {
        &self.variables
    }

    /// Starts the program with these arguments in a terminal of this size.
    pub(crate) fn terminal(&self, arguments: &[&str], size: (u16, u16)) -> Terminal {
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(arguments);
        self.terminal_with(command, size)
    }

    /// Puts any program in a terminal.
    pub(crate) fn terminal_with(&self, mut command: CommandBuilder, size: (u16, u16)) -> Terminal {
        command.env_clear();
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command.cwd(self.path());
        Terminal::start(command, size)
    }

    /// Starts the program with these arguments and without a terminal.
    pub(crate) fn process(&self, arguments: &[&str]) -> Process {
        let mut command = self.command(PROGRAM);
        command.args(arguments);
        Process::start(command)
    }

    /// Trains a run of this name to its end, on the built-in data with these further settings.
    pub(crate) fn trained(&self, name: &str, settings: &[&str]) {
        let train = ["train", "--foreground", "--preset", "dnn", "--data", "built-in", "--name", name];
        let ended = self.process(&[&train[..], settings].concat()).end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    /// A command of this home.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.path());
        command
    }

    /// The runs of this home.
    pub(crate) fn runs(&self) -> Vec<Run> {
        let listed = Store::open(self.runs_dir()).list();
        let runs = listed.into_iter().filter_map(cnn_tui::run::Listing::run);
        runs.filter(|run| run.origin == Origin::Own).map(|run| Run(run.dir)).collect()
    }

    /// The only run of this home, once it is there.
    pub(crate) fn run(&self) -> Run {
        wait_for("the run", || {
            let mut runs = self.runs();
            assert!(runs.len() < 2, "more than one run");
            runs.pop()
        })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let store = Store::open(self.runs_dir());
        if store.has_queue_worker() {
            store.change_queue(|queue| queue.runs.clear()).unwrap();
        }
        // A trainer that has not got its lock yet finds its directory gone, and ends. One that writes into a directory
        // while that is removed got its lock in between.
        for _ in 0..100 {
            self.runs().iter().for_each(Run::kill_trainer);
            if fs::remove_dir_all(self.path()).is_ok() {
                return;
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// A run on disk, read through the public API.
pub(crate) struct Run(RunDir);

impl Run {
    pub(crate) fn id(&self) -> &str {
        self.0.id().as_str()
    }

    pub(crate) fn name(&self) -> &str {
        self.0.id().name()
    }

    pub(crate) fn dir(&self) -> &RunDir {
        &self.0
    }

    pub(crate) fn manifest(&self) -> RunManifest {
        self.0.manifest().unwrap()
    }

    /// What its trainers reported, in order.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut reader = self.0.journal_reader();
        let mut events = Vec::new();
        loop {
            let batch = reader.poll().unwrap();
            events.extend(batch.entries.into_iter().map(|entry| entry.event));
            if batch.caught_up {
                return events;
            }
        }
    }

    /// The last step in its journal; 0 if there is none.
    pub(crate) fn step(&self) -> u64 {
        let last = |event: &Event| match event {
            Event::Steps(StepBatch { first, losses, .. }) => Some(first + losses.len() as u64 - 1),
            _ => None,
        };
        self.events().iter().rev().find_map(last).unwrap_or(0)
    }

    /// Waits until its journal holds an event.
    pub(crate) fn wait_for(&self, what: &str, is_it: impl Fn(&Event) -> bool) -> Event {
        wait_for(what, || self.events().into_iter().find(&is_it))
    }

    /// Waits until its trainer has begun.
    pub(crate) fn wait_for_start(&self) {
        self.wait_for("the start", |event| matches!(event, Event::Started(_)));
    }

    /// Waits until a step after this one is in its journal.
    pub(crate) fn wait_for_step_after(&self, step: u64) -> u64 {
        wait_for("another step", || Some(self.step()).filter(|&now| now > step))
    }

    /// The process that trains it; none if its lock is free.
    pub(crate) fn trainer(&self) -> Option<Pid> {
        match self.0.liveness() {
            Liveness::Held(holder) => Pid::from_raw(i32::try_from(holder?.pid).ok()?),
            Liveness::Elsewhere(_) | Liveness::Free | Liveness::Unknown => None,
        }
    }

    /// Waits until no process trains it any more.
    pub(crate) fn wait_for_end(&self) -> RunStatus {
        wait_for("the trainer's end", || (self.0.liveness() == Liveness::Free).then_some(()));
        self.manifest().status
    }

    /// Ends its trainer as a crash would.
    pub(crate) fn kill_trainer(&self) {
        if let Some(pid) = self.trainer() {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Polls until there is a value; fails after [`TIMEOUT`].
pub(crate) fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = poll() {
            return found;
        }
        assert!(start.elapsed() < TIMEOUT, "timed out waiting for {what}");
        thread::sleep(POLL_INTERVAL);
    }
}

/// Reports why a test cannot run here; panics if `CNN_TUI_NO_SKIP` is set.
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os("CNN_TUI_NO_SKIP").is_none(), "would skip: {reason}");
    eprintln!("skipped: {reason}");
}
