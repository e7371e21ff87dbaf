//! The dashboard drawn once, without a terminal, from what is on disk.

use std::ops::ControlFlow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::observe::{find_data, queue_of};
use crate::app::{Action, App, Effect, Key, Msg, Pane, RunsAction, Screen, key_of, update};
use crate::run::{Follower, RunDir, RunId, Store, Update};
use crate::shell::DashboardOptions;
use crate::shell::resources::source;
use crate::shell::services::{answer, lr_find};
use crate::ui::{Snapshot, View};

/// What to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// The first screen.
    Home,
    /// All runs.
    Runs,
    /// One run.
    Live(RunDir),
    /// A single pane of one run.
    Pane(RunDir, Pane),
    /// The comparison of 2 to [`Compare::MAX_RUNS`](crate::app::Compare::MAX_RUNS) runs; the first is the baseline.
    Compare(Vec<RunDir>),
}

/// Draws the dashboard as it would look if opened now, in this many columns and rows.
///
/// It handles the same messages as the dashboard in a terminal, then the keys, and draws the same view. The saved view
/// state, such as columns, is ignored. Keys change only what is shown: no run is started, changed or deleted.
pub fn snapshot(
    store: &Store,
    scene: Scene,
    keys: &[Key],
    options: &DashboardOptions,
    (columns, rows): (u16, u16),
) -> Snapshot {
    let mut app = options.app();
    let mut cells = Buffer::empty(Rect::new(0, 0, columns, rows));
    let is_pane = matches!(scene, Scene::Pane(..));
    show(&mut app, store, scene, options);
    for key in keys {
        apply(&mut app, store, Msg::Key(*key));
    }
    let theme = options.render_theme(&app);
    let view = View { app: &app, theme: &theme };
    if is_pane {
        view.draw_pane(&mut cells);
    } else {
        view.draw(&mut cells);
    }
    Snapshot { cells, theme }
}

/// Shows the scene.
fn show(app: &mut App, store: &Store, scene: Scene, options: &DashboardOptions) {
    match scene {
        Scene::Home | Scene::Runs => {
            apply(app, store, Msg::Runs(store.list()));
            let queue = queue_of(store).map(|(queue, worker)| Msg::Queue(queue, worker));
            for msg in queue.into_iter().chain(find_data(source(&options.defaults))) {
                apply(app, store, msg);
            }
            app.screen = if scene == Scene::Home { Screen::Home } else { Screen::Runs };
        }
        Scene::Live(dir) => apply(app, store, Msg::Started(dir.id().clone())),
        Scene::Pane(dir, pane) => {
            app.shared.panes.focus = pane;
            apply(app, store, Msg::Started(dir.id().clone()));
        }
        Scene::Compare(dirs) => {
            app.screen = Screen::Runs;
            app.shared.marked = dirs.iter().map(|dir| dir.id().clone()).collect();
            if let Some(key) = key_of(Action::Runs(RunsAction::Compare)) {
                apply(app, store, Msg::Key(key));
            }
        }
    }
}

/// Applies a message and performs the effects that only read; all others are ignored.
fn apply(app: &mut App, store: &Store, msg: Msg) {
    for effect in update(app, msg) {
        match effect {
            Effect::Follow(id) => read(app, store, &id, Msg::Run),
            Effect::Compare(ids) => ids.iter().for_each(|id| read(app, store, id, Msg::Compared)),
            Effect::Predict(runs) => {
                let answer = answer(store, runs);
                apply(app, store, answer);
            }
            Effect::StartRangeTest(number, config) => {
                let mut tried = Vec::new();
                let found = lr_find(*config, |loss| {
                    tried.push(Msg::RangeTestLoss(number, loss));
                    ControlFlow::Continue(())
                });
                tried.extend(found.err().map(|error| Msg::RangeTestFailed(number, error.to_string())));
                for msg in tried {
                    apply(app, store, msg);
                }
            }
            _ => {}
        }
    }
}

/// Reads a run to its end.
fn read(app: &mut App, store: &Store, id: &RunId, msg: fn(RunId, Box<Update>) -> Msg) {
    let mut follower = match store.run(id) {
        Ok(dir) => Follower::new(dir),
        Err(error) => return apply(app, store, Msg::Failed(error.to_string())),
    };
    loop {
        let update = follower.poll();
        let is_all = update.caught_up;
        apply(app, store, msg(id.clone(), Box::new(update)));
        if is_all {
            return;
        }
    }
}
