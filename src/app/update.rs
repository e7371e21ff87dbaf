//! How the state changes: by messages, one at a time.

use super::binding::action;
use super::{Action, App, Dialog, Key, Offer, Pane, RunView, Screen, Zoom};
use crate::run::{Command, Listed, RunConfig, RunDir, Status, Update};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The runs on disk were listed.
    Runs(Vec<Listed>),
    /// The run that is followed was looked at.
    Run(RunDir, Box<Update>),
    /// It was found out what new runs would be trained on.
    Data(String),
    /// A trainer was started for this run.
    Started(RunDir),
    /// Something did not work.
    Failed(String),
    /// Time passed: seconds since 1970.
    Time(f64),
}

/// Something to be done in the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Follow this run, and no other.
    Follow(RunDir),
    /// Create a run and start its trainer. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Train(Box<RunConfig>),
    /// Start a trainer for this run. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Resume(RunDir),
    /// Tell the trainer of this run.
    Send(RunDir, Command),
    /// Draw everything anew.
    Redraw,
    /// End the program.
    Exit(Option<Farewell>),
}

/// What becomes of the run that was on the screen, to be told in the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farewell {
    /// The run's name.
    pub name: String,
    /// The last thing it was told; none: it goes on as it is.
    pub told: Option<Command>,
}

/// Changes the state by a message, and tells what is to be done for it.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => {
            app.notice = None;
            return action(app, key).map(|action| act(app, action)).unwrap_or_default();
        }
        Msg::Runs(runs) => list(app, runs),
        Msg::Run(dir, update) => {
            if let Some(run) = &mut app.run
                && run.dir == dir
            {
                run.update(*update);
            }
        }
        Msg::Data(data) => app.data = Some(data),
        Msg::Started(dir) => return open(app, dir),
        Msg::Failed(problem) => {
            app.notice = Some(problem);
            if let Some(run) = &mut app.run {
                run.asked = None;
            }
        }
        Msg::Time(now) => app.now = now,
    }
    Vec::new()
}

/// Takes the runs in, and keeps the selection on the same run.
fn list(app: &mut App, runs: Vec<Listed>) {
    let selected = app.selected().map(|run| run.dir.clone());
    let offered = app.offers().get(app.selected_offer).map(offered);
    app.runs = Some(runs);
    let place = |dir| app.runs.iter().flatten().position(|listed| is_run(listed, dir));
    let last = app.runs.iter().flatten().count().saturating_sub(1);
    app.selected_run = selected.as_ref().and_then(place).unwrap_or(app.selected_run).min(last);
    let offers = app.offers();
    // Before the first listing nobody has chosen anything: then the likeliest stays the first.
    let same = offered.filter(|_| app.selected_offer > 0);
    let place = same.and_then(|same| offers.iter().position(|offer| self::offered(offer) == same));
    app.selected_offer = place.unwrap_or(app.selected_offer).min(offers.len().saturating_sub(1));
}

fn is_run(listed: &Listed, dir: &RunDir) -> bool {
    matches!(listed, Listed::Run(run) if run.dir == *dir)
}

/// What makes an offer the same offer after a new listing.
fn offered(offer: &Offer<'_>) -> String {
    match offer {
        Offer::Attach(run) => run.dir.id().to_string(),
        Offer::Train(preset) => preset.name.clone(),
        Offer::Runs(_) => String::new(),
    }
}

fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Pause => return tell(app, Command::Pause),
        Action::Continue => return tell(app, Command::Resume),
        Action::Checkpoint => return tell(app, Command::Checkpoint),
        Action::Stop => {
            app.dialog = None;
            return tell(app, Command::Stop);
        }
        Action::Resume => {
            return app.resumable().map(|dir| Effect::Resume(dir.clone())).into_iter().collect();
        }
        Action::AskStop => app.dialog = Some(Dialog::Stop),
        Action::NextPane => app.focus = next(app.focus, 1),
        Action::PreviousPane => app.focus = next(app.focus, Pane::ALL.len() - 1),
        Action::Zoom => {
            app.zoom = match app.zoom {
                Zoom::Together => Zoom::Alone,
                Zoom::Alone => Zoom::Together,
            }
        }
        Action::PreviousLayer => choose_layer(app, |layer, count| (layer + count - 1) % count),
        Action::NextLayer => choose_layer(app, |layer, count| (layer + 1) % count),
        Action::Up => move_by(app, -1),
        Action::Down => move_by(app, 1),
        Action::PageUp => move_by(app, -10),
        Action::PageDown => move_by(app, 10),
        Action::First => move_by(app, isize::MIN),
        Action::Last => move_by(app, isize::MAX),
        Action::Choose => return choose(app),
        Action::Back => back(app),
        Action::ShowHome => app.screen = Screen::Home,
        Action::ShowLive => app.screen = Screen::Live,
        Action::ShowRuns => app.screen = Screen::Runs,
        Action::NextTheme => app.theme = (app.theme + 1) % app.themes.max(1),
        Action::Help => app.dialog = Some(Dialog::Help),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Quit => return quit(app),
        Action::Leave => return leave(app, None),
        Action::PauseAndLeave => return leave(app, Some(Command::Pause)),
        Action::StopAndLeave => return leave(app, Some(Command::Stop)),
    }
    Vec::new()
}

/// Asks the trainer; the screen shows that it was asked until it answers.
fn tell(app: &mut App, command: Command) -> Vec<Effect> {
    let Some(run) = &mut app.run else { return Vec::new() };
    run.asked = Some(command);
    vec![Effect::Send(run.dir.clone(), command)]
}

fn next(pane: Pane, by: usize) -> Pane {
    let place = Pane::ALL.iter().position(|other| *other == pane).unwrap_or(0);
    Pane::ALL[(place + by) % Pane::ALL.len()]
}

fn choose_layer(app: &mut App, choice: impl Fn(usize, usize) -> usize) {
    let count = app.run.as_ref().map_or(0, |run| run.kernels.len());
    if count > 0 {
        app.kernel_layer = choice(app.kernel_layer.min(count - 1), count);
        app.kernel_channel = 0;
    }
}

/// Moves the selection, or scrolls, by so many rows.
fn move_by(app: &mut App, rows: isize) {
    let runs = app.runs.as_ref().map_or(0, Vec::len);
    let offers = app.offers().len();
    match (app.screen, app.focus) {
        (Screen::Home, _) => step(&mut app.selected_offer, rows, offers),
        (Screen::Runs, _) => step(&mut app.selected_run, rows, runs),
        (Screen::Live, Pane::Log) => {
            let lines = app.run.as_ref().map_or(0, |run| run.log.len());
            step(&mut app.log_scroll, rows.saturating_neg(), lines);
        }
        (Screen::Live, _) => {
            let kernels = app.run.as_ref().and_then(|run| run.kernels.get(app.kernel_layer));
            let channels = kernels.and_then(|kernels| kernels.shape.get(1)).copied().unwrap_or(0);
            step(&mut app.kernel_channel, rows, channels);
        }
    }
}

fn step(place: &mut usize, rows: isize, count: usize) {
    *place = place.saturating_add_signed(rows).min(count.saturating_sub(1));
}

fn choose(app: &mut App) -> Vec<Effect> {
    if app.screen == Screen::Runs {
        return match app.selected().map(|run| run.dir.clone()) {
            Some(dir) => open(app, dir),
            None => Vec::new(),
        };
    }
    match app.offers().get(app.selected_offer) {
        Some(Offer::Attach(run)) => {
            let dir = run.dir.clone();
            open(app, dir)
        }
        Some(Offer::Train(preset)) => {
            let config = RunConfig { preset: preset.name.clone(), ..app.defaults.clone() };
            vec![Effect::Train(Box::new(config))]
        }
        Some(Offer::Runs(_)) => {
            app.screen = Screen::Runs;
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Puts a run on the screen.
fn open(app: &mut App, dir: RunDir) -> Vec<Effect> {
    app.screen = Screen::Live;
    app.dialog = None;
    if app.run.as_ref().is_some_and(|run| run.dir == dir) {
        return Vec::new();
    }
    (app.kernel_layer, app.kernel_channel, app.log_scroll) = (0, 0, 0);
    app.run = Some(RunView::new(dir.clone()));
    vec![Effect::Follow(dir)]
}

fn back(app: &mut App) {
    if app.dialog.take().is_some() {
        return;
    }
    match (app.screen, app.zoom) {
        (Screen::Live, Zoom::Alone) => app.zoom = Zoom::Together,
        (Screen::Live, Zoom::Together) => app.screen = Screen::Runs,
        (Screen::Runs | Screen::Home, _) => app.screen = Screen::Home,
    }
}

/// Asks what is to become of the run on the screen if it is live, else leaves.
fn quit(app: &mut App) -> Vec<Effect> {
    if app.run.as_ref().is_some_and(RunView::is_live) {
        app.dialog = Some(Dialog::Quit);
        return Vec::new();
    }
    vec![Effect::Exit(None)]
}

fn leave(app: &App, told: Option<Command>) -> Vec<Effect> {
    let Some(run) = &app.run else { return vec![Effect::Exit(None)] };
    let asked = told.or_else(|| (run.status() == Some(Status::Paused)).then_some(Command::Pause));
    let farewell = Farewell { name: run.name().to_owned(), told: asked };
    let send = told.map(|command| Effect::Send(run.dir.clone(), command));
    send.into_iter().chain([Effect::Exit(Some(farewell))]).collect()
}
