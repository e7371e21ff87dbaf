//! How the state changes: by messages, one at a time.

use super::binding::action;
use super::compare::MOST;
use super::{
    Action, App, BINDINGS, Browse, Compare, ComparedChart, Dialog, Form, Key, Offer, Pane, RunView, Screen,
    Zoom,
};
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
    /// One of the runs that are compared was looked at.
    Compared(RunDir, Box<Update>),
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
    /// Follow these runs, and no others, to compare them.
    Compare(Vec<RunDir>),
    /// Create a run and start its trainer. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Train(Box<RunConfig>),
    /// Start a trainer for this run. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Resume(RunDir),
    /// Tell the trainer of this run.
    Send(RunDir, Command),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back to the shell until it says to go on.
    Suspend,
    /// End the program.
    Exit(Option<Farewell>),
}

/// What becomes of the run that was on the screen, to be told in the shell.
#[derive(Debug, Clone, PartialEq)]
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
            if typed(app, key) {
                return Vec::new();
            }
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
        Msg::Compared(dir, update) => {
            if let Some(compare) = &mut app.compare {
                compare.update(&dir, *update);
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

/// Types a key where something is typed.
fn typed(app: &mut App, key: Key) -> bool {
    match app.dialog {
        Some(Dialog::Form) => app.form.as_mut().is_some_and(|form| form.type_key(key)),
        Some(Dialog::Search) => arrange(app, |browse, runs| browse.type_key(key, runs)),
        _ => false,
    }
}

/// Changes which runs are shown, and keeps the selection on the same run if it is still there.
fn arrange<T>(app: &mut App, change: impl FnOnce(&mut Browse, &[Listed]) -> T) -> T {
    let selected = app.selected().map(|run| run.dir.clone());
    let runs = app.runs.take();
    let outcome = change(&mut app.browse, runs.as_deref().unwrap_or_default());
    app.runs = runs;
    let place = |dir| app.shown_runs().position(|listed| is_run(listed, dir));
    let last = app.shown_runs().len().saturating_sub(1);
    app.selected_run = selected.as_ref().and_then(place).unwrap_or(app.selected_run).min(last);
    outcome
}

/// Takes the runs in, and keeps the selection on the same run.
fn list(app: &mut App, runs: Vec<Listed>) {
    let selected = app.selected().map(|run| run.dir.clone());
    let offered = app.offers().get(app.selected_offer).map(offered);
    app.runs = Some(runs);
    arrange(app, Browse::arrange);
    let place = |dir| app.shown_runs().position(|listed| is_run(listed, dir));
    if let Some(place) = selected.as_ref().and_then(place) {
        app.selected_run = place;
    }
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
        Offer::Runs { .. } => String::new(),
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
        Action::Edit => ask(app, Form::new),
        Action::GoBack => ask(app, Form::back),
        Action::Mark => mark(app),
        Action::Unmark => app.marked.clear(),
        Action::Compare => return compare(app),
        Action::NextAxis => with_compare(app, |compare| compare.along = compare.along.next()),
        Action::NextChart => with_compare(app, |compare| {
            compare.chart = match compare.chart {
                ComparedChart::Loss => ComparedChart::Accuracy,
                ComparedChart::Accuracy => ComparedChart::Loss,
            }
        }),
        Action::Baseline => with_compare(app, Compare::make_baseline),
        Action::Search => {
            app.browse.begin();
            app.dialog = Some(Dialog::Search);
        }
        Action::Complete => arrange(app, Browse::complete),
        Action::NextSort => arrange(app, Browse::next_sort),
        Action::TurnSort => arrange(app, Browse::turn_sort),
        Action::Submit if app.dialog == Some(Dialog::Search) => {
            arrange(app, Browse::ask);
            app.dialog = None;
        }
        Action::Submit => return submit(app),
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
        Action::Help => {
            app.dialog = Some(Dialog::Help);
            app.help_scroll = 0;
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Quit => return quit(app),
        Action::Leave => return leave(app, None),
        Action::GoOnAndLeave => return leave(app, Some(Command::Resume)),
        Action::PauseAndLeave => return leave(app, Some(Command::Pause)),
        Action::StopAndLeave => return leave(app, Some(Command::Stop)),
    }
    Vec::new()
}

/// Asks for new settings of the run on the screen.
fn ask(app: &mut App, form: fn(RunConfig) -> Form) {
    if let Some(record) = app.run.as_ref().and_then(|run| run.record.as_ref()) {
        app.form = Some(form(record.settings()));
        app.dialog = Some(Dialog::Form);
    }
}

/// Tells the trainer what was typed, or the person what is wrong with it.
fn submit(app: &mut App) -> Vec<Effect> {
    let Some(form) = &mut app.form else { return Vec::new() };
    let command = match form.change() {
        Ok(change) if form.back => Command::GoBack(change),
        Ok(change) if change.is_empty() => {
            app.dialog = None;
            return Vec::new();
        }
        Ok(change) => Command::Set(change),
        Err(problem) => {
            form.problem = Some(problem);
            return Vec::new();
        }
    };
    app.dialog = None;
    tell(app, command)
}

/// Asks the trainer; the screen shows that it was asked until it answers.
fn tell(app: &mut App, command: Command) -> Vec<Effect> {
    let Some(run) = &mut app.run else { return Vec::new() };
    run.asked = Some(command);
    vec![Effect::Send(run.dir.clone(), command)]
}

fn mark(app: &mut App) {
    let Some(dir) = app.selected().map(|run| run.dir.clone()) else { return };
    match app.marked.iter().position(|marked| *marked == dir) {
        Some(place) => drop(app.marked.remove(place)),
        None if app.marked.len() == MOST => {
            app.notice = Some(format!("{MOST} runs can be compared; M takes all marks away"));
        }
        None => app.marked.push(dir),
    }
    move_by(app, 1);
}

fn compare(app: &mut App) -> Vec<Effect> {
    if app.marked.len() < 2 {
        app.notice = Some("mark another run with m to compare it with".to_owned());
        return Vec::new();
    }
    app.compare = Some(Compare::new(&app.marked));
    app.screen = Screen::Compare;
    vec![Effect::Compare(app.marked.clone())]
}

fn with_compare(app: &mut App, change: impl FnOnce(&mut Compare)) {
    if let Some(compare) = &mut app.compare {
        change(compare);
    }
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
    let runs = app.shown_runs().len();
    let offers = app.offers().len();
    if app.dialog == Some(Dialog::Help) {
        return step(&mut app.help_scroll, rows, BINDINGS.len());
    }
    if let (Some(Dialog::Form), Some(form)) = (app.dialog, &mut app.form) {
        return step(&mut form.selected, rows, form.fields.len());
    }
    match (app.screen, app.focus) {
        (Screen::Home, _) => step(&mut app.selected_offer, rows, offers),
        (Screen::Runs, _) => step(&mut app.selected_run, rows, runs),
        (Screen::Compare, _) => {
            with_compare(app, |compare| step(&mut compare.selected, rows, compare.runs.len()));
        }
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
        return match app.selected_listed() {
            Some(Listed::Run(run)) => {
                let dir = run.dir.clone();
                open(app, dir)
            }
            Some(Listed::Broken { reason, .. }) => {
                app.notice = Some(reason.clone());
                Vec::new()
            }
            None => Vec::new(),
        };
    }
    if app.screen == Screen::Compare {
        let selected = app.compare.as_ref().and_then(|compare| compare.runs.get(compare.selected));
        return selected.map(|run| run.dir.clone()).map_or_else(Vec::new, |dir| open(app, dir));
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
        Some(Offer::Runs { .. }) => {
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
    match app.dialog.take() {
        Some(Dialog::Search) => return arrange(app, Browse::leave),
        Some(_) => return,
        None => {}
    }
    match (app.screen, app.zoom) {
        (Screen::Live, Zoom::Alone) => app.zoom = Zoom::Together,
        (Screen::Live, Zoom::Together) | (Screen::Compare, _) => app.screen = Screen::Runs,
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::app::PresetOffer;
    use crate::run::{
        Event, Liveness, NewRun, Origin, PauseReason, Provenance, Record, RunSummary, State, Store,
    };

    fn dir(nonce: u64) -> RunDir {
        let root = tempfile::tempdir().unwrap();
        let new = NewRun::new(Timestamp::UNIX_EPOCH, nonce, RunConfig::default(), Provenance::default());
        Store::open(root.path()).create(&new).unwrap()
    }

    fn listed(dir: &RunDir, status: Status) -> Listed {
        let record = {
            let root = tempfile::tempdir().unwrap();
            let new = NewRun::new(Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
            Store::open(root.path()).create(&new).unwrap().record().unwrap()
        };
        let (dir, state) = (dir.clone(), state(status));
        Listed::Run(Box::new(RunSummary { dir, record, state, origin: Origin::Own }))
    }

    fn state(status: Status) -> State {
        let live = matches!(status, Status::Running | Status::Paused);
        State { status, liveness: if live { Liveness::Held(None) } else { Liveness::Free } }
    }

    fn app() -> App {
        let presets = ["cnn", "dnn"].map(|name| PresetOffer { name: name.to_owned(), about: String::new() });
        App::new(presets.to_vec(), RunConfig::default(), 3)
    }

    fn press(app: &mut App, keys: &[Key]) -> Vec<Effect> {
        keys.iter().flat_map(|key| update(app, Msg::Key(*key))).collect()
    }

    /// A run on the screen with this status, after these events.
    fn showing(status: Status, events: Vec<Event>) -> (App, RunDir) {
        let (mut app, dir) = (app(), dir(1));
        assert_eq!(update(&mut app, Msg::Started(dir.clone())), [Effect::Follow(dir.clone())]);
        let records = events.into_iter().map(|event| Record { time: 0.0, event }).collect();
        let change = Update { state: Some(state(status)), records, ..Update::default() };
        update(&mut app, Msg::Run(dir.clone(), Box::new(change)));
        (app, dir)
    }

    #[test]
    fn enter_on_a_fresh_start_trains_the_first_preset() {
        let mut app = app();
        update(&mut app, Msg::Runs(Vec::new()));
        let effects = press(&mut app, &[Key::Enter]);
        assert_eq!(effects, [Effect::Train(Box::default())]);
    }

    #[test]
    fn enter_with_a_live_run_attaches_to_it() {
        let (mut app, live) = (app(), dir(1));
        update(&mut app, Msg::Runs(vec![listed(&dir(2), Status::Finished), listed(&live, Status::Paused)]));
        assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Follow(live)]);
        assert_eq!(app.screen, Screen::Live);
    }

    #[test]
    fn a_choice_stays_when_the_runs_are_listed_anew() {
        let mut app = app();
        update(&mut app, Msg::Runs(Vec::new()));
        press(&mut app, &[Key::Down]);
        update(&mut app, Msg::Runs(vec![listed(&dir(1), Status::Running)]));
        assert!(matches!(app.offers()[app.selected_offer], Offer::Train(preset) if preset.name == "dnn"));
        app.screen = Screen::Runs;
        update(&mut app, Msg::Runs(vec![listed(&dir(2), Status::Queued), listed(&dir(1), Status::Running)]));
        assert_eq!(app.selected_run, 0, "the directories differ, so the place stays");
    }

    #[test]
    fn space_pauses_or_goes_on_as_the_run_stands() {
        let (mut app, dir) = showing(Status::Running, Vec::new());
        let space = [Key::Char(' ')];
        assert_eq!(press(&mut app, &space), [Effect::Send(dir.clone(), Command::Pause)]);
        let (mut app, dir) = showing(Status::Paused, Vec::new());
        assert_eq!(press(&mut app, &space), [Effect::Send(dir, Command::Resume)]);
        let (mut app, _) = showing(Status::Finished, Vec::new());
        assert_eq!(press(&mut app, &space), []);
    }

    #[test]
    fn what_was_asked_is_shown_until_it_is_answered() {
        let (mut app, dir) = showing(Status::Running, Vec::new());
        press(&mut app, &[Key::Char(' ')]);
        assert_eq!(app.run.as_ref().unwrap().asked, Some(Command::Pause));
        let event = Event::Paused { step: 3, reason: PauseReason::Command, position: None };
        let records = vec![Record { time: 9.0, event }];
        let change = Update { records, state: Some(state(Status::Paused)), ..Update::default() };
        update(&mut app, Msg::Run(dir, Box::new(change)));
        let run = app.run.unwrap();
        assert_eq!((run.asked, run.paused_since), (None, Some(9.0)));
    }

    #[test]
    fn leaving_a_live_run_asks_and_does_what_is_chosen() {
        let cases = [('d', None), ('p', Some(Command::Pause)), ('s', Some(Command::Stop))];
        for (key, command) in cases {
            let (mut app, dir) = showing(Status::Running, Vec::new());
            assert_eq!(press(&mut app, &[Key::Char('q')]), []);
            assert_eq!(app.dialog, Some(Dialog::Quit));
            let name = dir.id().name().to_owned();
            let exit = Effect::Exit(Some(Farewell { name, told: command }));
            let send = command.map(|command| Effect::Send(dir, command));
            let want: Vec<_> = send.into_iter().chain([exit]).collect();
            assert_eq!(press(&mut app, &[Key::Char(key)]), want);
        }
        let (mut app, _) = showing(Status::Running, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('q'), Key::Esc]), []);
        assert_eq!(app.dialog, None);
    }

    #[test]
    fn leaving_an_ended_run_asks_nothing() {
        let (mut app, _) = showing(Status::Finished, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('q')]), [Effect::Exit(None)]);
    }

    #[test]
    fn only_a_run_that_ended_early_can_be_resumed() {
        for status in [Status::Stopped, Status::Failed, Status::Interrupted] {
            let (mut app, dir) = showing(status, Vec::new());
            assert_eq!(press(&mut app, &[Key::Char('r')]), [Effect::Resume(dir)]);
        }
        for status in [Status::Running, Status::Paused, Status::Finished] {
            let (mut app, _) = showing(status, Vec::new());
            assert_eq!(press(&mut app, &[Key::Char('r')]), []);
        }
    }

    #[test]
    fn an_update_of_a_run_that_is_not_on_the_screen_changes_nothing() {
        let (mut app, _) = showing(Status::Running, Vec::new());
        let change = Update { state: Some(state(Status::Failed)), ..Update::default() };
        update(&mut app, Msg::Run(dir(2), Box::new(change)));
        assert_eq!(app.run.unwrap().status(), Some(Status::Running));
    }

    #[test]
    fn a_failure_is_told_until_the_next_key() {
        let (mut app, _) = showing(Status::Running, Vec::new());
        press(&mut app, &[Key::Char(' ')]);
        update(&mut app, Msg::Failed("the disk is full".to_owned()));
        assert_eq!(app.notice.as_deref(), Some("the disk is full"));
        assert_eq!(app.run.as_ref().unwrap().asked, None);
        press(&mut app, &[Key::Tab]);
        assert_eq!(app.notice, None);
    }

    #[test]
    fn themes_and_panes_go_round() {
        let (mut app, _) = showing(Status::Running, Vec::new());
        press(&mut app, &[Key::Char('t'); 3]);
        assert_eq!(app.theme, 0);
        press(&mut app, &[Key::Tab; Pane::ALL.len()]);
        assert_eq!(app.focus, Pane::Loss);
        press(&mut app, &[Key::BackTab]);
        assert_eq!(app.focus, Pane::Log);
    }

    #[test]
    fn runs_are_asked_for_sorted_and_the_selection_stays_on_its_run() {
        let mut app = app();
        app.screen = Screen::Runs;
        let dirs: Vec<_> = (1..5).map(dir).collect();
        let statuses = [Status::Finished, Status::Stopped, Status::Finished, Status::Failed];
        let runs: Vec<_> = dirs.iter().zip(statuses).map(|(dir, status)| listed(dir, status)).collect();
        update(&mut app, Msg::Runs(runs.clone()));
        press(&mut app, &[Key::Down, Key::Down]);
        let shown = |app: &App| -> Vec<RunDir> {
            app.shown_runs().filter_map(|listed| listed.clone().run()).map(|run| run.dir).collect()
        };
        let type_text = |app: &mut App, text: &str| {
            press(app, &text.chars().map(Key::Char).collect::<Vec<_>>());
        };
        type_text(&mut app, "/state = fin");
        // Half a word asks for nothing yet.
        assert_eq!(shown(&app).len(), 4);
        press(&mut app, &[Key::Tab]);
        assert_eq!(app.browse.text(), "state = finished ");
        assert_eq!(shown(&app), [dirs[0].clone(), dirs[2].clone()]);
        // Keys that act elsewhere are text here; what is not understood leaves the table as it is.
        type_text(&mut app, "and ");
        assert!(app.browse.error().is_some());
        assert_eq!(shown(&app).len(), 2);
        for _ in 0..4 {
            press(&mut app, &[Key::Backspace]);
        }
        type_text(&mut app, "q");
        press(&mut app, &[Key::Backspace, Key::Enter]);
        assert_eq!(app.dialog, None);

        // A new listing is asked the same.
        update(&mut app, Msg::Runs(runs));
        assert_eq!(shown(&app).len(), 2);
        // Escape takes back what was typed since.
        type_text(&mut app, "/zzz");
        press(&mut app, &[Key::Esc]);
        assert_eq!((app.browse.text(), shown(&app).len()), ("state = finished ", 2));

        press(&mut app, &[Key::Down]);
        let selected = app.selected().unwrap().dir.clone();
        press(&mut app, &[Key::Char('O')]);
        assert_eq!(app.selected().unwrap().dir, selected);
    }

    #[test]
    fn marked_runs_are_compared_and_one_is_made_the_baseline() {
        let mut app = app();
        app.screen = Screen::Runs;
        let dirs: Vec<_> = (1..4).map(dir).collect();
        update(&mut app, Msg::Runs(dirs.iter().map(|dir| listed(dir, Status::Finished)).collect()));
        press(&mut app, &[Key::Char('m')]);
        assert_eq!(press(&mut app, &[Key::Char('c')]), []);
        assert!(app.notice.as_ref().unwrap().contains("mark another"), "{:?}", app.notice);
        // A mark is taken away by the same key.
        press(&mut app, &[Key::Char('m'), Key::Up, Key::Char(' '), Key::Char('m')]);
        assert_eq!(app.marked, [dirs[0].clone(), dirs[2].clone()]);
        let effects = press(&mut app, &[Key::Char('c')]);
        assert_eq!(effects, [Effect::Compare(vec![dirs[0].clone(), dirs[2].clone()])]);
        assert_eq!(app.screen, Screen::Compare);

        let names = |app: &App| -> Vec<RunDir> {
            app.compare.as_ref().unwrap().runs.iter().map(|run| run.dir.clone()).collect()
        };
        press(&mut app, &[Key::Down, Key::Char('b')]);
        assert_eq!(names(&app), [dirs[2].clone(), dirs[0].clone()]);
        assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Follow(dirs[2].clone())]);
        press(&mut app, &[Key::Esc, Key::Char('M')]);
        assert!(app.marked.is_empty());
    }

    #[test]
    fn runs_are_compared_along_steps_epochs_and_time() {
        let mut app = app();
        let second = dir(2);
        app.marked = vec![dir(1), second.clone()];
        app.screen = Screen::Runs;
        press(&mut app, &[Key::Char('c')]);
        let started = Event::Started {
            step: 0,
            position: None,
            device: String::new(),
            threads: 1,
            kernels: String::new(),
            data: crate::run::DataInfo {
                description: String::new(),
                train: 1,
                test: 1,
                checksum: String::new(),
                source: String::new(),
            },
            steps_per_epoch: 10,
            total_steps: 20,
            parameters: 0,
            layers: Vec::new(),
        };
        let steps = |first, active_seconds| Event::Steps {
            first,
            losses: vec![1.0; 10],
            learning_rate: 0.1,
            active_seconds,
            spent: None,
        };
        let records = [started, steps(1, 5.0), steps(11, 25.0)].map(|event| Record { time: 0.0, event });
        let change = Update { records: records.to_vec(), ..Update::default() };
        update(&mut app, Msg::Compared(second, Box::new(change)));
        let last = |app: &App| {
            let compare = app.compare.as_ref().unwrap();
            compare.loss(&compare.runs[1]).last().unwrap().x
        };
        let mut ends = Vec::new();
        for _ in 0..3 {
            ends.push(last(&app));
            press(&mut app, &[Key::Char('x')]);
        }
        assert!(ends.iter().zip([2.0, 20.0, 25.0]).all(|(end, want)| (end - want).abs() < 1e-9), "{ends:?}");
    }

    #[test]
    fn steps_that_are_done_again_are_drawn_once() {
        let steps = |first: u64, losses: &[f32], active_seconds| Event::Steps {
            first,
            losses: losses.to_vec(),
            learning_rate: 0.1,
            active_seconds,
            spent: None,
        };
        let started = |step| Event::Started {
            step,
            position: None,
            device: String::new(),
            threads: 1,
            kernels: String::new(),
            data: crate::run::DataInfo {
                description: String::new(),
                train: 1,
                test: 1,
                checksum: String::new(),
                source: String::new(),
            },
            steps_per_epoch: 10,
            total_steps: 10,
            parameters: 0,
            layers: Vec::new(),
        };
        let view = |events| showing(Status::Running, events).0.run.unwrap();
        let killed = [started(0), steps(1, &[3.0, 2.0, 1.0], 3.0), started(1)];
        // Done again up to step 3, with nothing new to tell; then on.
        let run = view([&killed[..], &[steps(4, &[0.5], 4.0)]].concat());
        assert_eq!((run.loss.raw().points().len(), run.step), (4, 4));
        // Done again, and another way.
        let run = view([&killed[..], &[Event::Rewound { step: 1 }, steps(2, &[2.5], 2.0)]].concat());
        assert_eq!((run.loss.raw().points().len(), run.step), (2, 2));
    }
}
