//! Following a run from a shell.

use std::io::{self, Write};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use super::launch::launch;
use super::progress_lines::ProgressLines;
use crate::run::{Command, Event, Follower, RecordedStatus, RunDir};
use crate::shell::ShellError;

/// How often to poll the run.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Starts a trainer for a run, prints progress lines until it ends, and returns the run's final status. Interrupting this
/// process stops the run; if this process is killed, the run continues.
pub fn watch(dir: &RunDir, out: impl Write) -> Result<RecordedStatus, ShellError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(ShellError::Runtime)?.block_on(follow(dir, out))
}

async fn follow(dir: &RunDir, mut out: impl Write) -> Result<RecordedStatus, ShellError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ShellError::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(ShellError::Runtime)?;
    let mut follower = Follower::new(dir.clone());
    // Events of earlier trainers are not printed. All events of the new one are, so it starts only now.
    while !follower.poll().caught_up {}
    let mut trainer = launch(dir)?;
    let batch_size = dir.record()?.config.batch_size;
    let mut lines = None;
    let mut poll = interval(POLL_INTERVAL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = false;
    loop {
        tokio::select! {
            _ = poll.tick() => {}
            _ = interrupt.recv() => stop = true,
            _ = terminate.recv() => stop = true,
        }
        // A trainer takes commands only once it has started.
        if stop && lines.is_some() {
            dir.drop_command(Command::Stop)?;
            stop = false;
        }
        // Checked before the last poll, so that this poll reads everything that the trainer wrote.
        let ended = trainer.try_wait().map_err(ShellError::Launch)?;
        loop {
            let update = follower.poll();
            for record in &update.records {
                if let Event::Ended { status, reason, .. } = &record.event {
                    return match reason {
                        Some(reason) if *status == RecordedStatus::Failed => {
                            Err(ShellError::Failed(reason.clone()))
                        }
                        _ => Ok(*status),
                    };
                }
                if let Event::Note { text } = &record.event {
                    let _ = writeln!(io::stderr(), "cnn-tui: {text}");
                }
                if let Event::Paused { step, reason, .. } = &record.event {
                    let name = dir.record().map_or_else(|_| dir.id().to_string(), |record| record.name);
                    let _ = writeln!(
                        io::stderr(),
                        "cnn-tui: {name} is paused after step {step} ({reason}); run `cnn-tui` to open it"
                    );
                }
                lines = ProgressLines::new(batch_size, &record.event).or(lines);
                for line in lines.iter().flat_map(|lines| lines.of(&record.event)) {
                    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                        // The reader has closed the pipe; the run continues.
                        return Ok(RecordedStatus::Running);
                    }
                }
            }
            if update.caught_up {
                break;
            }
        }
        if let Some(exit) = ended {
            if let Some(reason) = dir.record()?.reason {
                return Err(ShellError::Failed(reason));
            }
            return Err(ShellError::Exited { exit, log: dir.trainer_log() });
        }
    }
}
