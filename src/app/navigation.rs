//! Moving between screens and dialogs.

use super::columns::ColumnChoice;
use super::dialogs::{Dialog, Help, Search};
use super::messages::Effect;
use super::panes::Zoom;
use super::run_view::RunView;
use super::screens::{Compare, LrFinder, Predictions, Screen};
use super::state::App;
use super::transition::Goto;
use crate::run::RunId;

/// Shows another screen or dialog, and returns the effects that it needs.
pub(super) fn navigate(app: &mut App, goto: Goto) -> Vec<Effect> {
    let shared = &mut app.shared;
    match goto {
        Goto::Open(id) => return open(app, id),
        Goto::Compare => {
            let compare = Compare::new(&shared.marked, shared.charts.smoothing);
            shared.charts.show_all();
            app.screen = Screen::Compare(Box::new(compare));
            return vec![Effect::Compare(app.shared.marked.clone())];
        }
        Goto::Predict(runs) => return predict(app, runs),
        Goto::StartRangeTest(config) => {
            let number = app.range_tests;
            app.range_tests += 1;
            app.screen = Screen::LrFinder(Box::new(LrFinder::new(number, (*config).clone())));
            return vec![Effect::StartRangeTest(number, config)];
        }
        Goto::Home => app.screen = Screen::Home,
        Goto::Live => {
            shared.charts.show_all();
            app.screen = Screen::Live;
        }
        Goto::Runs => (app.screen, app.dialog) = (Screen::Runs, None),
        Goto::Back => back(app),
        Goto::Form(form) => app.dialog = Some(Dialog::Form(form)),
        Goto::Confirm(confirm) => app.dialog = Some(Dialog::Confirm(confirm)),
        Goto::Search => {
            app.dialog = Some(Dialog::Search(Search { before: shared.table.text().to_owned() }));
        }
        Goto::Columns => app.dialog = Some(Dialog::Columns(ColumnChoice::new(&shared.table.columns))),
        Goto::Stop => app.dialog = Some(Dialog::Stop),
        Goto::Quit => app.dialog = Some(Dialog::Quit),
        Goto::Help => app.dialog = Some(Dialog::Help(Help::default())),
        Goto::Close => app.dialog = None,
    }
    Vec::new()
}

/// Shows a run on the live screen.
pub(super) fn open(app: &mut App, id: RunId) -> Vec<Effect> {
    let shared = &mut app.shared;
    let is_same = shared.run.as_ref().is_some_and(|run| run.id == id);
    if !is_same || !matches!(app.screen, Screen::Live) {
        shared.charts.show_all();
    }
    (app.screen, app.dialog) = (Screen::Live, None);
    if is_same {
        return Vec::new();
    }
    shared.panes.reset_run();
    shared.run = Some(RunView::new(id.clone(), shared.charts.smoothing));
    vec![Effect::Follow(id)]
}

fn predict(app: &mut App, runs: [RunId; 2]) -> Vec<Effect> {
    app.screen = match std::mem::replace(&mut app.screen, Screen::Home) {
        Screen::Compare(compare) => Screen::Predictions(Box::new(Predictions::new(compare, runs.clone()))),
        other => other,
    };
    vec![Effect::Predict(runs)]
}

/// Hides the crosshair, or leaves the zoom, or returns to the previous screen.
fn back(app: &mut App) {
    let has_charts = matches!(app.screen, Screen::Live | Screen::Compare(_));
    if has_charts && app.crosshair().is_some() {
        app.shared.charts.crosshair = None;
        return;
    }
    if matches!(app.screen, Screen::Live) && app.shared.panes.zoom == Zoom::Alone {
        app.shared.panes.zoom = Zoom::Together;
        return;
    }
    app.screen = match std::mem::replace(&mut app.screen, Screen::Home) {
        Screen::Live | Screen::Compare(_) => Screen::Runs,
        Screen::Predictions(predictions) => Screen::Compare(predictions.compare),
        Screen::Home | Screen::Runs | Screen::LrFinder(_) => Screen::Home,
    };
}
