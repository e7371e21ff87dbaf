//! The event loop of the dashboard: applies messages, performs effects, and draws a frame after changes.

use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{MissedTickBehavior, interval};

use super::effects::Effects;
use super::input;
use super::input_parser::Input;
use super::observe::Observer;
use super::options::DashboardOptions;
use super::terminal::{DrawTarget, TakenTerminal};
use super::trainers::reap;
use crate::app::{Action, App, BINDINGS, Effect, ExitSummary, GlobalAction, Key, Msg, ViewState, update};
use crate::run::{RunDir, Store};
use crate::shell::clock::unix_seconds;
use crate::shell::{ShellError, paths};
use crate::ui::{Size, View};

/// The same key again within this time may be one that is held: terminals repeat it after 250 to 660 ms.
const REPEAT: Duration = Duration::from_millis(700);
/// At most 20 frames a second.
const FRAME: Duration = Duration::from_millis(50);
/// How often the time on the screen is updated: ages and pauses count in seconds.
const SECOND: Duration = Duration::from_secs(1);

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
            reap(dir, trainer, shell.effects.sender.clone());
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

/// The dashboard exits with this summary.
struct End(Option<ExitSummary>);

struct Shell<'a, S> {
    screen: S,
    options: &'a DashboardOptions,
    app: App,
    effects: Effects,
    messages: UnboundedReceiver<Msg>,
    /// The view state as last saved.
    view_state: ViewState,
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
            options,
            app,
            effects: Effects { store, sender, observer, range_test: None },
            messages,
            view_state,
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
        // These two would otherwise leave the terminal as it is on the screen.
        let mut quit = signal(SignalKind::quit())?;
        let mut abort = signal(SignalKind::from_raw(Signal::ABORT.as_raw()))?;
        let mut stop = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?;
        let mut resume = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        let mut resize = signal(SignalKind::window_change())?;
        loop {
            tokio::select! {
                biased;
                event = input.recv() => match event {
                    Some(input) => self.accept(input?),
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
            // A theme given as an option applies until the dashboard exits.
            Some(theme) if !self.options.theme_is_chosen => theme.name.clone(),
            _ => self.view_state.theme.clone(),
        };
        let view_state = ViewState { theme, ..self.app.shared.view_state() };
        if view_state != self.view_state {
            paths::write_view_state(&view_state);
            self.view_state = view_state;
        }
    }

    fn accept(&mut self, input: Input) {
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
                Effect::Redraw => self.screen.forget(),
                Effect::Suspend => {
                    if let Err(error) = self.screen.suspend() {
                        self.effects.post(Msg::Failed(format!("cannot suspend: {error}")));
                    }
                }
                Effect::Exit(summary) => self.end = Some(End(summary)),
                effect => self.effects.perform(effect),
            }
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
