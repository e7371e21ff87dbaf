//! The trainer process: training on a thread of its own, and around it the journal, the inbox and
//! the signals.

use std::io::Write;
use std::sync::mpsc as commands;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::setsid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc as messages;
use tokio::time::{MissedTickBehavior, interval};

use super::ShellError;
use super::clock::unix_seconds;
use super::lecture::LectureLines;
use super::replay::Replay;
use crate::data::{Dataset, Found, Places, Roots, Source};
use crate::nn::{self, Kernels, LayerInfo};
use crate::run::{
    Checkpoint, CheckpointName, Command, DataInfo, Event, JournalWriter, LayerRow, PauseReason, Record,
    RunConfig, RunDir, RunRecord, Status,
};
use crate::train::{Session, Supervisor, TrainError, device_kind, train};

/// How often the inbox is looked at. A command takes effect within this and a step.
const LOOK: Duration = Duration::from_millis(50);
/// How often `run.json` is brought up to date while steps are made.
const RECORD: Duration = Duration::from_secs(1);

/// What a trainer lives as long as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// The shell that started it: when the line drops, it stops and saves.
    Shell,
    /// Its run: a dropped line does not concern it.
    Run,
}

/// Trains the run in this directory to its end, from its last checkpoint if it has one, and gives its
/// final status. The lecture's lines go to `out`.
pub fn train_run(dir: &RunDir, tie: Tie, out: impl Write) -> Result<Status, ShellError> {
    if tie == Tie::Run {
        // Neither the keys of the terminal that started it nor its end are meant for it. Only who leads
        // a group already cannot leave: a person who started it by hand, in a shell of its own.
        let _ = setsid();
    }
    let _lock = dir.lock()?;
    // What an earlier trainer was told and did not hear is not meant for this one. From here on it is.
    dir.inbox().take()?;
    let mut desk = Desk {
        record: dir.record()?,
        journal: dir.journal()?,
        dir,
        replay: Replay::default(),
        lines: None,
        out,
        recorded: Instant::now(),
        signalled: false,
    };
    let outcome = desk.begin().and_then(|task| desk.attend(task, tie));
    if let Err(error) = &outcome {
        let step = desk.record.summary.step;
        let ended =
            Event::Ended { step, status: Status::Failed, reason: Some(error.to_string()), position: None };
        // If the disk is what failed, this fails too; then `error` is the one to tell.
        let _ = desk.take(ended).and_then(|()| desk.write_record());
    }
    outcome
}

/// Whether a run with these settings could begin: before it is created is the time to know.
pub fn check(config: &RunConfig) -> Result<(), ShellError> {
    if let Some(data) = &config.data {
        Dataset::load(&Source::from(data.clone().into_os_string()))?;
    }
    nn::build(&config.preset, device_kind(config.device), Kernels::best(), config.dropout)
        .map_err(TrainError::Device)?;
    Ok(())
}

/// What the train thread sends.
enum Message {
    Event(Event),
    Save(Vec<CheckpointName>, Checkpoint),
}

/// Where the train thread's word is written down.
struct Desk<'a, W> {
    dir: &'a RunDir,
    record: RunRecord,
    journal: JournalWriter,
    replay: Replay,
    lines: Option<LectureLines>,
    out: W,
    /// When `run.json` was written last.
    recorded: Instant,
    /// Whether a signal asked it to end.
    signalled: bool,
}

impl<W: Write> Desk<'_, W> {
    /// Loads the data and what the run goes on from.
    fn begin(&mut self) -> Result<Task, ShellError> {
        let config = self.record.config.clone();
        let source = config.data.clone().map(|path| Source::from(path.into_os_string()));
        let Found { dataset, broken, .. } = Places::new(source, &Roots::of_user()).locate()?;
        for (place, error) in broken {
            self.take(Event::Note { text: format!("the data in the {place} was passed over: {error}") })?;
        }
        let data = data_info(&dataset);
        if let Some(before) = &self.record.provenance.dataset
            && before.checksum != data.checksum
        {
            return Err(ShellError::OtherData { before: before.description.clone(), now: data.description });
        }
        let threads = config.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        let last = self.dir.checkpoint_path(CheckpointName::Last);
        let checkpoint = last.exists().then(|| Checkpoint::read(&last)).transpose()?;
        let (step, epoch) =
            checkpoint.as_ref().map_or((0, 0), |saved| (saved.progress.step, saved.progress.epoch));
        self.replay = Replay::read(&mut self.dir.journal_reader(), step, epoch)?;
        if let (Status::Running | Status::Paused, Some(ended)) = (self.record.status, self.replay.ended()) {
            self.record.begin_pause(PauseReason::Crash, ended, self.record.summary.step, None);
        }
        Ok(Task { config, data, dataset: Arc::new(dataset), threads: threads.unwrap_or(1), checkpoint })
    }

    /// Has the run trained, and writes down what comes of it.
    fn attend(&mut self, task: Task, tie: Tie) -> Result<Status, ShellError> {
        let (command_sender, commands) = commands::channel();
        let (message_sender, messages) = messages::unbounded_channel();
        let newest = Arc::default();
        let link =
            Link { messages: message_sender, commands, newest: Arc::clone(&newest), start: Instant::now() };
        let thread = spawn(task, link)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let served = runtime
            .map_err(ShellError::Runtime)
            .and_then(|runtime| runtime.block_on(self.serve(messages, &command_sender, &newest, tie)));
        // If this end failed, the other must not go on unheard; if it is over, nobody listens.
        let _ = command_sender.send(Command::Stop);
        let trained = thread.join().map_err(|panic| ShellError::Panic(panic_text(&*panic)))?;
        served?;
        let status = trained?;
        self.write_record()?;
        Ok(status)
    }

    /// Serves the train thread until it has said its last word.
    async fn serve(
        &mut self,
        mut messages: messages::UnboundedReceiver<Message>,
        commands: &commands::Sender<Command>,
        newest: &Newest,
        tie: Tie,
    ) -> Result<(), ShellError> {
        let mut inbox = self.dir.inbox();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut terminate = signal(SignalKind::terminate()).map_err(ShellError::Runtime)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ShellError::Runtime)?;
        let mut save = signal(SignalKind::user_defined1()).map_err(ShellError::Runtime)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(ShellError::Runtime)?;
        // The train thread may have ended already; then nobody is there to be told.
        let tell = |command| {
            let _ = commands.send(command);
        };
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(Message::Event(event)) => self.take(event)?,
                    Some(Message::Save(names, checkpoint)) => self.save(&names, &checkpoint)?,
                    None => return Ok(()),
                },
                _ = look.tick() => {
                    for taken in inbox.take()? {
                        match taken {
                            Ok(command) => tell(command),
                            Err(rejection) => self.take(Event::Rejected {
                                file: rejection.file,
                                reason: rejection.reason,
                            })?,
                        }
                    }
                    let checkpoint = lock(newest).take();
                    if let Some(checkpoint) = checkpoint {
                        checkpoint.write(&self.dir.checkpoint_path(CheckpointName::Last))?;
                    }
                    if self.recorded.elapsed() >= RECORD {
                        self.write_record()?;
                    }
                }
                _ = terminate.recv() => {
                    self.signalled = true;
                    tell(Command::Stop);
                }
                _ = interrupt.recv() => {
                    self.signalled = true;
                    tell(Command::Stop);
                }
                _ = save.recv() => tell(Command::Checkpoint),
                _ = hangup.recv() => if tie == Tie::Shell { tell(Command::Stop) },
            }
        }
    }

    /// Writes an event down wherever it belongs.
    fn take(&mut self, event: Event) -> Result<(), ShellError> {
        if let Event::Started { .. } = event {
            self.lines = LectureLines::new(self.record.config.batch_size, &event);
        }
        let time = unix_seconds();
        if self.signalled
            && let Event::Ended { status: Status::Stopped, step, position, .. } = &event
        {
            self.record.begin_pause(PauseReason::Signal, time, *step, position.clone());
        }
        self.record.apply(time, &event);
        let turning = !matches!(event, Event::Steps { .. });
        let news = self.replay.news(event);
        for line in news.iter().flat_map(|event| self.lines.iter().flat_map(|lines| lines.of(event))) {
            // Whoever read the lines may have gone; the run goes on.
            let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
        }
        let records: Vec<_> = news.into_iter().map(|event| Record { time, event }).collect();
        self.journal.append(&records)?;
        if turning {
            self.write_record()?;
        }
        Ok(())
    }

    fn save(&mut self, names: &[CheckpointName], checkpoint: &Checkpoint) -> Result<(), ShellError> {
        for &name in names {
            checkpoint.write(&self.dir.checkpoint_path(name))?;
        }
        if names.iter().any(|name| matches!(name, CheckpointName::Epoch(_))) {
            self.dir.make_room(self.record.config.checkpoint_space.saturating_mul(1_000_000))?;
        }
        self.record.summary.weights_hash = Some(checkpoint.weights_hash());
        for &name in names {
            self.take(Event::Checkpoint { step: checkpoint.progress.step, name: name.to_string() })?;
        }
        Ok(())
    }

    fn write_record(&mut self) -> Result<(), ShellError> {
        self.recorded = Instant::now();
        Ok(self.dir.write_record(&self.record)?)
    }
}

/// A checkpoint that only matters until there is a newer one.
type Newest = Mutex<Option<Checkpoint>>;

fn lock(newest: &Newest) -> MutexGuard<'_, Option<Checkpoint>> {
    newest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The train thread's end of the line. Nothing it does can block but `wait`.
struct Link {
    messages: messages::UnboundedSender<Message>,
    commands: commands::Receiver<Command>,
    newest: Arc<Newest>,
    start: Instant,
}

impl Supervisor for Link {
    fn report(&mut self, event: Event) {
        // If the desk is gone, it has sent `Stop` too.
        let _ = self.messages.send(Message::Event(event));
    }

    fn save(&mut self, names: Vec<CheckpointName>, checkpoint: Checkpoint) {
        // What waits to be written is older.
        *lock(&self.newest) = None;
        let _ = self.messages.send(Message::Save(names, checkpoint));
    }

    fn refresh(&mut self, checkpoint: Checkpoint) {
        *lock(&self.newest) = Some(checkpoint);
    }

    fn command(&mut self) -> Option<Command> {
        self.commands.try_recv().ok()
    }

    fn wait(&mut self) -> Option<Command> {
        self.commands.recv().ok()
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// What the train thread is to do. It builds the network itself: networks do not change threads.
struct Task {
    config: RunConfig,
    data: DataInfo,
    dataset: Arc<Dataset>,
    threads: usize,
    /// What the run goes on from; `None` for its beginning.
    checkpoint: Option<Checkpoint>,
}

impl Task {
    fn run(self, link: &mut Link) -> Result<Status, TrainError> {
        let mut session = Session::new(self.config, self.dataset, self.threads)?;
        if let Some(checkpoint) = &self.checkpoint {
            session.restore(checkpoint)?;
        }
        link.report(started(&session, self.data));
        train(&mut session, link)
    }
}

fn spawn(task: Task, mut link: Link) -> Result<JoinHandle<Result<Status, TrainError>>, ShellError> {
    std::thread::Builder::new()
        .name("train".to_owned())
        .spawn(move || task.run(&mut link))
        .map_err(ShellError::Runtime)
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

fn started(session: &Session, data: DataInfo) -> Event {
    let row = |layer: &LayerInfo| LayerRow {
        name: layer.name.clone(),
        kind: layer.kind.name().to_owned(),
        setting: layer.setting.clone(),
        output: layer.output.clone(),
        parameters: layer.parameters,
    };
    Event::Started {
        step: session.progress().step,
        position: Some(session.position()),
        device: session.device().to_string(),
        threads: session.threads(),
        data,
        steps_per_epoch: session.steps_per_epoch(),
        total_steps: session.total_steps(),
        parameters: session.weights().len(),
        layers: session.layers().iter().map(row).collect(),
    }
}
