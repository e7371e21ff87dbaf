//! The trainer process: the training thread, the inbox, signals and the recorder.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::setsid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{MissedTickBehavior, interval};

use super::executable::check_device;
use super::port::{Newest, Task, TrainerMsg, TrainerPort, lock, spawn};
use super::recorder::{PendingCheckpoint, Recorder};
use super::replay::Replay;
use super::wait::{StartedBy, Wait};
use crate::data::{DataLocations, Dataset, Found, Roots};
use crate::nn::{self, Backend, DeviceKind};
use crate::run::{
    Checkpoint, CheckpointName, Command, DataInfo, Event, MachineUse, Rejection, RunConfig, RunDir, RunError,
    RunStatus,
};
use crate::shell::ShellError;
use crate::shell::machine::{self, MachineSampler};
use crate::shell::resources::source;
use crate::train::{ControlMsg, TrainError};

/// How often to read the inbox. A command takes effect within this time plus one step.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long training may take to stop after a signal before another signal ends it: a driver can hang.
const GRACE: Duration = Duration::from_secs(1);
/// Readings of the machine in one event.
const READINGS: usize = 10;

/// Trains the run in this directory to its end, from its last checkpoint if it has one, and returns its final status.
/// `warning` is recorded in the run, and progress lines are written to `out`.
pub fn train_run(
    dir: &RunDir,
    started_by: StartedBy,
    warning: Option<&str>,
    out: impl Write,
) -> Result<RunStatus, ShellError> {
    if started_by != StartedBy::Foreground {
        // A new session detaches the trainer from the terminal, so that Ctrl-C and hangups do not reach it. This fails
        // only for the leader of a process group, that is, if it was started by hand.
        let _ = setsid();
    }
    let lock = dir.lock()?;
    // Commands left over from an earlier trainer are not meant for this one.
    dir.inbox().take().map_err(RunError::from)?;
    let mut recorder = Recorder::open(dir, lock, out)?;
    if let Some(warning) = warning {
        recorder.handle(Event::Warning { text: warning.to_owned() });
    }
    let outcome = load_task(&mut recorder).and_then(|task| train_on_thread(&mut recorder, task, started_by));
    if let Err(ShellError::Run(RunError::Locked { .. })) = &outcome {
        // Another trainer holds the run now.
        return outcome;
    }
    if let (Ok(status), Some(source)) = (&outcome, recorder.print_error())
        && started_by == StartedBy::Foreground
    {
        let name = recorder.manifest().name.clone();
        return Err(ShellError::Output { source, what: format!("{name} is {status}") });
    }
    if let Err(error) = &outcome {
        let ended = Event::Ended {
            step: recorder.manifest().summary.step,
            status: RunStatus::Failed,
            reason: Some(error.to_string()),
            position: None,
        };
        // If the disk has failed, this fails too; the original error is the one to report.
        recorder.handle(ended);
        let _ = recorder.flush();
    }
    outcome
}

/// Checks that a run with these settings can start, before it is created. Returns the checksum of its data.
pub fn check(config: &RunConfig) -> Result<String, ShellError> {
    let found = DataLocations::new(source(config), &Roots::of_user()).locate()?;
    check_device(config.device)?;
    nn::build(&config.preset, DeviceKind::Cpu, Backend::best(), config.dropout)
        .map_err(TrainError::Device)?;
    Ok(found.dataset.checksum)
}

/// [Checks](check) runs before any of them is created; what they share is checked once. Returns the checksum of each run's
/// data.
pub fn check_all(configs: &[RunConfig]) -> Result<Vec<String>, ShellError> {
    let mut checksums: Vec<String> = Vec::with_capacity(configs.len());
    for config in configs {
        let is_same = |other: &RunConfig| {
            (&other.preset, &other.data, other.device) == (&config.preset, &config.data, config.device)
        };
        // Only the configs before it have a checksum.
        let known = configs.iter().zip(&checksums).find(|(other, _)| is_same(other));
        let checksum = known.map(|(_, checksum)| checksum.clone());
        checksums.push(checksum.map_or_else(|| check(config), Ok)?);
    }
    Ok(checksums)
}

/// Loads the data and the checkpoint that the run resumes from.
fn load_task(recorder: &mut Recorder<'_, impl Write>) -> Result<Task, ShellError> {
    let config = recorder.manifest().config.clone();
    let Found { dataset, broken, .. } = DataLocations::new(source(&config), &Roots::of_user()).locate()?;
    for (place, error) in broken {
        recorder.handle(Event::Warning { text: format!("skipped the data in the {place}: {error}") });
    }
    let data = data_info(&dataset);
    if let Some(before) = &recorder.manifest().provenance.dataset
        && before.checksum != data.checksum
    {
        return Err(ShellError::OtherData { before: before.description.clone(), now: data.description });
    }
    let threads = config.threads.or_else(|| thread::available_parallelism().ok().map(Into::into));
    let last = recorder.dir().checkpoint_path(CheckpointName::Last);
    let checkpoint = match Checkpoint::read(&last) {
        Ok(checkpoint) => Some(checkpoint),
        // A run without any checkpoint starts from the beginning. One with other checkpoints must not start over.
        Err(error) if error.is_not_found() && !recorder.dir().has_checkpoints()? => None,
        Err(error) => {
            let name = recorder.manifest().name.clone();
            let usable = recorder.dir().newest_usable_checkpoint()?;
            return Err(ShellError::LastCheckpoint { error: Box::new(error), name, usable });
        }
    };
    let created = recorder.manifest().created;
    if checkpoint
        .as_ref()
        .and_then(|saved| saved.progress.created)
        .is_some_and(|other| other.to_bits() != created.to_bits())
    {
        return Err(ShellError::OtherCheckpoint { path: last });
    }
    let step = checkpoint.as_ref().map_or(0, |saved| saved.progress.step);
    let changed = checkpoint.as_ref().and_then(|saved| saved.progress.changed);
    recorder.restore_changes(step, changed.map(|changed| changed.all).unwrap_or_default());
    recorder.resume(Replay::read(&mut recorder.dir().journal_reader(), step)?);
    Ok(Task { config, data, dataset: Arc::new(dataset), threads: threads.unwrap_or(1), checkpoint })
}

/// Trains the run on a thread, and records its messages.
fn train_on_thread(
    recorder: &mut Recorder<'_, impl Write>,
    task: Task,
    started_by: StartedBy,
) -> Result<RunStatus, ShellError> {
    let (command_sender, commands) = mpsc::channel();
    let (message_sender, messages) = unbounded_channel();
    let newest = Arc::default();
    let port = TrainerPort {
        messages: message_sender,
        commands,
        newest: Arc::clone(&newest),
        start: Instant::now(),
    };
    monitor(recorder.dir().path(), &port.messages);
    let thread = spawn(task, port)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(ShellError::Runtime).and_then(|runtime| {
        runtime.block_on(serve(recorder, messages, &command_sender, &newest, started_by))
    });
    if let Err(ShellError::Stuck) = served {
        // The thread does not answer; it ends with this process.
        return Err(ShellError::Stuck);
    }
    // If recording failed, training must not continue; if the thread has ended, nobody receives this.
    let _ = command_sender.send(ControlMsg::Command(Command::Stop));
    let trained = thread.join().map_err(|panic| ShellError::Panic(panic_text(&*panic)))?;
    served?;
    Ok(trained?)
}

/// Reports every ten seconds how busy the machine is, until training has ended.
fn monitor(path: &Path, messages: &UnboundedSender<TrainerMsg>) {
    let path = path.to_owned();
    // Does not keep the channel open.
    let messages = messages.downgrade();
    let read = move || {
        // Here, because a driver takes its time to answer, or hangs.
        let mut sampler = MachineSampler::new(&path);
        loop {
            let mut readings = Vec::new();
            while readings.len() < READINGS {
                thread::sleep(machine::INTERVAL);
                readings.push(sampler.read());
            }
            let (Some(messages), Some(mean)) = (messages.upgrade(), MachineUse::mean(&readings)) else {
                return;
            };
            let _ = messages.send(TrainerMsg::Event(Event::Machine(mean)));
        }
    };
    // The run is worth more than readings of the machine: without the thread there are none.
    let _ = thread::Builder::new().name("machine".to_owned()).spawn(read);
}

/// Serves the training thread until it has ended and its last message is recorded.
async fn serve(
    recorder: &mut Recorder<'_, impl Write>,
    mut messages: UnboundedReceiver<TrainerMsg>,
    commands: &mpsc::Sender<ControlMsg>,
    newest: &Newest,
    started_by: StartedBy,
) -> Result<(), ShellError> {
    let mut inbox = recorder.dir().inbox();
    let mut poll = interval(POLL_INTERVAL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut terminate = signal(SignalKind::terminate()).map_err(ShellError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ShellError::Runtime)?;
    let mut save = signal(SignalKind::user_defined1()).map_err(ShellError::Runtime)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(ShellError::Runtime)?;
    let mut trains = true;
    let mut wait = Wait::new(started_by, Instant::now());
    let mut signalled: Option<Instant> = None;
    loop {
        let (mut command, mut is_signalled) = (None, false);
        tokio::select! {
            message = messages.recv(), if trains => match message {
                Some(message) => recorder.receive(message),
                None => trains = false,
            },
            _ = poll.tick() => {
                for taken in inbox.take().unwrap_or_default() {
                    match taken {
                        Ok(command) => recorder.send(commands, command),
                        Err(Rejection { file, reason }) => {
                            recorder.handle(Event::Rejected { what: file, reason });
                        }
                    }
                }
                // Messages sent earlier must be written first.
                let checkpoint = lock(newest).take();
                while let Ok(message) = messages.try_recv() {
                    recorder.receive(message);
                }
                if let Some(checkpoint) = checkpoint {
                    recorder.queue_checkpoint(PendingCheckpoint { names: vec![CheckpointName::Last], checkpoint, is_recorded: false });
                }
                recorder.tick();
                let has_diverged = recorder.has_diverged();
                let is_over = wait.is_over(Instant::now(), has_diverged, || recorder.dir().is_watched());
                if is_over && !recorder.is_stopping() {
                    command = Some(Command::Stop);
                }
            }
            _ = terminate.recv() => is_signalled = true,
            _ = interrupt.recv() => is_signalled = true,
            _ = save.recv() => command = Some(Command::Checkpoint),
            _ = hangup.recv() => command = (started_by == StartedBy::Foreground).then_some(Command::Stop),
        }
        if is_signalled {
            if signalled.get_or_insert_with(Instant::now).elapsed() >= GRACE {
                return Err(ShellError::Stuck);
            }
            command = Some(recorder.signalled());
        }
        if let Some(command) = command {
            recorder.send(commands, command);
        }
        let all = recorder.try_flush(commands)?;
        if !trains && (all || recorder.is_stopping()) {
            // A stopping run does not wait for the disk: failing to write is an error.
            return Ok(recorder.flush()?);
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

fn data_info(dataset: &Dataset) -> DataInfo {
    DataInfo {
        description: dataset.describe(),
        train: dataset.train.len(),
        test: dataset.test.len(),
        checksum: dataset.checksum.clone(),
        source: dataset.source.to_string(),
    }
}
