//! The trainer process: training on a thread of its own, and around it the journal, the inbox and
//! the signals.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc as orders};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::setsid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc as messages;
use tokio::time::{MissedTickBehavior, interval};

use super::lecture::LectureLines;
use super::replay::Replay;
use crate::data::{DataLocations, Dataset, Found, Roots};
use crate::nn::{self, Backend, DeviceKind, LayerInfo};
use crate::run::{
    Checkpoint, CheckpointName, Command, DataInfo, Event, JournalEntry, JournalWriter, LayerRow, Pause,
    PauseReason, Position, RecordedStatus, Rejection, RunConfig, RunDir, RunError, RunLock, RunManifest,
};
use crate::shell::ShellError;
use crate::shell::clock::unix_seconds;
use crate::shell::resources::source;
use crate::train::{ControlMsg, Session, TrainError, TrainerHost, device_kind, train};

/// How often the inbox is looked at. A command takes effect within this and a step.
const LOOK: Duration = Duration::from_millis(50);
/// How often `run.json` is brought up to date while steps are made.
const RECORD: Duration = Duration::from_secs(1);

/// How long to wait before it is tried again to write something that could not be written.
const RETRY: Duration = Duration::from_secs(1);

/// What a trainer does when its terminal hangs up (SIGHUP).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnHangup {
    /// Stop and save: it belongs to the shell that started it.
    Stop,
    /// Keep training: it runs detached from any terminal.
    Ignore,
}

/// Trains the run in this directory to its end, from its last checkpoint if it has one, and gives its
/// final status. The lecture's lines go to `out`.
pub fn train_run(dir: &RunDir, on_hangup: OnHangup, out: impl Write) -> Result<RecordedStatus, ShellError> {
    if on_hangup == OnHangup::Ignore {
        // Neither the keys of the terminal that started it nor its end are meant for it. Only who leads
        // a group already cannot leave: a person who started it by hand, in a shell of its own.
        let _ = setsid();
    }
    let lock = dir.lock()?;
    // What an earlier trainer was told and did not hear is not meant for this one. From here on it is.
    dir.inbox().take().map_err(RunError::from)?;
    let mut desk = Recorder {
        record: dir.record()?,
        journal: dir.journal()?,
        dir,
        lock,
        replay: Replay::default(),
        lines: None,
        out,
        waiting: VecDeque::new(),
        recorded: None,
        trouble: None,
        stopping: false,
        signalled: false,
    };
    let outcome = desk.begin().and_then(|task| desk.attend(task, on_hangup));
    if let Err(ShellError::Run(RunError::Locked { .. })) = &outcome {
        // It is another trainer's now.
        return outcome;
    }
    if let Err(error) = &outcome {
        let step = desk.record.summary.step;
        let ended = Event::Ended {
            step,
            status: RecordedStatus::Failed,
            reason: Some(error.to_string()),
            position: None,
        };
        // If the disk is what failed, this fails too; then `error` is the one to tell.
        desk.note(ended);
        let _ = desk.flush();
    }
    outcome
}

/// Whether a run with these settings could begin: before it is created is the time to know.
pub fn check(config: &RunConfig) -> Result<(), ShellError> {
    if let Some(source) = source(config) {
        Dataset::load(&source)?;
    }
    nn::build(&config.preset, device_kind(config.device), Backend::best(), config.dropout)
        .map_err(TrainError::Device)?;
    Ok(())
}

/// What the train thread sends.
enum TrainerMsg {
    Event(Event),
    Save(Vec<CheckpointName>, Checkpoint),
}

/// Something to be written. The order matters: the steps of a checkpoint are in the journal before it is on the disk, and
/// a change of settings is in a checkpoint before the journal tells of it.
enum Item {
    JournalEntry(JournalEntry),
    Checkpoint(Saving),
}

/// A checkpoint that is to be written.
struct Saving {
    names: Vec<CheckpointName>,
    checkpoint: Checkpoint,
    /// Whether the journal is to tell of it. Nobody need know of those that only matter until there is a newer one.
    told: bool,
}

/// Where the train thread's word is written down. What cannot be written waits here, and training with it.
struct Recorder<'a, W> {
    dir: &'a RunDir,
    record: RunManifest,
    journal: JournalWriter,
    lock: RunLock,
    replay: Replay,
    lines: Option<LectureLines>,
    out: W,
    /// What is to be written, oldest first.
    waiting: VecDeque<Item>,
    /// When `run.json` was written last; `None` if it must be now.
    recorded: Option<Instant>,
    /// When it was tried in vain to write something.
    trouble: Option<Instant>,
    /// Whether the trainer was asked to end.
    stopping: bool,
    /// Whether a signal asked it.
    signalled: bool,
}

impl<W: Write> Recorder<'_, W> {
    /// Loads the data and what the run goes on from.
    fn begin(&mut self) -> Result<Task, ShellError> {
        let config = self.record.config.clone();
        let Found { dataset, broken, .. } =
            DataLocations::new(source(&config), &Roots::of_user()).locate()?;
        for (place, error) in broken {
            self.note(Event::Note { text: format!("the data in the {place} was passed over: {error}") });
        }
        let data = data_info(&dataset);
        if let Some(before) = &self.record.provenance.dataset
            && before.checksum != data.checksum
        {
            return Err(ShellError::OtherData { before: before.description.clone(), now: data.description });
        }
        let threads = config.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        let last = self.dir.checkpoint_path(CheckpointName::Last);
        let checkpoint = match Checkpoint::read(&last) {
            Ok(checkpoint) => Some(checkpoint),
            // A run before its first checkpoint has none. One that has others must not be begun anew over them.
            Err(error) if error.is_not_found() && !self.dir.has_checkpoints()? => None,
            Err(error) => return Err(error.into()),
        };
        let (step, epoch) =
            checkpoint.as_ref().map_or((0, 0), |saved| (saved.progress.step, saved.progress.epoch));
        self.replay = Replay::read(&mut self.dir.journal_reader(), step, epoch)?;
        if let (RecordedStatus::Running | RecordedStatus::Paused, Some(ended)) =
            (self.record.status, self.replay.ended())
        {
            self.record.begin_pause(PauseReason::Crash, ended, self.record.summary.step, None);
        }
        Ok(Task { config, data, dataset: Arc::new(dataset), threads: threads.unwrap_or(1), checkpoint })
    }

    /// Has the run trained, and writes down what comes of it.
    fn attend(&mut self, task: Task, on_hangup: OnHangup) -> Result<RecordedStatus, ShellError> {
        let (order_sender, orders) = orders::channel();
        let (message_sender, messages) = messages::unbounded_channel();
        let newest = Arc::default();
        let link = TrainerPort {
            messages: message_sender,
            orders,
            newest: Arc::clone(&newest),
            start: Instant::now(),
        };
        let thread = spawn(task, link)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let served = runtime
            .map_err(ShellError::Runtime)
            .and_then(|runtime| runtime.block_on(self.serve(messages, &order_sender, &newest, on_hangup)));
        // If this end failed, the other must not go on unheard; if it is over, nobody listens.
        let _ = order_sender.send(ControlMsg::Command(Command::Stop));
        let trained = thread.join().map_err(|panic| ShellError::Panic(panic_text(&*panic)))?;
        served?;
        Ok(trained?)
    }

    /// Serves the train thread until it has said its last word and that is written down.
    async fn serve(
        &mut self,
        mut messages: messages::UnboundedReceiver<TrainerMsg>,
        orders: &orders::Sender<ControlMsg>,
        newest: &Newest,
        on_hangup: OnHangup,
    ) -> Result<(), ShellError> {
        let mut inbox = self.dir.inbox();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut terminate = signal(SignalKind::terminate()).map_err(ShellError::Runtime)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ShellError::Runtime)?;
        let mut save = signal(SignalKind::user_defined1()).map_err(ShellError::Runtime)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(ShellError::Runtime)?;
        let mut trains = true;
        loop {
            let mut command = None;
            tokio::select! {
                message = messages.recv(), if trains => match message {
                    Some(message) => self.hear(message),
                    None => trains = false,
                },
                _ = look.tick() => {
                    for taken in inbox.take().unwrap_or_default() {
                        match taken {
                            Ok(command) => self.tell(orders, command),
                            Err(Rejection { file, reason }) => self.note(Event::Rejected { file, reason }),
                        }
                    }
                    // What was sent before it is older, and is written before it.
                    let checkpoint = lock(newest).take();
                    while let Ok(message) = messages.try_recv() {
                        self.hear(message);
                    }
                    if let Some(checkpoint) = checkpoint {
                        self.keep(Saving { names: vec![CheckpointName::Last], checkpoint, told: false });
                    }
                    if self.recorded.is_some_and(|recorded| recorded.elapsed() >= RECORD) {
                        self.recorded = None;
                    }
                }
                _ = terminate.recv() => (command, self.signalled) = (Some(Command::Stop), true),
                _ = interrupt.recv() => (command, self.signalled) = (Some(Command::Stop), true),
                _ = save.recv() => command = Some(Command::Checkpoint),
                _ = hangup.recv() => command = (on_hangup == OnHangup::Stop).then_some(Command::Stop),
            }
            if let Some(command) = command {
                self.tell(orders, command);
            }
            let all = self.write_down(orders)?;
            if !trains && (all || self.stopping) {
                // Who asked it to stop does not wait for the disk: what cannot be written is an error.
                return Ok(self.flush()?);
            }
        }
    }

    fn hear(&mut self, message: TrainerMsg) {
        match message {
            TrainerMsg::Event(event) => self.note(event),
            TrainerMsg::Save(names, checkpoint) => self.keep(Saving { names, checkpoint, told: true }),
        }
    }

    /// Hands a command on. The train thread may have ended already; then nobody is there to be told.
    fn tell(&mut self, orders: &orders::Sender<ControlMsg>, command: Command) {
        self.stopping |= command == Command::Stop;
        let _ = orders.send(ControlMsg::Command(command));
    }

    /// Takes an event in, so that it will be written down wherever it belongs.
    fn note(&mut self, event: Event) {
        if let Event::Started { .. } = event {
            self.lines = LectureLines::new(self.record.config.batch_size, &event);
        }
        let time = unix_seconds();
        if self.signalled
            && let Event::Ended { status: RecordedStatus::Stopped, step, position, .. } = &event
        {
            self.record.begin_pause(PauseReason::Signal, time, *step, position.clone());
        }
        self.record.apply(time, &event);
        if let Event::Started { .. } | Event::Resumed { .. } = event
            && let Some(pause) = self.record.pauses.last()
        {
            let _ = writeln!(self.out, "# {}", went_on(pause)).and_then(|()| self.out.flush());
        }
        if let Event::Paused { step, reason, .. } = &event {
            let _ =
                writeln!(self.out, "# paused after step {step}: {reason}").and_then(|()| self.out.flush());
        }
        if !matches!(event, Event::Steps { .. }) {
            self.recorded = None;
        }
        let news = self.replay.news(event);
        for line in news.iter().flat_map(|event| self.lines.iter().flat_map(|lines| lines.of(event))) {
            // Whoever read the lines may have gone; the run goes on.
            let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
        }
        self.waiting.extend(news.into_iter().map(|event| Item::JournalEntry(JournalEntry { time, event })));
    }

    /// Takes a checkpoint in. One that nobody knows of is not needed any more.
    fn keep(&mut self, saving: Saving) {
        self.waiting.retain(|item| !matches!(item, Item::Checkpoint(Saving { told: false, .. })));
        self.waiting.push_back(Item::Checkpoint(saving));
    }

    /// Writes down what can be written, and says whether that is all. Where the system refuses, training waits, and
    /// from time to time it is tried again.
    fn write_down(&mut self, orders: &orders::Sender<ControlMsg>) -> Result<bool, ShellError> {
        if self.trouble.is_some_and(|tried| tried.elapsed() < RETRY) {
            return Ok(false);
        }
        match self.flush() {
            Ok(()) => {
                if self.trouble.take().is_some() {
                    self.lock.sign(None).map_err(RunError::from)?;
                    let _ = orders.send(ControlMsg::Release);
                }
                Ok(true)
            }
            Err(error) if error.is_refusal() => {
                if self.trouble.replace(Instant::now()).is_none() {
                    let _ = writeln!(io::stderr(), "cnn-tui: {error}; training waits until that is over");
                    let _ = orders.send(ControlMsg::Hold);
                }
                // If not even this can be written, the lines above tell.
                let _ = self.lock.sign(Some(&error.to_string()));
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down everything that waits.
    fn flush(&mut self) -> Result<(), RunError> {
        if self.journal.is_replaced() && self.dir.path().is_dir() {
            // The directory was removed or moved, and is there again, or a copy of it: whoever has its lock trains it.
            self.lock = self.dir.lock()?;
            self.journal = self.dir.journal()?;
        }
        loop {
            self.append()?;
            let Some(Item::Checkpoint(saving)) = self.waiting.front() else { break };
            // Not even the end of the machine may leave a journal behind its checkpoint.
            self.journal.sync()?;
            self.save(saving)?;
            let Some(Item::Checkpoint(Saving { names, checkpoint, told: true })) = self.waiting.pop_front()
            else {
                continue;
            };
            self.record.summary.weights_hash = Some(checkpoint.weights_hash());
            for name in names {
                self.note(Event::Checkpoint { step: checkpoint.progress.step, name: name.to_string() });
            }
        }
        if self.recorded.is_none() {
            self.dir.write_record(&self.record)?;
            self.recorded = Some(Instant::now());
        }
        Ok(())
    }

    /// Appends the records that are next, all at once.
    fn append(&mut self) -> Result<(), RunError> {
        let next = self.waiting.iter().map_while(|item| match item {
            Item::JournalEntry(record) => Some(record),
            Item::Checkpoint(_) => None,
        });
        let records: Vec<_> = next.cloned().collect();
        self.journal.append(&records)?;
        self.waiting.drain(..records.len());
        Ok(())
    }

    fn save(&self, Saving { names, checkpoint, .. }: &Saving) -> Result<(), RunError> {
        for &name in names {
            checkpoint.write(&self.dir.checkpoint_path(name))?;
        }
        if names.iter().any(|name| matches!(name, CheckpointName::Epoch(_))) {
            self.dir.make_room(self.record.config.checkpoint_space.saturating_mul(1_000_000))?;
        }
        Ok(())
    }
}

/// Where and with what weights a run goes on after a pause, beside those before it.
fn went_on(pause: &Pause) -> String {
    let step = pause.resumed_step.unwrap_or_default();
    let place = pause.after.as_ref().map_or_else(String::new, |Position { epoch, batch, weights_hash }| {
        let hash: String = weights_hash.chars().take(12).collect();
        format!(" (epoch {}, batch {batch}, weights {hash})", epoch + 1)
    });
    let how = match &pause.before {
        Some(before) if Some(before) == pause.after.as_ref() => ", exactly where it paused".to_owned(),
        Some(_) => format!(", and not where it paused, after step {}", pause.step),
        None if pause.step > step => {
            format!("; the {} steps up to {} are done again", pause.step - step, pause.step)
        }
        None => String::new(),
    };
    format!("goes on after step {step}{place}{how}")
}

/// A checkpoint that only matters until there is a newer one.
type Newest = Mutex<Option<Checkpoint>>;

fn lock(newest: &Newest) -> MutexGuard<'_, Option<Checkpoint>> {
    newest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The train thread's end of the line. Nothing it does can block but `wait`.
struct TrainerPort {
    messages: messages::UnboundedSender<TrainerMsg>,
    orders: orders::Receiver<ControlMsg>,
    newest: Arc<Newest>,
    start: Instant,
}

impl TrainerHost for TrainerPort {
    fn report(&mut self, event: Event) {
        // If the desk is gone, it has sent `Stop` too.
        let _ = self.messages.send(TrainerMsg::Event(event));
    }

    fn save(&mut self, names: Vec<CheckpointName>, checkpoint: Checkpoint) {
        // What waits to be written is older.
        *lock(&self.newest) = None;
        let _ = self.messages.send(TrainerMsg::Save(names, checkpoint));
    }

    fn refresh(&mut self, checkpoint: Checkpoint) {
        *lock(&self.newest) = Some(checkpoint);
    }

    fn order(&mut self) -> Option<ControlMsg> {
        self.orders.try_recv().ok()
    }

    fn wait(&mut self) -> Option<ControlMsg> {
        self.orders.recv().ok()
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
    fn run(self, link: &mut TrainerPort) -> Result<RecordedStatus, TrainError> {
        let mut session = Session::new(self.config, self.dataset, self.threads)?;
        if let Some(checkpoint) = &self.checkpoint {
            session.restore(checkpoint)?;
        }
        link.report(started(&session, self.data));
        train(&mut session, link)
    }
}

fn spawn(
    task: Task,
    mut link: TrainerPort,
) -> Result<JoinHandle<Result<RecordedStatus, TrainError>>, ShellError> {
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
        kernels: match session.device() {
            DeviceKind::Cpu => session.kernels().name().to_owned(),
            DeviceKind::Cuda => String::new(),
        },
        data,
        steps_per_epoch: session.steps_per_epoch(),
        total_steps: session.total_steps(),
        parameters: session.weights().len(),
        layers: session.layers().iter().map(row).collect(),
    }
}
