//! The dashboard without a terminal: drawn once, from what is on disk.

use std::ops::ControlFlow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::observe::{find_data, queue_of};
use crate::app::{App, Effect, Key, Msg, Pane, Screen, update};
use crate::run::{Follower, RunDir, RunId, Store, Update};
use crate::shell::DashboardOptions;
use crate::shell::resources::source;
use crate::shell::services::{answer, lr_find};
use crate::ui::{Snapshot, View};

/// What of the dashboard is to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// The first screen.
    Home,
    /// All runs.
    Runs,
    /// One run.
    Live(RunDir),
    /// A pane of one run, by itself.
    Pane(RunDir, Pane),
    /// Runs beside each other, the first as what the others are measured against: two at least, and at most
    /// [`Compare::MOST`](crate::app::Compare::MOST).
    Compare(Vec<RunDir>),
}

/// Draws the dashboard as somebody would see it who opens it now, in so many columns and rows.
///
/// It hears the same messages as the dashboard in a terminal, and the keys that are pressed then, and draws the same view.
/// What a person chose there and it remembers, such as columns, does not count. Keys look at things and change nothing:
/// no run is started, told or thrown away.
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
        tell(&mut app, store, Msg::Key(*key));
    }
    let look = options.look(&app);
    let view = View { app: &app, look: &look };
    if is_pane {
        view.draw_pane(&mut cells);
    } else {
        view.draw(&mut cells);
    }
    Snapshot { cells, look }
}

/// Brings the scene about.
fn show(app: &mut App, store: &Store, scene: Scene, options: &DashboardOptions) {
    match scene {
        Scene::Home | Scene::Runs => {
            tell(app, store, Msg::Runs(store.list()));
            let queue = queue_of(store).map(|(queue, is_worked_on)| Msg::Queue(queue, is_worked_on));
            for msg in queue.into_iter().chain(find_data(source(&options.defaults))) {
                tell(app, store, msg);
            }
            app.screen = if scene == Scene::Home { Screen::Home } else { Screen::Runs };
        }
        Scene::Live(dir) => tell(app, store, Msg::Started(dir.id().clone())),
        Scene::Pane(dir, pane) => {
            app.focus = pane;
            tell(app, store, Msg::Started(dir.id().clone()));
        }
        Scene::Compare(dirs) => {
            app.screen = Screen::Runs;
            app.marked = dirs.iter().map(|dir| dir.id().clone()).collect();
            tell(app, store, Msg::Key(Key::Char('c')));
        }
    }
}

/// Has the dashboard hear a message, and answers what it wants to know then. Nothing else is done for it.
fn tell(app: &mut App, store: &Store, msg: Msg) {
    for effect in update(app, msg) {
        match effect {
            Effect::Follow(id) => read(app, store, &id, Msg::Run),
            Effect::Compare(ids) => ids.iter().for_each(|id| read(app, store, id, Msg::Compared)),
            Effect::Predict(runs) => {
                let answer = answer(store, runs);
                tell(app, store, answer);
            }
            Effect::FindRate(number, config) => {
                let mut tried = Vec::new();
                let found = lr_find(*config, |loss| {
                    tried.push(Msg::Tried(number, loss));
                    ControlFlow::Continue(())
                });
                tried.extend(found.err().map(|error| Msg::NotTried(number, error.to_string())));
                for msg in tried {
                    tell(app, store, msg);
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
        Err(error) => return tell(app, store, Msg::Failed(error.to_string())),
    };
    loop {
        let update = follower.poll();
        let is_all = update.caught_up;
        tell(app, store, msg(id.clone(), Box::new(update)));
        if is_all {
            return;
        }
    }
}
