//! The dashboard without a terminal: drawn once, from what is on disk.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::DashboardOptions;
use super::observe::{find_data, queue_of};
use super::source;
use crate::app::{App, Effect, Key, Msg, Pane, Screen, update};
use crate::run::{Follower, RunDir, Store, Update};
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
/// It hears the same messages as the dashboard in a terminal, and draws the same view. What a person chose there and it
/// remembers, such as columns, does not count.
pub fn snapshot(
    store: &Store,
    scene: Scene,
    options: &DashboardOptions,
    (columns, rows): (u16, u16),
) -> Snapshot {
    let mut app = options.app();
    let mut cells = Buffer::empty(Rect::new(0, 0, columns, rows));
    let is_pane = matches!(scene, Scene::Pane(..));
    show(&mut app, store, scene, options);
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
            tell(app, Msg::Runs(store.list()));
            let queue = queue_of(store).map(|(queue, is_worked_on)| Msg::Queue(queue, is_worked_on));
            for msg in queue.into_iter().chain(find_data(source(&options.defaults))) {
                tell(app, msg);
            }
            app.screen = if scene == Scene::Home { Screen::Home } else { Screen::Runs };
        }
        Scene::Live(dir) => tell(app, Msg::Started(dir)),
        Scene::Pane(dir, pane) => {
            app.focus = pane;
            tell(app, Msg::Started(dir));
        }
        Scene::Compare(dirs) => {
            app.screen = Screen::Runs;
            app.marked = dirs;
            tell(app, Msg::Key(Key::Char('c')));
        }
    }
}

/// Has the dashboard hear a message, and reads what it wants to see then. It is not asked for anything else.
fn tell(app: &mut App, msg: Msg) {
    for effect in update(app, msg) {
        match effect {
            Effect::Follow(dir) => read(app, &dir, Msg::Run),
            Effect::Compare(dirs) => dirs.iter().for_each(|dir| read(app, dir, Msg::Compared)),
            _ => {}
        }
    }
}

/// Tells all that there is to know of a run.
fn read(app: &mut App, dir: &RunDir, msg: fn(RunDir, Box<Update>) -> Msg) {
    let mut follower = Follower::new(dir.clone());
    loop {
        let update = follower.poll();
        let is_all = update.caught_up;
        tell(app, msg(dir.clone(), Box::new(update)));
        if is_all {
            return;
        }
    }
}
