//! Actions that are available on every screen.

use super::key::Key;
use super::key_row::{KeyRow, key};
use super::messages::Effect;
use super::run_view::RunView;
use super::screens::{Screen, runs};
use super::shared::Shared;
use super::state::App;
use super::transition::{Goto, Transition};

/// An action that is available on every screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlobalAction {
    /// Quit; ask first if the open run is live.
    Quit,
    /// Show the open run.
    ShowLive,
    /// Show all runs.
    ShowRuns,
    /// Show the home screen.
    ShowHome,
    /// Use the next theme.
    NextTheme,
    /// Show all keys.
    Help,
    /// Redraw the screen.
    Redraw,
    /// Suspend the program; `fg` resumes it.
    Suspend,
}

use GlobalAction as A;

#[rustfmt::skip]
pub(super) const KEYS: &[KeyRow<GlobalAction, App>] = &[
    key(A::Quit, &[Key::Char('q'), Key::Ctrl('c')], Some("quit"), "quit (asks first if the run is live)"),
    key(A::ShowLive, &[Key::Char('1')], Some("live"), "the open run").when(can_show_live),
    key(A::ShowRuns, &[Key::Char('2')], Some("runs"), "all runs").when(is_not_on_runs),
    key(A::ShowHome, &[Key::Char('n')], Some("new"), "new run").when(can_start),
    key(A::NextTheme, &[Key::Char('t')], Some("theme"), "next theme"),
    key(A::Help, &[Key::Char('?')], Some("keys"), "all keys"),
    key(A::Redraw, &[Key::Ctrl('l')], None, "redraw"),
    key(A::Suspend, &[Key::Ctrl('z')], None, "suspend (fg resumes)"),
];

fn can_show_live(app: &App) -> bool {
    app.shared.run.is_some() && !matches!(app.screen, Screen::Live)
}

fn is_not_on_runs(app: &App) -> bool {
    !matches!(app.screen, Screen::Runs)
}

/// Whether `n` opens the home screen: on the runs screen it creates runs like the selected one.
fn can_start(app: &App) -> bool {
    match app.screen {
        Screen::Home => false,
        Screen::Runs => !runs::has_example(&app.shared),
        _ => true,
    }
}

pub(super) fn update(shared: &mut Shared, action: GlobalAction) -> Transition {
    match action {
        A::Quit if shared.run.as_ref().is_some_and(RunView::is_live) => Goto::Quit.into(),
        A::Quit => Effect::Exit(None).into(),
        A::ShowLive => Goto::Live.into(),
        A::ShowRuns => Goto::Runs.into(),
        A::ShowHome => Goto::Home.into(),
        A::NextTheme => {
            shared.theme = (shared.theme + 1) % shared.themes.max(1);
            Transition::default()
        }
        A::Help => Goto::Help.into(),
        A::Redraw => Effect::Redraw.into(),
        A::Suspend => Effect::Suspend.into(),
    }
}
