//! How the state changes: by messages, one at a time.

mod forms;
mod messages;

pub use self::messages::{Effect, ExitSummary, Msg, QueueChange};

use self::forms::{StartWhen, ask, ask_for_fork, show_form, submit, train_like};
use super::binding::action;
use super::{
    Action, App, BINDINGS, ColumnChoice, Compare, Dialog, Form, Key, LrFinder, MenuItem, Notice, Pane,
    Predictions, PresetInfo, Row, RunTable, RunView, Screen, Zoom,
};
use crate::run::{Command, Listing, RecordedStatus, RunConfig, RunId};

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
        Msg::Run(id, update) => {
            if let Some(run) = &mut app.run
                && run.id == id
            {
                run.update(*update);
            }
        }
        Msg::Compared(id, update) => {
            if let Some(compare) = &mut app.compare {
                compare.update(&id, *update);
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
        Msg::Started(id) => return open(app, id),
        Msg::Failed(problem) => {
            app.notice = Some(Notice::Bad(problem));
            if let Some(run) = &mut app.run {
                run.asked = None;
            }
        }
        Msg::Queue(queue, is_worked_on) => (app.queue, app.queue_is_worked_on) = (queue, is_worked_on),
        Msg::ThrownAway(ids) => {
            let name = |id: &RunId| {
                let run = app.summaries().find(|run| run.record.id == *id);
                run.map_or_else(|| id.name().to_owned(), |run| run.record.name.clone())
            };
            app.notice = Some(Notice::Good(match ids.as_slice() {
                [id] => format!("{} is thrown away; u brings it back", name(id)),
                ids => format!("{} runs are thrown away; u brings them back", ids.len()),
            }));
            app.marked.retain(|id| !ids.contains(id));
            app.trash.push(ids);
        }
        Msg::Done(what) => app.notice = Some(Notice::Good(what)),
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
fn arrange<T>(app: &mut App, change: impl FnOnce(&mut RunTable, &[Listing]) -> T) -> T {
    keep_selected(app, |app| change(&mut app.browse, app.runs.as_deref().unwrap_or_default()))
}

fn keep_selected<T>(app: &mut App, change: impl FnOnce(&mut App) -> T) -> T {
    let group = match app.selected_row() {
        Some(Row::Group(group)) => Some(group.key.clone()),
        _ => None,
    };
    let selected = app.selected_or_first().map(|run| run.record.id.clone());
    let outcome = change(app);
    let is_it = |row: &Row| match row {
        Row::Group(other) => group.as_ref() == Some(&other.key),
        Row::Run { place, .. } => {
            let id = selected.as_ref().filter(|_| group.is_none());
            id.is_some_and(|id| app.listed(*place).is_some_and(|listed| is_run(listed, id)))
        }
    };
    let rows = app.browse.rows();
    let place = rows.iter().position(is_it);
    app.selected_run = place.unwrap_or(app.selected_run).min(rows.len().saturating_sub(1));
    outcome
}

/// Takes the runs in, and keeps the selection on the same run.
fn list(app: &mut App, runs: Vec<Listing>) {
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

fn is_run(listed: &Listing, id: &RunId) -> bool {
    matches!(listed, Listing::Run(run) if run.record.id == *id)
}

/// What makes an offer the same offer after a new listing.
fn offered(offer: &MenuItem<'_>) -> String {
    match offer {
        MenuItem::Attach(run) => run.record.id.to_string(),
        MenuItem::Train(preset) => preset.name.clone(),
        MenuItem::Runs { .. } => String::new(),
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
            return app.resumable().map(|id| Effect::Resume(id.clone())).into_iter().collect();
        }
        Action::AskStop => app.dialog = Some(Dialog::Stop),
        Action::Edit => ask(app, Form::change),
        Action::GoBack => ask(app, Form::go_back),
        Action::Label => {
            let form = app.selected().map(|run| Form::label(run.record.id.clone(), &run.record));
            show_form(app, form);
        }
        Action::TrainLike => train_like(app),
        Action::Fork => ask_for_fork(app),
        Action::ThrowAway => {
            return app.selected().map(|run| Effect::ThrowAway(run.record.id.clone())).into_iter().collect();
        }
        Action::Undo => return app.trash.pop().map(Effect::Restore).into_iter().collect(),
        Action::PauseQueue => return vec![Effect::Queue(QueueChange::Pause)],
        Action::GoQueue => return vec![Effect::Queue(QueueChange::Go)],
        Action::Earlier => return shift_queued(app, -1),
        Action::Later => return shift_queued(app, 1),
        Action::EmptyQueue => return vec![Effect::Queue(QueueChange::Empty)],
        Action::NextArrangement => arrange(app, RunTable::next_arrangement),
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
        Action::NextChart => with_compare(app, Compare::turn_chart),
        Action::Curves(action) => app.look_at_curves(action),
        Action::Baseline => with_compare(app, Compare::make_baseline),
        Action::Predict => return predict(app),
        Action::NextDisagreement => with_predictions(app, Predictions::turn),
        Action::FindRate => return find_rate(app),
        Action::NextRate => app.rates.iter_mut().for_each(LrFinder::turn),
        Action::TrainWithRate => return train_with_rate(app),
        Action::Search => {
            app.browse.begin();
            app.dialog = Some(Dialog::Search);
        }
        Action::Complete => arrange(app, RunTable::complete),
        Action::NextSort => arrange(app, RunTable::next_sort),
        Action::TurnSort => arrange(app, RunTable::turn_sort),
        Action::Submit if app.dialog == Some(Dialog::Search) => {
            arrange(app, RunTable::ask);
            // What is not understood is not left behind: the question stays open until it is.
            if app.browse.error().is_none() {
                app.dialog = None;
            }
        }
        Action::Submit => return submit(app, StartWhen::Now),
        Action::Enqueue => return submit(app, StartWhen::Queued),
        Action::NextPane => app.focus = next(app.focus, 1),
        Action::PreviousPane => app.focus = next(app.focus, Pane::ALL.len() - 1),
        Action::Zoom => app.zoom = app.zoom.other(),
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
        Action::ShowLive => {
            app.charts.whole();
            app.screen = Screen::Live;
        }
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

/// Shows the columns as they are chosen.
fn choose_columns(app: &mut App, change: impl FnOnce(&mut ColumnChoice)) {
    if let Some(choice) = &mut app.column_choice {
        change(choice);
        app.browse.columns = choice.shown();
    }
}

fn shift_queued(app: &App, places: isize) -> Vec<Effect> {
    let shift = |id: RunId| Effect::Queue(QueueChange::Shift(id, places));
    app.selected().map(|run| shift(run.record.id.clone())).into_iter().collect()
}

/// Asks the trainer; the screen shows that it was asked until it answers.
fn tell(app: &mut App, command: Command) -> Vec<Effect> {
    let Some(run) = &mut app.run else { return Vec::new() };
    run.asked = Some(command);
    vec![Effect::Send(run.id.clone(), command)]
}

fn mark(app: &mut App) {
    let Some(id) = app.selected().map(|run| run.record.id.clone()) else { return };
    match app.marked.iter().position(|marked| *marked == id) {
        Some(place) => drop(app.marked.remove(place)),
        None if app.marked.len() == Compare::MOST => {
            let told = format!("{} runs can be compared; M takes all marks away", Compare::MOST);
            app.notice = Some(Notice::Good(told));
        }
        None => app.marked.push(id),
    }
    move_by(app, 1);
}

fn compare(app: &mut App) -> Vec<Effect> {
    if app.marked.len() < 2 {
        let told = match app.marked.len() {
            0 => "mark runs with m, and c compares them",
            _ => "mark another run with m to compare it with",
        };
        app.notice = Some(Notice::Good(told.to_owned()));
        return Vec::new();
    }
    app.compare = Some(Compare::new(&app.marked, app.charts.smoothing));
    app.charts.whole();
    app.screen = Screen::Compare;
    vec![Effect::Compare(app.marked.clone())]
}

fn with_compare(app: &mut App, change: impl FnOnce(&mut Compare)) {
    if let Some(compare) = &mut app.compare {
        change(compare);
    }
}

/// Compares what the selected run predicts with what the baseline does.
fn predict(app: &mut App) -> Vec<Effect> {
    let Some(pair) = app.compare.as_ref().and_then(Compare::pair) else { return Vec::new() };
    let runs = pair.map(Clone::clone);
    app.predictions = Some(Predictions::new(runs.clone()));
    app.screen = Screen::Predictions;
    vec![Effect::Predict(runs)]
}

/// Looks for a learning rate for the selected network, or anew for the one on the screen.
fn find_rate(app: &mut App) -> Vec<Effect> {
    let before = app.rates.as_ref().map(|search| (search.number, search.config.clone()));
    let number = before.as_ref().map_or(0, |(number, _)| number + 1);
    let config = match (app.screen, before, app.offers().get(app.selected_offer)) {
        (Screen::LrFinder, Some((_, config)), _) => config,
        (_, _, Some(MenuItem::Train(preset))) => to_train(app, preset),
        _ => return Vec::new(),
    };
    app.rates = Some(LrFinder::new(number, config.clone()));
    app.screen = Screen::LrFinder;
    vec![Effect::FindRate(number, Box::new(config))]
}

/// Trains with the rate that is chosen.
fn train_with_rate(app: &App) -> Vec<Effect> {
    let config = app.rates.as_ref().and_then(LrFinder::chosen);
    config.map(|config| Effect::Train(Box::new(config))).into_iter().collect()
}

/// Breaks off a search whose screen was left.
fn leave_search(app: &mut App) -> Option<Effect> {
    let search = app.rates.as_mut().filter(|_| app.screen != Screen::LrFinder)?;
    if search.is_over() {
        return None;
    }
    search.problem = Some("left before its end".to_owned());
    Some(Effect::StopFinding)
}

fn with_search(app: &mut App, number: u64, change: impl FnOnce(&mut LrFinder)) {
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
        (Screen::LrFinder, _) => {}
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
            Some(Listing::Run(run)) => {
                let id = run.record.id.clone();
                open(app, id)
            }
            Some(Listing::Broken { reason, .. }) => {
                app.notice = Some(Notice::Bad(reason.clone()));
                Vec::new()
            }
            None => Vec::new(),
        };
    }
    if app.screen == Screen::Compare {
        let selected = app.compare.as_ref().and_then(|compare| compare.runs.get(compare.selected));
        return selected.map(|run| run.id.clone()).map_or_else(Vec::new, |id| open(app, id));
    }
    match app.offers().get(app.selected_offer) {
        Some(MenuItem::Attach(run)) => {
            let id = run.record.id.clone();
            open(app, id)
        }
        Some(MenuItem::Train(preset)) => {
            vec![Effect::Train(Box::new(to_train(app, preset)))]
        }
        Some(MenuItem::Runs { .. }) => {
            app.screen = Screen::Runs;
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// The settings of a new run of this network.
fn to_train(app: &App, preset: &PresetInfo) -> RunConfig {
    RunConfig { preset: preset.name.clone(), ..app.defaults.clone() }
}

/// Puts a run on the screen.
fn open(app: &mut App, id: RunId) -> Vec<Effect> {
    let is_same = app.run.as_ref().is_some_and(|run| run.id == id);
    if !is_same || app.screen != Screen::Live {
        app.charts.whole();
    }
    app.screen = Screen::Live;
    app.dialog = None;
    if is_same {
        return Vec::new();
    }
    (app.kernel_layer, app.kernel_channel, app.log_scroll) = (0, 0, 0);
    app.run = Some(RunView::new(id.clone(), app.charts.smoothing));
    vec![Effect::Follow(id)]
}

fn back(app: &mut App) {
    match app.dialog.take() {
        Some(Dialog::Search) => return arrange(app, RunTable::leave),
        Some(_) => return,
        None => {}
    }
    let has_charts = matches!(app.screen, Screen::Live | Screen::Compare);
    if has_charts && app.crosshair().is_some() {
        app.charts.crosshair = None;
        return;
    }
    match (app.screen, app.zoom) {
        (Screen::Live, Zoom::Alone) => app.zoom = Zoom::Together,
        (Screen::Live, Zoom::Together) | (Screen::Compare, _) => app.screen = Screen::Runs,
        (Screen::Predictions, _) => app.screen = Screen::Compare,
        (Screen::Runs | Screen::Home | Screen::LrFinder, _) => app.screen = Screen::Home,
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
    let asked = told.or_else(|| (run.status() == Some(RecordedStatus::Paused)).then_some(Command::Pause));
    let farewell = ExitSummary { name: run.name().to_owned(), told: asked };
    let send = told.map(|command| Effect::Send(run.id.clone(), command));
    send.into_iter().chain([Effect::Exit(Some(farewell))]).collect()
}

#[cfg(test)]
mod tests;
