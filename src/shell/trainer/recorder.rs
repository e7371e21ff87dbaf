//! Recording of the training thread's messages in the run directory.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::port::TrainerMsg;
use super::progress_lines::ProgressLines;
use super::replay::Replay;
use crate::run::{
    Change, Checkpoint, CheckpointName, Command, Event, JournalEntry, JournalWriter, Pause, PauseReason,
    Position, RunDir, RunError, RunLock, RunManifest, RunStatus, Timeline,
};
use crate::shell::ShellError;
use crate::shell::clock::unix_seconds;
use crate::train::ControlMsg;

/// How often to write `run.json` while training.
const RECORD: Duration = Duration::from_secs(1);
/// Time between attempts to write after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// Data waiting to be written. The order matters: steps must be in the journal before their checkpoint is on disk, and a
/// change of settings must be in a checkpoint before it is in the journal.
enum Item {
    JournalEntry(JournalEntry),
    Checkpoint(PendingCheckpoint),
}

/// A checkpoint waiting to be written.
pub(super) struct PendingCheckpoint {
    pub(super) names: Vec<CheckpointName>,
    pub(super) checkpoint: Checkpoint,
    /// Whether the journal records it. Checkpoints that are soon replaced by newer ones are not recorded.
    pub(super) is_recorded: bool,
}

/// Records the training thread's messages in the run directory. If writing fails, the data waits here and training pauses.
pub(super) struct Recorder<'a, W> {
    dir: &'a RunDir,
    manifest: RunManifest,
    journal: JournalWriter,
    lock: RunLock,
    replay: Replay,
    /// The timeline of the journal, including entries that are waiting to be written.
    timeline: Timeline,
    lines: Option<ProgressLines>,
    out: W,
    /// Data waiting to be written, oldest first.
    waiting: VecDeque<Item>,
    /// When `run.json` was last written; `None` if it must be written now.
    manifest_written: Option<Instant>,
    /// Time of the last failed attempt; `None` unless writing currently fails.
    last_failure: Option<Instant>,
    /// Whether the trainer was asked to stop.
    stopping: bool,
    /// Whether a signal asked the trainer to stop.
    signalled: bool,
    /// The first error of printing, other than a closed pipe.
    print_error: Option<io::Error>,
}

impl<'a, W: Write> Recorder<'a, W> {
    /// Creates the recorder for the run in this directory, whose lock the caller holds. Progress is printed to `out`.
    pub(super) fn open(dir: &'a RunDir, lock: RunLock, out: W) -> Result<Self, RunError> {
        Ok(Self {
            manifest: dir.manifest()?,
            journal: dir.journal()?,
            dir,
            lock,
            replay: Replay::default(),
            timeline: Timeline::default(),
            lines: None,
            out,
            waiting: VecDeque::new(),
            manifest_written: None,
            last_failure: None,
            stopping: false,
            signalled: false,
            print_error: None,
        })
    }

    /// Continues the journal. If the last trainer was killed, the time since then is recorded as a pause.
    pub(super) fn resume(&mut self, replay: Replay) {
        if let (RunStatus::Running | RunStatus::Paused, Some(ended)) = (self.manifest.status, replay.ended())
        {
            self.manifest.begin_pause(PauseReason::Crash, ended, self.manifest.summary.step, None);
        }
        (self.timeline, self.replay) = (replay.timeline(), replay);
    }

    /// Takes over the settings of the checkpoint that the run resumes from.
    pub(super) fn restore_changes(&mut self, step: u64, changed: Change) {
        self.manifest.restore_changes(step, changed);
    }

    /// The run's directory.
    pub(super) fn dir(&self) -> &'a RunDir {
        self.dir
    }

    /// The run's manifest, up to date with every event.
    pub(super) fn manifest(&self) -> &RunManifest {
        &self.manifest
    }

    /// Whether the run is paused because it has diverged.
    pub(super) fn has_diverged(&self) -> bool {
        self.manifest.status == RunStatus::Paused && self.manifest.has_diverged()
    }

    /// Whether the trainer was asked to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Records that a signal asked the trainer to stop, and returns the stop command.
    pub(super) fn signalled(&mut self) -> Command {
        self.signalled = true;
        Command::Stop
    }

    /// Schedules `run.json` to be written if it is due.
    pub(super) fn tick(&mut self) {
        if self.manifest_written.is_some_and(|written| written.elapsed() >= RECORD) {
            self.manifest_written = None;
        }
    }

    /// Handles a message from the training thread.
    pub(super) fn receive(&mut self, message: TrainerMsg) {
        match message {
            // Readings of the machine say nothing about a paused run.
            TrainerMsg::Event(Event::Machine(_)) if self.manifest.status != RunStatus::Running => {}
            TrainerMsg::Event(event) => self.handle(event),
            TrainerMsg::Save(names, checkpoint) => {
                self.queue_checkpoint(PendingCheckpoint { names, checkpoint, is_recorded: true });
            }
        }
    }

    /// Passes a command to the training thread, unless it has ended.
    pub(super) fn send(&mut self, commands: &mpsc::Sender<ControlMsg>, command: Command) {
        self.stopping |= command == Command::Stop;
        let _ = commands.send(ControlMsg::Command(command));
    }

    /// Handles an event.
    ///
    /// The manifest follows the trainer, even while it repeats steps that are already in the journal. The journal, the
    /// printed lines and the timeline receive only [new](Replay::new_events) events, each once.
    pub(super) fn handle(&mut self, event: Event) {
        let time = unix_seconds();
        self.update_manifest(time, &event);
        self.print_pauses(&event);
        Self::print_warning(&event);
        if matches!(event, Event::Started(_)) {
            self.lines = ProgressLines::new(self.manifest.config.batch_size, &event);
        }
        for event in self.replay.new_events(event) {
            self.record(time, event);
        }
    }

    /// Updates the manifest and schedules it to be written, immediately unless the event only reports steps.
    fn update_manifest(&mut self, time: f64, event: &Event) {
        if self.signalled
            && let Event::Ended { status: RunStatus::Stopped, step, position, .. } = event
        {
            // The first reason for a pause is kept: without it, `apply` would record the reason `stop`.
            self.manifest.begin_pause(PauseReason::Signal, time, *step, position.clone());
        }
        self.manifest.apply(time, event);
        if !matches!(event, Event::Steps(_)) {
            self.manifest_written = None;
        }
    }

    /// Prints a warning, so that it is in the log. The reader of `out` may want only the lecture's progress lines.
    fn print_warning(event: &Event) {
        let text = match event {
            Event::Warning { text } => text.clone(),
            Event::Rejected { what, reason } => format!("rejected {what}: {reason}"),
            _ => return,
        };
        let _ = writeln!(io::stderr(), "cnn-tui: {text}");
    }

    /// Prints where training paused or resumed. The manifest contains the pause that has just ended.
    fn print_pauses(&mut self, event: &Event) {
        match event {
            Event::Started(_) | Event::Resumed { .. } => {
                if let Some(pause) = self.manifest.pauses.last() {
                    self.print(&format!("# {}", describe_resume(pause)));
                }
            }
            Event::Paused { step, reason, .. } => {
                self.print(&format!("# paused after step {step}: {reason}"));
            }
            _ => {}
        }
    }

    /// Queues an event that is new for the journal.
    fn record(&mut self, time: f64, event: Event) {
        self.timeline.apply(time, &event);
        if matches!(event, Event::Rewound { .. }) {
            // A discarded epoch may have been the best.
            self.manifest.summary.recompute(self.timeline.reports());
            self.manifest_written = None;
        }
        for line in self.lines.iter().flat_map(|lines| lines.of(&event)).collect::<Vec<_>>() {
            self.print(&line);
        }
        self.waiting.push_back(Item::JournalEntry(JournalEntry { time, event }));
    }

    /// Prints a line. The run continues whether or not that works.
    fn print(&mut self, line: &str) {
        if let Err(error) = writeln!(self.out, "{line}").and_then(|()| self.out.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.print_error.get_or_insert(error);
        }
    }

    /// Why a line could not be printed; `None` if all were, or if the reader has closed the pipe.
    pub(super) fn print_error(&mut self) -> Option<io::Error> {
        self.print_error.take()
    }

    /// Queues a checkpoint. A waiting checkpoint without a name is dropped.
    pub(super) fn queue_checkpoint(&mut self, mut pending: PendingCheckpoint) {
        pending.checkpoint.progress.created = Some(self.manifest.created);
        self.waiting
            .retain(|item| !matches!(item, Item::Checkpoint(PendingCheckpoint { is_recorded: false, .. })));
        self.waiting.push_back(Item::Checkpoint(pending));
    }

    /// Writes as much as possible, and returns whether nothing is left. If writing fails, training waits and writing is
    /// retried every second.
    pub(super) fn try_flush(&mut self, commands: &mpsc::Sender<ControlMsg>) -> Result<bool, ShellError> {
        if self.last_failure.is_some_and(|tried| tried.elapsed() < RETRY) {
            return Ok(false);
        }
        match self.flush() {
            Ok(()) => {
                if self.last_failure.take().is_some() {
                    self.lock.sign(None).map_err(RunError::from)?;
                    let _ = commands.send(ControlMsg::DiskRecovered);
                }
                Ok(true)
            }
            Err(error) if error.is_os_error() => {
                if self.last_failure.replace(Instant::now()).is_none() {
                    let _ = writeln!(
                        io::stderr(),
                        "cnn-tui: {error}; training pauses until the run directory can be written again"
                    );
                    let _ = commands.send(ControlMsg::DiskFailed);
                }
                // Should this fail too, the message is on standard error.
                let _ = self.lock.sign(Some(&error.to_string()));
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes all waiting data.
    pub(super) fn flush(&mut self) -> Result<(), RunError> {
        if self.journal.is_replaced() && self.dir.path().is_dir() {
            // The directory was removed or moved and has come back, perhaps as a copy: its lock must be acquired again.
            self.lock = self.dir.lock()?;
            self.journal = self.dir.journal()?;
        }
        loop {
            self.append()?;
            let Some(Item::Checkpoint(pending)) = self.waiting.front() else { break };
            // Even after a power failure, no checkpoint may be ahead of the journal.
            self.journal.sync()?;
            self.save(pending)?;
            let Some(Item::Checkpoint(PendingCheckpoint { names, checkpoint, is_recorded: true })) =
                self.waiting.pop_front()
            else {
                continue;
            };
            self.manifest.summary.weights_hash = Some(checkpoint.weights_hash());
            for name in names {
                self.handle(Event::Checkpoint { step: checkpoint.progress.step, name: name.to_string() });
            }
        }
        if self.manifest_written.is_none() {
            self.dir.write_manifest(&self.manifest)?;
            self.manifest_written = Some(Instant::now());
        }
        Ok(())
    }

    /// Appends the journal entries up to the next checkpoint, all at once.
    fn append(&mut self) -> Result<(), RunError> {
        let next = self.waiting.iter().map_while(|item| match item {
            Item::JournalEntry(entry) => Some(entry),
            Item::Checkpoint(_) => None,
        });
        let entries: Vec<_> = next.cloned().collect();
        self.journal.append(&entries)?;
        self.waiting.drain(..entries.len());
        Ok(())
    }

    fn save(&self, PendingCheckpoint { names, checkpoint, .. }: &PendingCheckpoint) -> Result<(), RunError> {
        for &name in names {
            checkpoint.write(&self.dir.checkpoint_path(name))?;
        }
        if names.iter().any(|name| matches!(name, CheckpointName::Epoch(_))) {
            self.dir.make_room(self.manifest.config.checkpoint_space.saturating_mul(1_000_000))?;
        }
        Ok(())
    }
}

/// Describes where and with which weights a run resumes, and whether that is exactly where it paused.
fn describe_resume(pause: &Pause) -> String {
    let step = pause.resumed_step.unwrap_or_default();
    let place = pause.after.as_ref().map_or_else(String::new, |Position { epoch, batch, weights_hash }| {
        let hash: String = weights_hash.chars().take(12).collect();
        format!(" (epoch {}, batch {batch}, weights {hash})", epoch + 1)
    });
    let how = match &pause.before {
        Some(before) if Some(before) == pause.after.as_ref() => ", exactly where it paused".to_owned(),
        Some(_) => format!(", and not where it paused, after step {}", pause.step),
        None if pause.step > step => {
            format!("; the {} steps up to {} are trained again", pause.step - step, pause.step)
        }
        None => String::new(),
    };
    format!("resumed after step {step}{place}{how}")
}
