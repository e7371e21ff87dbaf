//! How the state changes: by messages, one at a time.

use super::binding::action;
use super::form::Filled;
use super::{
    Action, App, BINDINGS, Browse, ColumnChoice, Compare, ComparedChart, Dialog, Form, Key, Offer, Pane,
    PredictionDiff, Predictions, PresetOffer, RateSearch, Row, RunView, Screen, Zoom,
};
use crate::run::{Command, Labels, Listed, Queue, RunConfig, RunDir, RunId, Status, Update};

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
    /// These two runs' predictions were compared, or why that cannot be.
    Predicted([RunDir; 2], Box<Result<PredictionDiff, String>>),
    /// The search of this number tried its next learning rate, and this was the loss.
    Tried(u64, f64),
    /// The search of this number cannot go on.
    NotTried(u64, String),
    /// It was found out what new runs would be trained on.
    Data(String),
    /// A trainer was started for this run.
    Started(RunDir),
    /// The queue was looked at, and whether a process works on it.
    Queue(Queue, bool),
    /// These runs were thrown away.
    ThrownAway(Vec<RunId>),
    /// Something that was asked for is done.
    Done(String),
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
    /// Compare what these two runs predict. Answered by [`Msg::Predicted`].
    Predict([RunDir; 2]),
    /// Look for a learning rate for these settings, under this number, and break off any other search. Answered by
    /// [`Msg::Tried`] and [`Msg::NotTried`].
    FindRate(u64, Box<RunConfig>),
    /// Break the search off.
    StopFinding,
    /// Create a run and start its trainer. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Train(Box<RunConfig>),
    /// Start a trainer for this run. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Resume(RunDir),
    /// Create runs and queue them. Answered by [`Msg::Done`] or [`Msg::Failed`].
    Sweep(Vec<RunConfig>),
    /// Tell the trainer of this run.
    Send(RunDir, Command),
    /// Label this run.
    Label(RunDir, Labels),
    /// Throw this run away. Answered by [`Msg::ThrownAway`] or [`Msg::Failed`].
    ThrowAway(RunDir),
    /// Bring these runs back.
    Restore(Vec<RunId>),
    /// Change the queue.
    Queue(QueueChange),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back to the shell until it says to go on.
    Suspend,
    /// End the program.
    Exit(Option<Farewell>),
}

/// What is to be done with the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueChange {
    /// Start no more runs.
    Pause,
    /// Start runs again.
    Go,
    /// Move a run by so many places.
    Shift(RunId, isize),
    /// Throw away all that waits. Answered by [`Msg::ThrownAway`].
    Empty,
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
            let mut effects = action(app, key).map(|action| act(app, action)).unwrap_or_default();
            effects.extend(leave_search(app));
            return effects;
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
        Msg::Predicted(runs, answer) => {
            if let Some(predictions) = app.predictions.as_mut().filter(|shown| shown.runs == runs) {
                predictions.answer = Some(*answer);
            }
        }
        Msg::Tried(number, loss) => with_search(app, number, |search| search.test.push(loss)),
        Msg::NotTried(number, problem) => {
            with_search(app, number, |search| search.problem = Some(problem));
        }
        Msg::Data(data) => app.data = Some(data),
        Msg::Started(dir) => return open(app, dir),
        Msg::Failed(problem) => {
            app.notice = Some(problem);
            if let Some(run) = &mut app.run {
                run.asked = None;
            }
        }
        Msg::Queue(queue, is_worked_on) => (app.queue, app.queue_is_worked_on) = (queue, is_worked_on),
        Msg::ThrownAway(ids) => {
            app.notice = Some(match ids.as_slice() {
                [id] => format!("{} is thrown away; u brings it back", id.name()),
                ids => format!("{} runs are thrown away; u brings them back", ids.len()),
            });
            app.trash.push(ids);
        }
        Msg::Done(what) => app.notice = Some(what),
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
    keep_selected(app, |app| change(&mut app.browse, app.runs.as_deref().unwrap_or_default()))
}

fn keep_selected<T>(app: &mut App, change: impl FnOnce(&mut App) -> T) -> T {
    let group = match app.selected_row() {
        Some(Row::Group(group)) => Some(group.key.clone()),
        _ => None,
    };
    let selected = app.selected_or_first().map(|run| run.dir.clone());
    let outcome = change(app);
    let is_it = |row: &Row| match row {
        Row::Group(other) => group.as_ref() == Some(&other.key),
        Row::Run { place, .. } => {
            let dir = selected.as_ref().filter(|_| group.is_none());
            dir.is_some_and(|dir| app.listed(*place).is_some_and(|listed| is_run(listed, dir)))
        }
    };
    let rows = app.browse.rows();
    let place = rows.iter().position(is_it);
    app.selected_run = place.unwrap_or(app.selected_run).min(rows.len().saturating_sub(1));
    outcome
}

/// Takes the runs in, and keeps the selection on the same run.
fn list(app: &mut App, runs: Vec<Listed>) {
    let offered = app.offers().get(app.selected_offer).map(offered);
    keep_selected(app, |app| {
        app.browse.arrange(&runs);
        app.runs = Some(runs);
    });
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
        Action::Edit => ask(app, Form::change),
        Action::GoBack => ask(app, Form::go_back),
        Action::Label => {
            let form = app.selected().map(|run| Form::label(run.dir.clone(), &run.record));
            show_form(app, form);
        }
        Action::TrainLike => train_like(app),
        Action::ThrowAway => {
            return app.selected().map(|run| Effect::ThrowAway(run.dir.clone())).into_iter().collect();
        }
        Action::Undo => return app.trash.pop().map(Effect::Restore).into_iter().collect(),
        Action::PauseQueue => return vec![Effect::Queue(QueueChange::Pause)],
        Action::GoQueue => return vec![Effect::Queue(QueueChange::Go)],
        Action::Earlier => return shift_queued(app, -1),
        Action::Later => return shift_queued(app, 1),
        Action::EmptyQueue => return vec![Effect::Queue(QueueChange::Empty)],
        Action::NextArrangement => arrange(app, Browse::next_arrangement),
        Action::ChooseColumns => {
            app.column_choice = Some(ColumnChoice::new(&app.browse.columns));
            app.dialog = Some(Dialog::Columns);
        }
        Action::TurnColumn => choose_columns(app, ColumnChoice::turn),
        Action::ColumnUp => choose_columns(app, |choice| choice.shift(-1)),
        Action::ColumnDown => choose_columns(app, |choice| choice.shift(1)),
        Action::Mark => mark(app),
        Action::Unmark => app.marked.clear(),
        Action::Compare => return compare(app),
        Action::NextAxis => app.charts.along = app.charts.along.next(),
        Action::NextChart => with_compare(app, |compare| {
            compare.chart = match compare.chart {
                ComparedChart::Loss => ComparedChart::Accuracy,
                ComparedChart::Accuracy => ComparedChart::Loss,
            }
        }),
        Action::Baseline => with_compare(app, Compare::make_baseline),
        Action::Predict => return predict(app),
        Action::NextDisagreement => with_predictions(app, Predictions::turn),
        Action::FindRate => return find_rate(app),
        Action::NextRate => app.rates.iter_mut().for_each(RateSearch::turn),
        Action::TrainWithRate => return train_with_rate(app),
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
    let form = app.run.as_ref().and_then(|run| run.record.as_ref()).map(|record| form(record.settings()));
    show_form(app, form);
}

fn show_form(app: &mut App, form: Option<Form>) {
    if form.is_some() {
        app.form = form;
        app.dialog = Some(Dialog::Form);
    }
}

/// Asks for the settings of new runs: like those of the selected run, or of the selected offer.
fn train_like(app: &mut App) {
    let config = match app.screen {
        Screen::Home => match app.offers().get(app.selected_offer) {
            Some(Offer::Train(preset)) => {
                Some(RunConfig { preset: preset.name.clone(), ..app.defaults.clone() })
            }
            _ => None,
        },
        _ => app.selected_or_first().map(|run| run.record.settings()),
    };
    show_form(app, config.map(Form::train));
}

/// Does what was typed, or tells the person what is wrong with it.
fn submit(app: &mut App) -> Vec<Effect> {
    let Some(form) = &mut app.form else { return Vec::new() };
    let unknown = |configs: &[RunConfig]| {
        let is_known = |config: &&RunConfig| app.presets.iter().any(|preset| preset.name == config.preset);
        configs.iter().find(|config| !is_known(config)).map(|config| config.preset.clone())
    };
    let filled = form.fill().and_then(|filled| match &filled {
        Filled::Train(configs) if let Some(preset) = unknown(configs) => {
            let names: Vec<_> = app.presets.iter().map(|preset| preset.name.as_str()).collect();
            Err(format!("there is no preset `{preset}`; there are: {}", names.join(", ")))
        }
        _ => Ok(filled),
    });
    let filled = match filled {
        Ok(filled) => filled,
        Err(problem) => {
            form.problem = Some(problem);
            return Vec::new();
        }
    };
    app.dialog = None;
    match filled {
        Filled::Change(change) if change.is_empty() => Vec::new(),
        Filled::Change(change) => tell(app, Command::Set(change)),
        Filled::GoBack(change) => tell(app, Command::GoBack(change)),
        Filled::Train(mut configs) => match configs.pop() {
            Some(config) if configs.is_empty() => vec![Effect::Train(Box::new(config))],
            last => {
                app.screen = Screen::Runs;
                vec![Effect::Sweep(configs.into_iter().chain(last).collect())]
            }
        },
        Filled::Label(_, labels) if labels == Labels::default() => Vec::new(),
        Filled::Label(dir, labels) => vec![Effect::Label(dir, labels)],
    }
}

/// Shows the columns as they are chosen.
fn choose_columns(app: &mut App, change: impl FnOnce(&mut ColumnChoice)) {
    if let Some(choice) = &mut app.column_choice {
        change(choice);
        app.browse.columns = choice.shown();
    }
}

fn shift_queued(app: &App, places: isize) -> Vec<Effect> {
    let shift = |id: RunId| Effect::Queue(QueueChange::Shift(id, places));
    app.selected().map(|run| shift(run.dir.id().clone())).into_iter().collect()
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
        None if app.marked.len() == Compare::MOST => {
            app.notice = Some(format!("{} runs can be compared; M takes all marks away", Compare::MOST));
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

/// Compares what the selected run predicts with what the first one does; the second one if the first is selected.
fn predict(app: &mut App) -> Vec<Effect> {
    let Some(compare) = &app.compare else { return Vec::new() };
    let (Some(first), Some(other)) = (compare.runs.first(), compare.runs.get(compare.selected.max(1))) else {
        return Vec::new();
    };
    let runs = [first, other].map(|run| run.dir.clone());
    app.predictions = Some(Predictions::new(runs.clone()));
    app.screen = Screen::Predictions;
    vec![Effect::Predict(runs)]
}

/// Looks for a learning rate for the selected network, or anew for the one on the screen.
fn find_rate(app: &mut App) -> Vec<Effect> {
    let before = app.rates.as_ref().map(|search| (search.number, search.config.clone()));
    let number = before.as_ref().map_or(0, |(number, _)| number + 1);
    let config = match (app.screen, before, app.offers().get(app.selected_offer)) {
        (Screen::Rates, Some((_, config)), _) => config,
        (_, _, Some(Offer::Train(preset))) => to_train(app, preset),
        _ => return Vec::new(),
    };
    app.rates = Some(RateSearch::new(number, config.clone()));
    app.screen = Screen::Rates;
    vec![Effect::FindRate(number, Box::new(config))]
}

/// Trains with the rate that is chosen.
fn train_with_rate(app: &App) -> Vec<Effect> {
    let config = app.rates.as_ref().and_then(RateSearch::chosen);
    config.map(|config| Effect::Train(Box::new(config))).into_iter().collect()
}

/// Breaks off a search whose screen was left.
fn leave_search(app: &mut App) -> Option<Effect> {
    let search = app.rates.as_mut().filter(|_| app.screen != Screen::Rates)?;
    if search.is_over() {
        return None;
    }
    search.problem = Some("left before its end".to_owned());
    Some(Effect::StopFinding)
}

fn with_search(app: &mut App, number: u64, change: impl FnOnce(&mut RateSearch)) {
    if let Some(search) = app.rates.as_mut().filter(|search| search.number == number && !search.is_over()) {
        change(search);
    }
}

fn with_predictions(app: &mut App, change: impl FnOnce(&mut Predictions)) {
    if let Some(predictions) = &mut app.predictions {
        change(predictions);
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
    let runs = app.browse.rows().len();
    let offers = app.offers().len();
    if app.dialog == Some(Dialog::Help) {
        return step(&mut app.help_scroll, rows, BINDINGS.len());
    }
    if let (Some(Dialog::Form), Some(form)) = (app.dialog, &mut app.form) {
        return step(&mut form.selected, rows, form.fields.len());
    }
    if let (Some(Dialog::Columns), Some(choice)) = (app.dialog, &mut app.column_choice) {
        return step(&mut choice.selected, rows, choice.columns.len());
    }
    match (app.screen, app.focus) {
        (Screen::Home, _) => step(&mut app.selected_offer, rows, offers),
        (Screen::Runs, _) => step(&mut app.selected_run, rows, runs),
        (Screen::Compare, _) => {
            with_compare(app, |compare| step(&mut compare.selected, rows, compare.runs.len()));
        }
        (Screen::Rates, _) => {}
        (Screen::Predictions, _) => with_predictions(app, |predictions| {
            let images = predictions.samples().len();
            step(&mut predictions.selected, rows, images);
        }),
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
        let row = app.selected_run;
        if arrange(app, |browse, runs| browse.turn_group(row, runs)) {
            return Vec::new();
        }
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
            vec![Effect::Train(Box::new(to_train(app, preset)))]
        }
        Some(Offer::Runs { .. }) => {
            app.screen = Screen::Runs;
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// The settings of a new run of this network.
fn to_train(app: &App, preset: &PresetOffer) -> RunConfig {
    RunConfig { preset: preset.name.clone(), ..app.defaults.clone() }
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
        (Screen::Predictions, _) => app.screen = Screen::Compare,
        (Screen::Runs | Screen::Home | Screen::Rates, _) => app.screen = Screen::Home,
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
mod tests;
