//! The event loop of the dashboard: applies messages, performs effects, and draws a frame after changes.

use std::process::Child;
use std::time::{Duration, Instant};
use std::{io, thread};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{MissedTickBehavior, interval};

use super::input;
use super::input_parser::Input;
use super::observe::Observer;
use super::terminal::{DrawTarget, TakenTerminal};
use crate::app::{
    Action, App, BINDINGS, Effect, ExitSummary, GlobalAction, Key, Msg, Notice, PresetInfo, QueueChange,
    RunsAction, ViewState, key_of, update,
};
use crate::data::DataError;
use crate::metrics::text;
use crate::nn::PRESETS;
use crate::run::{RunConfig, RunDir, RunId, Store};
use crate::shell::clock::unix_seconds;
use crate::shell::services::{LrFinderThread, send_predictions};
use crate::shell::thread::spawn;
use crate::shell::trainer::{launch, record_failed_start};
use crate::shell::{
    ShellError, StartedBy, Untrained, check, check_all, fork, launch_queue, new_run, paths, queue_runs,
    restore, untrained, with_absolute_data,
};
use crate::ui::theme::{RenderTheme, Theme};
use crate::ui::{ColorDepth, Glyphs, Size, View};

/// The same key again within this time may be one that is held: terminals repeat it after 250 to 660 ms.
const REPEAT: Duration = Duration::from_millis(700);
/// At most 20 frames a second.
const FRAME: Duration = Duration::from_millis(50);
/// Restored runs are named if there are at most this many.
const MAX_NAMES: usize = 3;
/// How often the time on the screen is updated: ages and pauses count in seconds.
const SECOND: Duration = Duration::from_secs(1);

/// Options of the dashboard: themes, terminal, and the settings of new runs.
#[derive(Debug, Clone)]
pub struct DashboardOptions {
    /// The themes; there is at least one.
    pub themes: Vec<Theme>,
    /// Index of the initial theme.
    pub theme: usize,
    /// Whether it was given as an option, which overrides the theme of the last session.
    pub theme_is_chosen: bool,
    /// Colour depth of the terminal.
    pub depth: ColorDepth,
    /// Symbols that the terminal shows.
    pub glyphs: Glyphs,
    /// The settings of new runs.
    pub defaults: RunConfig,
    /// An error to show on start.
    pub notice: Option<String>,
}

impl DashboardOptions {
    /// The initial state, with the current time.
    pub(crate) fn app(&self) -> App {
        let presets = PRESETS
            .iter()
            .map(|preset| PresetInfo { name: preset.name.to_owned(), about: preset.about.to_owned() });
        let mut app = App::new(presets.collect(), self.defaults.clone(), self.themes.len());
        app.shared.theme = self.theme;
        app.shared.notice = self.notice.clone().map(Notice::Error);
        app.shared.now = unix_seconds();
        app
    }

    /// The current theme, adapted to the terminal.
    pub(crate) fn render_theme(&self, app: &App) -> RenderTheme {
        let theme = &self.themes[app.shared.theme.min(self.themes.len() - 1)];
        RenderTheme::new(theme, self.depth, self.glyphs)
    }
}

/// Runs the dashboard, showing this run if there is one. Returns a summary of the open run to print on exit.
pub fn dashboard(
    store: Store,
    show: Option<(RunDir, Child)>,
    options: &DashboardOptions,
) -> Result<Option<ExitSummary>, ShellError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(ShellError::Runtime)?;
    runtime.block_on(async {
        let screen = TakenTerminal::take().map_err(ShellError::Terminal)?;
        let mut shell = Shell::new(screen, store, options)?;
        if let Some((dir, trainer)) = show {
            shell.handle(Msg::Started(dir.id().clone()));
            reap(dir, trainer, shell.sender.clone());
        }
        let input = input::events().map_err(ShellError::Runtime)?;
        shell.run(input).await.map_err(ShellError::Terminal)
    })
}

/// Whether a key quits on every screen.
fn is_quit(key: Key) -> bool {
    let quit = Action::Everywhere(GlobalAction::Quit);
    BINDINGS.iter().any(|binding| binding.action == quit && binding.keys.contains(&key))
}

fn with_built_in_data(config: RunConfig) -> RunConfig {
    RunConfig { data: Some("built-in".into()), ..config }
}

/// Asks whether to do this with the built-in data set.
fn unusable(error: &DataError, instead: Effect) -> Msg {
    let reason = match error {
        DataError::Unusable { location, source } => {
            format!("The data set in the {location} cannot be used: {source}.")
        }
        error => format!("{error}."),
    };
    Msg::DataUnusable { reason, instead: Box::new(instead) }
}

/// Creates runs and queues them, if they can start.
fn sweep(store: &Store, configs: Vec<RunConfig>) -> Result<Msg, ShellError> {
    let ready = configs.iter().cloned().map(with_absolute_data).collect::<Result<Vec<_>, ShellError>>()?;
    let checksums = match check_all(&ready) {
        Err(ShellError::Data(error)) if matches!(error, DataError::Unusable { .. }) => {
            let instead = configs.into_iter().map(with_built_in_data).collect();
            return Ok(unusable(&error, Effect::Sweep(instead)));
        }
        checked => checked?,
    };
    // A single run trains even if it repeats an earlier one; a sweep skips those.
    let Untrained { new, known } = if ready.len() > 1 {
        untrained(store, ready.into_iter().zip(checksums))
    } else {
        Untrained { new: ready, known: Vec::new() }
    };
    if new.is_empty() {
        return Ok(Msg::Done("every combination is already trained or queued".to_owned()));
    }
    let runs = queue_runs(store, &new.into_iter().map(new_run).collect::<Vec<_>>(), None)?;
    let queued = text::number_of(runs.len() as u64, "run");
    let resume = key_of(Action::Runs(RunsAction::ResumeQueue)).map(|key| key.to_string()).unwrap_or_default();
    let is_paused = store.queue()?.paused;
    let then = if is_paused { format!("; the queue is paused, {resume} resumes it") } else { String::new() };
    let skipped = match known.len() {
        0 => String::new(),
        count => format!(", {count} skipped (already trained or queued)"),
    };
    Ok(Msg::Done(format!("{queued} queued{skipped}{then}")))
}

/// Starts a trainer for this run and shows it.
fn start_trainer(dir: RunDir, sender: &UnboundedSender<Msg>) {
    match launch(&dir, StartedBy::Dashboard) {
        Ok(trainer) => {
            let _ = sender.send(Msg::Started(dir.id().clone()));
            reap(dir, trainer, sender.clone());
        }
        Err(error) => drop(sender.send(Msg::Failed(error.to_string()))),
    }
}

/// Waits on a thread for a trainer to exit, and reports it if it failed without a recorded reason.
fn reap(dir: RunDir, mut trainer: Child, sender: UnboundedSender<Msg>) {
    let wait = move || {
        let Ok(exit) = trainer.wait() else { return };
        let silent = dir.manifest().is_ok_and(|manifest| manifest.reason.is_none());
        if silent && exit.code().is_some_and(|code| code != 0) {
            let error = ShellError::Exited { exit, log: dir.trainer_log() };
            record_failed_start(&dir, &error);
            let _ = sender.send(Msg::Failed(error.to_string()));
        }
    };
    // The trainer keeps running even if the thread cannot be created.
    let _ = thread::Builder::new().name("reap".to_owned()).spawn(wait);
}

/// The dashboard exits with this summary.
struct End(Option<ExitSummary>);

struct Shell<'a, S> {
    screen: S,
    store: Store,
    options: &'a DashboardOptions,
    app: App,
    sender: UnboundedSender<Msg>,
    messages: UnboundedReceiver<Msg>,
    observer: Observer,
    /// The view state as last saved.
    view_state: ViewState,
    /// The current learning-rate range test, or the last one.
    search: Option<LrFinderThread>,
    /// The last key and when it was pressed.
    last_key: Option<(Key, Instant)>,
    is_stale: bool,
    end: Option<End>,
}

impl<'a, S: DrawTarget> Shell<'a, S> {
    fn new(screen: S, store: Store, options: &'a DashboardOptions) -> Result<Self, ShellError> {
        let mut app = options.app();
        let view_state = paths::read_view_state();
        app.shared.restore(&view_state);
        let remembered = options.themes.iter().position(|theme| theme.name == view_state.theme);
        app.shared.theme = remembered.filter(|_| !options.theme_is_chosen).unwrap_or(app.shared.theme);
        let (sender, messages) = unbounded_channel();
        let observer =
            Observer::start(store.clone(), &options.defaults, &sender).map_err(ShellError::Runtime)?;
        Ok(Self {
            screen,
            store,
            options,
            app,
            sender,
            messages,
            observer,
            view_state,
            search: None,
            last_key: None,
            is_stale: true,
            end: None,
        })
    }

    /// Runs until the user quits, a signal ends it, or the terminal is gone.
    async fn run(
        &mut self,
        mut input: UnboundedReceiver<io::Result<Input>>,
    ) -> io::Result<Option<ExitSummary>> {
        let mut frames = interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seconds = interval(SECOND);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut hangup = signal(SignalKind::hangup())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut quit = signal(SignalKind::quit())?;
        let mut abort = signal(SignalKind::from_raw(Signal::ABORT.as_raw()))?;
        let mut stop = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?;
        let mut resume = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        let mut resize = signal(SignalKind::window_change())?;
        loop {
            tokio::select! {
                biased;
                event = input.recv() => match event {
                    Some(input) => self.hear(input?),
                    None => return Ok(None),
                },
                _ = frames.tick(), if self.is_stale => self.draw()?,
                Some(msg) = self.messages.recv() => self.handle(msg),
                _ = seconds.tick() => {
                    self.handle(Msg::Time(unix_seconds()));
                    self.remember();
                }
                _ = hangup.recv() => return Ok(None),
                _ = terminate.recv() => return Ok(None),
                _ = interrupt.recv() => return Ok(None),
                _ = quit.recv() => return Ok(None),
                _ = abort.recv() => return Ok(None),
                _ = resize.recv() => self.is_stale = true,
                _ = stop.recv() => self.screen.suspend()?,
                _ = resume.recv() => {
                    self.screen.take_again()?;
                    self.is_stale = true;
                }
            }
            if let Some(End(summary)) = self.end.take() {
                self.remember();
                return Ok(summary);
            }
        }
    }

    /// Saves the view state and the theme if they have changed.
    fn remember(&mut self) {
        let theme = match self.options.themes.get(self.app.shared.theme) {
            // A theme given as an option applies to this session only.
            Some(theme) if !self.options.theme_is_chosen => theme.name.clone(),
            _ => self.view_state.theme.clone(),
        };
        let view_state = ViewState { theme, ..self.app.shared.view_state() };
        if view_state != self.view_state {
            paths::write_view_state(&view_state);
            self.view_state = view_state;
        }
    }

    fn hear(&mut self, input: Input) {
        let has_room = self.room() > Size::TooSmall;
        match input {
            // When the terminal is too small to draw, only keys that quit work.
            Input::Key(key) if !has_room && is_quit(key) => self.end = Some(End(None)),
            Input::Key(key) if has_room => self.press(key),
            Input::Paste(text) if has_room => self.handle(Msg::Paste(text)),
            Input::Key(_) | Input::Paste(_) => {}
        }
    }

    /// Passes a key on. Terminals do not say whether a key is held, so the same key within the time in which they begin
    /// to repeat it is taken for a repetition.
    fn press(&mut self, key: Key) {
        let last = self.last_key.replace((key, Instant::now()));
        let is_repeated = last.is_some_and(|(before, at)| before == key && at.elapsed() < REPEAT);
        self.handle(if is_repeated { Msg::Repeat(key) } else { Msg::Key(key) });
    }

    fn room(&self) -> Size {
        let (width, height) = self.screen.size().unwrap_or_default();
        Size::of(Rect::new(0, 0, width, height))
    }

    fn handle(&mut self, msg: Msg) {
        self.is_stale = true;
        for effect in update(&mut self.app, msg) {
            match effect {
                Effect::Follow(id) => self.observer.follow(id),
                Effect::Compare(ids) => self.observer.compare(ids),
                Effect::Predict(runs) => send_predictions(self.store.clone(), runs, &self.sender),
                Effect::FindRate(number, config) => {
                    self.search = Some(LrFinderThread::start(number, *config, &self.sender));
                }
                Effect::CancelRangeTest => self.search = None,
                Effect::Train(config) => self.train(*config),
                Effect::Fork(parent, from, change) => self
                    .start(|shell| Ok(fork(&shell.store, &shell.store.run(&parent)?, from, change, None)?)),
                Effect::Resume(id) => self.start(|shell| Ok(shell.store.run(&id)?)),
                Effect::Sweep(configs) => self.sweep(configs),
                Effect::Send(id, command) => self.perform(|shell| {
                    shell.store.run(&id)?.drop_command(command)?;
                    Ok(None)
                }),
                Effect::Label(id, labels) => self.perform(|shell| {
                    shell.store.label(&shell.store.run(&id)?, labels)?;
                    Ok(None)
                }),
                Effect::Delete(id) => self.perform(|shell| {
                    shell.store.delete(&shell.store.run(&id)?)?;
                    Ok(Some(Msg::Deleted(vec![id])))
                }),
                Effect::Restore(ids) => self.perform(|shell| {
                    let restore = |id: &RunId| Ok(restore(&shell.store, id.as_str())?.manifest()?.name);
                    let names = ids.iter().map(restore).collect::<Result<Vec<_>, ShellError>>()?;
                    let what = if names.len() > MAX_NAMES {
                        text::number_of(names.len() as u64, "run")
                    } else {
                        names.join(", ")
                    };
                    Ok(Some(Msg::Done(format!("restored {what}"))))
                }),
                Effect::Queue(change) => self.perform(|shell| shell.change_queue(change)),
                Effect::Redraw => self.screen.forget(),
                Effect::Suspend => {
                    if let Err(error) = self.screen.suspend() {
                        self.post(Msg::Failed(format!("cannot suspend: {error}")));
                    }
                }
                Effect::Exit(summary) => self.end = Some(End(summary)),
            }
        }
    }

    /// Performs an action, reports its outcome, and lists the runs again.
    fn perform(&mut self, act: impl FnOnce(&mut Self) -> Result<Option<Msg>, ShellError>) {
        match act(self) {
            Ok(msg) => msg.into_iter().for_each(|msg| self.post(msg)),
            Err(error) => self.post(Msg::Failed(error.to_string())),
        }
        self.observer.list();
    }

    /// Creates a run and starts its trainer, if it can start. Its data is read on a thread, since that takes a while.
    fn train(&self, config: RunConfig) {
        let store = self.store.clone();
        self.spawn("start", move |sender| {
            let ready = with_absolute_data(config.clone()).and_then(|ready| check(&ready).map(|_| ready));
            match ready.and_then(|ready| Ok(store.create(&new_run(ready))?)) {
                Ok(dir) => start_trainer(dir, sender),
                Err(ShellError::Data(error)) if matches!(error, DataError::Unusable { .. }) => {
                    let instead = Effect::Train(Box::new(with_built_in_data(config)));
                    let _ = sender.send(unusable(&error, instead));
                }
                Err(error) => drop(sender.send(Msg::Failed(error.to_string()))),
            }
        });
    }

    /// Creates runs and queues them, if they can start, on a thread for the same reason.
    fn sweep(&self, configs: Vec<RunConfig>) {
        let store = self.store.clone();
        self.spawn("sweep", move |sender| {
            let msg = sweep(&store, configs).unwrap_or_else(|error| Msg::Failed(error.to_string()));
            let _ = sender.send(msg);
        });
    }

    fn spawn(&self, name: &'static str, work: impl FnOnce(&UnboundedSender<Msg>) + Send + 'static) {
        if let Err(error) = spawn(name, &self.sender, work) {
            self.post(Msg::Failed(ShellError::Runtime(error).to_string()));
        }
    }

    fn change_queue(&self, change: QueueChange) -> Result<Option<Msg>, ShellError> {
        let store = &self.store;
        match change {
            QueueChange::Pause => store.change_queue(|queue| queue.paused = true)?,
            QueueChange::Resume => {
                store.resume_queue()?;
                launch_queue(store)?;
            }
            QueueChange::Shift(id, places) => store.change_queue(|queue| queue.shift(&id, places))?,
            QueueChange::Empty => {
                return Ok(Some(Msg::Deleted(store.unqueue(&store.queue()?.runs)?)));
            }
        }
        Ok(None)
    }

    fn post(&self, msg: Msg) {
        // Cannot fail: this struct also owns the receiver.
        let _ = self.sender.send(msg);
    }

    /// Starts a trainer for the run that `run` finds or creates.
    fn start(&self, run: impl FnOnce(&Self) -> Result<RunDir, ShellError>) {
        match run(self) {
            Ok(dir) => start_trainer(dir, &self.sender),
            Err(error) => self.post(Msg::Failed(error.to_string())),
        }
    }

    /// Draws the current state; writes nothing if no cell has changed.
    fn draw(&mut self) -> io::Result<()> {
        self.is_stale = false;
        let (width, height) = self.screen.size()?;
        let theme = self.options.render_theme(&self.app);
        let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
        View { app: &self.app, theme: &theme }.draw(&mut cells);
        self.screen.show(&cells)
    }
}
