//! Following a run from a shell.

use std::io::{self, Write};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::launch::launch;
use super::progress_lines::ProgressLines;
use super::wait::StartedBy;
use crate::run::{Command, Event, Follower, JournalEntry, RunDir, RunStatus};
use crate::shell::ShellError;

/// How often to poll the run.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long to wait for a signal after the output was closed.
const GRACE: Duration = Duration::from_millis(500);

/// Starts a trainer for a run, prints progress lines until it ends, and returns the run's final status. Interrupting this
/// process stops the run; if this process is killed, the run continues.
pub fn watch(dir: &RunDir, out: impl Write) -> Result<RunStatus, ShellError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(ShellError::Runtime)?.block_on(follow(dir, out))
}

async fn follow(dir: &RunDir, mut out: impl Write) -> Result<RunStatus, ShellError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ShellError::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(ShellError::Runtime)?;
    let mut follower = Follower::new(dir.clone());
    // Events of earlier trainers are not printed. All events of the new one are, so it starts only now.
    while !follower.poll().caught_up {}
    let mut trainer = launch(dir, StartedBy::Unattended)?;
    let batch_size = dir.manifest()?.config.batch_size;
    let mut lines = None;
    let mut poll = interval(POLL_INTERVAL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut stop, mut stopping) = (false, false);
    // Why following the run ended early.
    let mut closed: Option<io::Error> = None;
    loop {
        tokio::select! {
            _ = poll.tick() => {}
            _ = interrupt.recv() => stop = true,
            _ = terminate.recv() => stop = true,
        }
        // A trainer takes commands only once it has started.
        if stop && lines.is_some() {
            dir.drop_command(Command::Stop)?;
            (stop, stopping) = (false, true);
        }
        // Checked before the last poll, so that this poll reads everything that the trainer wrote.
        let ended = trainer.try_wait().map_err(ShellError::Launch)?;
        loop {
            let update = follower.poll();
            for JournalEntry { event, .. } in &update.entries {
                if let Event::Ended { status, reason, .. } = event {
                    return match reason {
                        Some(reason) if *status == RunStatus::Failed => {
                            Err(ShellError::Failed(reason.clone()))
                        }
                        _ => Ok(*status),
                    };
                }
                print_warning(dir, event);
                lines = ProgressLines::new(batch_size, event).or(lines);
                for line in lines.iter().flat_map(|lines| lines.of(event)) {
                    if closed.is_none() {
                        closed = writeln!(out, "{line}").and_then(|()| out.flush()).err();
                    }
                }
            }
            if update.caught_up {
                break;
            }
        }
        if let Some(error) = &closed
            && !stop
            && !stopping
        {
            // Ctrl-C also ends the reader of a pipe. A pending stop must not be lost.
            tokio::select! {
                () = sleep(GRACE) => return left_training(dir, error),
                _ = interrupt.recv() => stop = true,
                _ = terminate.recv() => stop = true,
            }
        }
        if let Some(exit) = ended {
            if let Some(reason) = dir.manifest()?.reason {
                return Err(ShellError::Failed(reason));
            }
            return Err(ShellError::Exited { exit, log: dir.trainer_log() });
        }
    }
}

/// Prints what a person should know of an event, beside the progress.
fn print_warning(dir: &RunDir, event: &Event) {
    let text = match event {
        Event::Warning { text } => text.clone(),
        Event::Paused { step, reason, .. } => {
            let name = dir.manifest().map_or_else(|_| dir.id().to_string(), |manifest| manifest.name);
            format!("{name} is paused after step {step} ({reason}); run `cnn-tui` to open it")
        }
        _ => return,
    };
    let _ = writeln!(io::stderr(), "cnn-tui: {text}");
}

/// Ends without the run, whose progress cannot be printed any more.
fn left_training(dir: &RunDir, error: &io::Error) -> Result<RunStatus, ShellError> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // The reader has closed the pipe, which is not an error.
        return Ok(RunStatus::Running);
    }
    let name = dir.manifest()?.name;
    let what = format!("{name} is still training; run `cnn-tui` to open it");
    Err(ShellError::Output { source: io::Error::new(error.kind(), error.to_string()), what })
}
