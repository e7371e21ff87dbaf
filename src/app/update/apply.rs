//! The update function.

use crate::app::bindings::{Action, BINDINGS, binding};
use crate::app::dialogs::{Dialog, columns, confirm, form, help, quit, search, stop};
use crate::app::global;
use crate::app::key::Key;
use crate::app::menu::MenuItem;
use crate::app::messages::{Effect, Msg};
use crate::app::navigation::{navigate, open};
use crate::app::question::Question;
use crate::app::screens::{LrFinder, RunsAction, Screen, compare, home, live, lr_finder, predictions, runs};
use crate::app::shared::{Notice, Shared};
use crate::app::state::App;
use crate::app::transition::Transition;
use crate::run::{Listing, RunId, sanitize};

/// Applies a message to the state, and returns the effects for the shell.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let was_testing = matches!(&app.screen, Screen::LrFinder(finder) if !finder.is_over());
    let mut effects = apply(app, msg);
    if was_testing && !matches!(app.screen, Screen::LrFinder(_)) {
        effects.push(Effect::CancelRangeTest);
    }
    effects
}

fn apply(app: &mut App, msg: Msg) -> Vec<Effect> {
    let App { shared, screen, .. } = app;
    match msg {
        Msg::Key(key) => return press(app, key, false),
        Msg::Repeat(key) => return press(app, key, true),
        Msg::Paste(text) => paste(app, &text),
        Msg::Runs(runs) => list(shared, runs),
        Msg::Run(id, update) => {
            if let Some(run) = shared.run.as_mut().filter(|run| run.id == id) {
                run.update(*update);
            }
        }
        Msg::Compared(id, update) => match screen {
            Screen::Compare(compare) => compare.update(&id, *update),
            Screen::Predictions(predictions) => predictions.compare.update(&id, *update),
            _ => {}
        },
        Msg::Predicted(runs, answer) => {
            if let Screen::Predictions(predictions) = screen
                && predictions.runs == runs
            {
                predictions.answer = Some(*answer);
            }
        }
        Msg::RangeTestLoss(number, loss) => with_range_test(screen, number, |finder| finder.test.push(loss)),
        Msg::RangeTestFailed(number, problem) => {
            with_range_test(screen, number, |finder| finder.problem = Some(problem));
        }
        Msg::Data(data) => shared.data = Some(data),
        Msg::DataUnusable { reason, instead } => {
            let text = format!("{reason} Train on the small built-in set instead?");
            app.dialog = Some(Dialog::Confirm(Box::new(Question { text, effect: *instead })));
        }
        Msg::Started(id) => return open(app, id),
        Msg::Failed(problem) => {
            // The failed action may have been a deletion.
            shared.leaving.clear();
            shared.notice = Some(Notice::Error(problem));
            if let Some(run) = &mut shared.run {
                run.pending = None;
            }
        }
        Msg::Queue(queue, worker) => (shared.queue, shared.queue_worker) = (queue, worker),
        Msg::Deleted(ids) => deleted(shared, ids),
        Msg::Done(text) => shared.notice = Some(Notice::Info(text)),
        Msg::Machine(reading) => shared.machine.add(*reading),
        Msg::Time(now) => shared.now = now,
    }
    Vec::new()
}

fn press(app: &mut App, key: Key, is_repeated: bool) -> Vec<Effect> {
    let action = match binding(app, key) {
        // A key that is held; the notice of its first press stays.
        Some(binding) if is_repeated && !binding.repeats => return Vec::new(),
        binding => binding.map(|binding| binding.action),
    };
    app.shared.notice = None;
    if type_key(app, key) {
        return Vec::new();
    }
    let Some(action) = action else { return Vec::new() };
    let Transition { mut effects, goto } = act(app, action);
    effects.extend(goto.into_iter().flat_map(|goto| navigate(app, goto)));
    effects
}

/// Types pasted text into the open text field, as one line.
fn paste(app: &mut App, text: &str) {
    let text = text.trim_end_matches(['\n', '\r']);
    let mut is_typed = false;
    for character in sanitize(&text.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ")).chars() {
        is_typed |= type_key(app, Key::Char(character));
    }
    if !is_typed {
        app.shared.notice = Some(Notice::Info("pasted text is ignored: no text field is open".to_owned()));
    }
}

/// Passes a key to the open text field; returns `false` if there is none or the key does not edit.
fn type_key(app: &mut App, key: Key) -> bool {
    match &mut app.dialog {
        Some(Dialog::Form(form)) => form.type_key(key),
        Some(Dialog::Search(_)) => app.shared.arrange(|table, runs| table.type_key(key, runs)),
        _ => false,
    }
}

/// Passes an action to the screen or dialog that it belongs to.
fn act(app: &mut App, action: Action) -> Transition {
    let App { shared, screen, dialog, .. } = app;
    match (action, screen, dialog) {
        (Action::Everywhere(action), ..) => global::update(shared, action),
        (Action::Home(action), ..) => home::update(shared, action),
        (Action::Live(action), ..) => live::update(shared, action),
        (Action::Runs(action), ..) => runs::update(shared, action),
        (Action::Compare(action), Screen::Compare(compare), _) => compare::update(compare, action),
        (Action::Predictions(action), Screen::Predictions(predictions), _) => {
            predictions::update(predictions, action)
        }
        (Action::LrFinder(action), Screen::LrFinder(finder), _) => lr_finder::update(finder, action),
        (Action::Quit(action), ..) => quit::update(shared, action),
        (Action::Stop(action), ..) => stop::update(shared, action),
        (Action::Confirm(action), _, Some(Dialog::Confirm(question))) => confirm::update(question, action),
        (Action::Form(action), _, Some(Dialog::Form(form))) => form::update(form, shared, action),
        (Action::Search(action), _, Some(Dialog::Search(search))) => search::update(search, shared, action),
        (Action::Columns(action), _, Some(Dialog::Columns(choice))) => {
            columns::update(choice, shared, action)
        }
        (Action::Help(action), _, Some(Dialog::Help(help))) => help::update(help, action, BINDINGS.len()),
        (Action::Charts(action), ..) => {
            app.update_charts(action);
            Transition::default()
        }
        // Bindings apply only while their screen or dialog is shown.
        (
            Action::Compare(_)
            | Action::Predictions(_)
            | Action::LrFinder(_)
            | Action::Confirm(_)
            | Action::Form(_)
            | Action::Search(_)
            | Action::Columns(_)
            | Action::Help(_),
            ..,
        ) => Transition::default(),
    }
}

/// Replaces the list of runs, and keeps the selections in the table and the menu.
fn list(shared: &mut Shared, runs: Vec<Listing>) {
    let selected = shared.menu().get(shared.menu_row).map(MenuItem::key);
    shared.list(runs);
    let menu = shared.menu();
    // Until the selection is moved, the first line stays selected.
    let same = selected.filter(|_| shared.menu_row > 0);
    let row = same.and_then(|same| menu.iter().position(|item| item.key() == same));
    let row = row.unwrap_or(shared.menu_row).min(menu.len().saturating_sub(1));
    shared.menu_row = row;
}

fn with_range_test(screen: &mut Screen, number: u64, change: impl FnOnce(&mut LrFinder)) {
    if let Screen::LrFinder(finder) = screen
        && finder.number == number
        && !finder.is_over()
    {
        change(finder);
    }
}

fn deleted(shared: &mut Shared, ids: Vec<RunId>) {
    let name = |id: &RunId| {
        let run = shared.listed_runs().find(|run| run.manifest.id == *id);
        run.map_or_else(|| id.name().to_owned(), |run| run.manifest.name.clone())
    };
    let undo = runs::key_of(RunsAction::Undo);
    shared.notice = Some(Notice::Info(match ids.as_slice() {
        [id] => format!("deleted {}; {undo} restores it", name(id)),
        ids => format!("deleted {} runs; {undo} restores them", ids.len()),
    }));
    shared.marked.retain(|id| !ids.contains(id));
    shared.leaving.extend(ids.iter().cloned());
    if let Some(runs) = shared.runs.clone() {
        shared.list(runs);
    }
    shared.undoable_deletions.push(ids);
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
