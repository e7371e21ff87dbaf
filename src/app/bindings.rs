//! The table of key bindings. Key handling, the line of hints, the help and `docs/keys.md` are derived from it.
//!
//! Each screen and each dialog declares its own part; this file combines them.

use super::charts::{self, CurveAction};
use super::dialogs::{
    ColumnsAction, ConfirmAction, Dialog, FormAction, HelpAction, QuitAction, SearchAction, StopAction,
    columns, confirm, form, help, quit, search, stop,
};
use super::form::Form;
use super::global::{self, GlobalAction};
use super::key::Key;
use super::panes::Pane;
use super::screens::{
    CompareAction, HomeAction, LiveAction, LrFinder, LrFinderAction, PredictionsAction, RunsAction, Screen,
    compare, home, live, lr_finder, predictions, runs,
};
use super::shared::Shared;
use super::state::App;

/// A key binding.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The action that it triggers.
    pub action: Action,
    /// Its keys; the first is shown in the line of hints.
    pub keys: &'static [Key],
    /// Where it applies.
    pub scope: Scope,
    /// One or two words for the line of hints; `None` leaves it out there.
    pub hint: Option<&'static str>,
    /// A line for the help.
    pub help: &'static str,
    /// Whether holding the key repeats the action.
    pub repeats: bool,
    /// Its index in the table of its scope.
    row: usize,
}

/// Declares [`Scope`] and [`Action`] with one variant per scope, and [`BINDINGS`] from their tables. A row contains the
/// title of the scope, the module with its `KEYS`, the type of its actions, and the state that decides which keys apply.
macro_rules! scopes {
    ($($(#[$doc:meta])* $Scope:ident: $title:literal, $module:ident, $Action:ident, $State:ident, $state:expr;)*) => {
        /// Where a binding applies.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Scope {
            $($(#[$doc])* $Scope,)*
        }

        /// An action, by the scope that it belongs to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $Scope($Action),)*
        }

        impl Scope {
            /// Its title in the help.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$Scope => $title,)*
                }
            }

            /// Whether the row of its table applies now.
            fn applies(self, app: &App, row: usize) -> bool {
                match self {
                    $(Self::$Scope => {
                        let state: fn(&App) -> Option<&$State> = $state;
                        state(app).is_some_and($module::KEYS[row].when)
                    })*
                }
            }
        }

        const COUNT: usize = 0 $(+ $module::KEYS.len())*;

        const fn bindings() -> [Binding; COUNT] {
            let none = Binding {
                action: Action::Help(HelpAction::Close),
                keys: &[],
                scope: Scope::Help,
                hint: None,
                help: "",
                repeats: true,
                row: 0,
            };
            let mut bindings = [none; COUNT];
            let mut next = 0;
            $(
                let mut row = 0;
                while row < $module::KEYS.len() {
                    let key = &$module::KEYS[row];
                    bindings[next] = Binding {
                        action: Action::$Scope(key.action),
                        keys: key.keys,
                        scope: Scope::$Scope,
                        hint: key.hint,
                        help: key.help,
                        repeats: key.repeats,
                        row,
                    };
                    next += 1;
                    row += 1;
                }
            )*
            bindings
        }
    };
}

scopes! {
    /// Every screen, unless a dialog is open.
    Everywhere: "everywhere", global, GlobalAction, App, |app| Some(app);
    /// The live screen.
    Live: "a run", live, LiveAction, Shared, shared;
    /// A screen whose focus is on a chart.
    Charts: "charts", charts, CurveAction, Shared, shared;
    /// The runs screen.
    Runs: "runs", runs, RunsAction, Shared, shared;
    /// The comparison.
    Compare: "comparing", compare, CompareAction, Shared, shared;
    /// The predictions screen.
    Predictions: "predictions", predictions, PredictionsAction, Shared, shared;
    /// The home screen.
    Home: "home", home, HomeAction, Shared, shared;
    /// The learning-rate finder.
    LrFinder: "learning rate", lr_finder, LrFinderAction, LrFinder, |app| match &app.screen {
        Screen::LrFinder(finder) => Some(&**finder),
        _ => None,
    };
    /// The dialog that asks what to do with the training run on quitting.
    Quit: "quitting", quit, QuitAction, Shared, shared;
    /// The dialog that asks whether to stop the run.
    Stop: "stopping", stop, StopAction, Shared, shared;
    /// A question.
    Confirm: "confirming", confirm, ConfirmAction, Shared, shared;
    /// A form.
    Form: "settings", form, FormAction, Form, |app| match &app.dialog {
        Some(Dialog::Form(form)) => Some(&**form),
        _ => None,
    };
    /// The query being typed.
    Search: "search", search, SearchAction, Shared, shared;
    /// The choice of columns.
    Columns: "columns", columns, ColumnsAction, Shared, shared;
    /// The help.
    Help: "keys", help, HelpAction, Shared, shared;
}

/// Every key. Hints and help follow its order within a scope, so the most useful come first.
pub const BINDINGS: &[Binding] = &bindings();

#[expect(clippy::unnecessary_wraps, reason = "the states of other scopes may be absent")]
fn shared(app: &App) -> Option<&Shared> {
    Some(&app.shared)
}

impl Scope {
    /// The scopes in the help, in order. Dialogs show their own keys.
    pub const LISTED: &[Self] = &[
        Self::Everywhere,
        Self::Live,
        Self::Charts,
        Self::Runs,
        Self::Compare,
        Self::Predictions,
        Self::Home,
        Self::LrFinder,
    ];
}

/// The scopes that apply now, the most specific first.
fn scopes(app: &App) -> &'static [Scope] {
    match app.dialog {
        Some(Dialog::Quit) => &[Scope::Quit],
        Some(Dialog::Stop) => &[Scope::Stop],
        Some(Dialog::Confirm(_)) => &[Scope::Confirm],
        Some(Dialog::Form(_)) => &[Scope::Form],
        Some(Dialog::Search(_)) => &[Scope::Search],
        Some(Dialog::Columns(_)) => &[Scope::Columns],
        Some(Dialog::Help(_)) => &[Scope::Help],
        None => scopes_of_screen(app),
    }
}

fn scopes_of_screen(app: &App) -> &'static [Scope] {
    match app.screen {
        Screen::Home => &[Scope::Home, Scope::Everywhere],
        Screen::Live if matches!(app.shared.panes.focus, Pane::Loss | Pane::Accuracy) => {
            &[Scope::Live, Scope::Everywhere, Scope::Charts]
        }
        Screen::Live => &[Scope::Live, Scope::Everywhere],
        Screen::Runs => &[Scope::Runs, Scope::Everywhere],
        Screen::Compare(_) => &[Scope::Compare, Scope::Charts, Scope::Everywhere],
        Screen::LrFinder(_) => &[Scope::LrFinder, Scope::Everywhere],
        Screen::Predictions(_) => &[Scope::Predictions, Scope::Everywhere],
    }
}

impl App {
    /// The scopes in the help, with those of the current screen first.
    pub fn scopes_of_help(&self) -> Vec<Scope> {
        let here = scopes_of_screen(self);
        let others = Scope::LISTED.iter().filter(|scope| !here.contains(scope));
        here.iter().chain(others).copied().collect()
    }
}

/// The bindings that apply now.
pub fn available(app: &App) -> impl Iterator<Item = &'static Binding> {
    let in_scope = |scope: &'static Scope| BINDINGS.iter().filter(move |binding| binding.scope == *scope);
    scopes(app).iter().flat_map(in_scope).filter(|binding| binding.scope.applies(app, binding.row))
}

/// The binding of a key now.
pub(super) fn binding(app: &App, key: Key) -> Option<&'static Binding> {
    available(app).find(|binding| binding.keys.contains(&key))
}

/// The first key of an action, for messages that mention it.
pub fn key_of(action: Action) -> Option<Key> {
    BINDINGS.iter().find(|binding| binding.action == action)?.keys.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_parse_as_displayed() {
        for key in BINDINGS.iter().flat_map(|binding| binding.keys) {
            assert_eq!(key.to_string().parse(), Ok(*key), "{key}");
        }
        for name in ["", "ab", "F1", "^", "^1", "\n"] {
            assert_eq!(name.parse::<Key>().is_ok(), name == "^", "{name:?}");
        }
    }

    #[test]
    fn the_first_key_of_an_action_is_the_one_to_mention() {
        use crate::app::global::GlobalAction;
        use crate::app::screens::RunsAction;

        assert_eq!(key_of(Action::Everywhere(GlobalAction::Quit)), Some(Key::Char('q')));
        assert_eq!(key_of(Action::Runs(RunsAction::Mark)), Some(Key::Char('m')));
    }

    #[test]
    fn no_key_has_two_actions_at_once() {
        // The state of the run decides between these.
        let by_state = [
            (Action::Live(LiveAction::Pause), Action::Live(LiveAction::Continue)),
            (Action::Quit(QuitAction::Leave), Action::Quit(QuitAction::Leave)),
            (Action::Runs(RunsAction::PauseQueue), Action::Runs(RunsAction::ResumeQueue)),
            (Action::Runs(RunsAction::NewLikeThis), Action::Everywhere(GlobalAction::ShowHome)),
            (Action::Live(LiveAction::PreviousLayer), Action::Charts(CurveAction::WalkBack)),
            (Action::Live(LiveAction::NextLayer), Action::Charts(CurveAction::WalkForward)),
        ];
        for (index, binding) in BINDINGS.iter().enumerate() {
            for (other_index, other) in BINDINGS.iter().enumerate() {
                let on_charts = [Scope::Live, Scope::Compare].contains(&binding.scope);
                let together = other.scope == binding.scope && other_index > index
                    || (other.scope == Scope::Charts) && on_charts
                    || (other.scope == Scope::Everywhere)
                        && binding.scope != other.scope
                        && Scope::LISTED.contains(&binding.scope);
                let shared = binding.keys.iter().any(|key| other.keys.contains(key));
                let apart = by_state.contains(&(binding.action, other.action));
                assert!(!(together && shared) || apart, "{binding:?} and {other:?}");
            }
        }
    }
}
