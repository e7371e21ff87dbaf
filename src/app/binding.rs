//! The one table of what a person can do: it binds the keys, fills the line of hints, the help and the
//! README.

use super::{App, CurveAction, Dialog, FormKind, Key, MenuItem, Pane, Screen};
use crate::run::{PauseReason, RecordedStatus};

/// Something that a person can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Pause the run on the screen.
    Pause,
    /// Go on with the paused run on the screen.
    Continue,
    /// Ask whether to stop the run on the screen.
    AskStop,
    /// Stop it.
    Stop,
    /// Write a checkpoint of it.
    Checkpoint,
    /// Ask what is to be changed of the run's settings.
    Edit,
    /// Ask with what settings to go back to the last checkpoint.
    GoBack,
    /// Mark the selected run, or take its mark away.
    Mark,
    /// Take all marks away.
    Unmark,
    /// Compare the marked runs.
    Compare,
    /// Look at curves in another way.
    Curves(CurveAction),
    /// To the other chart.
    NextChart,
    /// Measure the others against the selected run.
    Baseline,
    /// Look at what the selected run and the baseline predict.
    Predict,
    /// To the images that changed the other way.
    NextDisagreement,
    /// Look for a learning rate for the selected network.
    FindRate,
    /// To the other suggestion.
    NextRate,
    /// Train with the chosen rate.
    TrainWithRate,
    /// Ask for runs.
    Search,
    /// Arrange the runs the next way.
    NextArrangement,
    /// Choose what is shown of the runs.
    ChooseColumns,
    /// Show the selected column, or hide it.
    TurnColumn,
    /// Give it the place before.
    ColumnUp,
    /// Give it the place after.
    ColumnDown,
    /// Ask for the name, the tags and the notes of the selected run.
    Label,
    /// Ask for the settings of new runs like the selected one, or of the selected offer.
    TrainLike,
    /// Throw the selected run away.
    ThrowAway,
    /// Bring back what was thrown away last.
    Undo,
    /// Start no more runs of the queue.
    PauseQueue,
    /// Start runs of the queue again.
    GoQueue,
    /// Give the selected run the place before in the queue.
    Earlier,
    /// Give it the place after.
    Later,
    /// Throw away all that waits.
    EmptyQueue,
    /// Type what could come next.
    Complete,
    /// Sort by the next column.
    NextSort,
    /// Sort the other way round.
    TurnSort,
    /// Ask with what settings a new run is to go on from a checkpoint of this one.
    Fork,
    /// Do what the form says.
    Submit,
    /// Queue what the form says, also if it is one run.
    Enqueue,
    /// Start a trainer for a run that has ended before its time.
    Resume,
    /// To the pane after the one with the focus.
    NextPane,
    /// To the pane before it.
    PreviousPane,
    /// Give it the whole screen, or take that back.
    Zoom,
    /// To the layer before, of those whose kernels are shown.
    PreviousLayer,
    /// To the layer after.
    NextLayer,
    /// Up by a row, or to the channel before.
    Up,
    /// Down by a row, or to the channel after.
    Down,
    /// Up by ten rows.
    PageUp,
    /// Down by ten rows.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Do what the selected row offers.
    Choose,
    /// To the screen before, or close what lies on top.
    Back,
    /// To the screen that offers to train.
    ShowHome,
    /// To the run on the screen.
    ShowLive,
    /// To the runs.
    ShowRuns,
    /// To the next theme.
    NextTheme,
    /// Show every key, or close that.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Back to the shell; `fg` comes back.
    Suspend,
    /// Leave the program, after asking what is to become of a live run.
    Quit,
    /// Leave the program and the run as it is.
    Leave,
    /// Let the paused run go on and leave.
    GoOnAndLeave,
    /// Pause the run and leave.
    PauseAndLeave,
    /// Stop and save the run and leave.
    StopAndLeave,
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// On every screen, where nothing lies on top.
    Everywhere,
    /// On the screen that offers to train.
    Home,
    /// With a run on the screen.
    Live,
    /// With the runs on the screen.
    Runs,
    /// With curves that have the focus.
    Charts,
    /// With runs beside each other.
    Compare,
    /// With the predictions of two runs.
    Predictions,
    /// While a learning rate is looked for.
    LrFinder,
    /// While asked what is to become of the run.
    Quit,
    /// While asked whether to stop the run.
    Stop,
    /// While settings are typed.
    Form,
    /// While it is typed which runs to show.
    Search,
    /// While it is chosen what to show of them.
    Columns,
    /// While the keys are shown.
    Help,
}

impl Scope {
    /// The scopes of the help, in its order. What lies on top of a screen shows its own keys.
    pub const LISTED: [Self; 8] = [
        Self::Everywhere,
        Self::Live,
        Self::Charts,
        Self::Runs,
        Self::Compare,
        Self::Predictions,
        Self::Home,
        Self::LrFinder,
    ];

    /// What it is called in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Home => "start",
            Self::Live => "a run",
            Self::Runs => "runs",
            Self::Charts => "charts",
            Self::Compare => "comparing",
            Self::Predictions => "predictions",
            Self::LrFinder => "learning rate",
            Self::Quit => "leaving",
            Self::Stop => "stopping",
            Self::Form => "settings",
            Self::Search => "asking",
            Self::Columns => "columns",
            Self::Help => "keys",
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// The keys that do it; the first is the one that hints show.
    pub keys: &'static [Key],
    /// Where.
    pub scope: Scope,
    /// One or two words for the line of hints; none: it is not hinted at.
    pub hint: Option<&'static str>,
    /// A line for the help.
    pub help: &'static str,
    /// When, besides.
    pub when: fn(&App) -> bool,
}

fn found(app: &App) -> bool {
    app.rates.as_ref().is_some_and(|search| search.suggestion().is_some())
}

fn always(_: &App) -> bool {
    true
}

fn run_is(app: &App, test: impl Fn(RecordedStatus) -> bool) -> bool {
    app.run.as_ref().and_then(super::RunView::status).is_some_and(test)
}

fn running(app: &App) -> bool {
    run_is(app, |status| status == RecordedStatus::Running)
}

fn not_running(app: &App) -> bool {
    !running(app)
}

fn paused(app: &App) -> bool {
    run_is(app, |status| status == RecordedStatus::Paused)
}

fn live(app: &App) -> bool {
    app.run.as_ref().is_some_and(super::RunView::is_live)
}

fn diverged(app: &App) -> bool {
    paused(app) && app.run.as_ref().and_then(super::RunView::pause_reason) == Some(PauseReason::Diverged)
}

fn open(app: &App) -> bool {
    app.run.is_some()
}

fn resumable(app: &App) -> bool {
    app.resumable().is_some()
}

fn selected(app: &App) -> bool {
    app.selected().is_some()
}

fn like_one(app: &App) -> bool {
    app.selected_or_first().is_some()
}

fn on_offer(app: &App) -> bool {
    matches!(app.offers().get(app.selected_offer), Some(MenuItem::Train(_)))
}

fn to_train(app: &App) -> bool {
    app.form.as_ref().is_some_and(|form| matches!(form.purpose, FormKind::Train(_)))
}

fn thrown_away(app: &App) -> bool {
    !app.trash.is_empty()
}

fn queue_waits(app: &App) -> bool {
    app.queue.paused || !app.queue.runs.is_empty() && !app.queue_is_worked_on
}

fn queue_works(app: &App) -> bool {
    !app.queue.runs.is_empty() && !app.queue.paused && app.queue_is_worked_on
}

fn queued(app: &App) -> bool {
    app.selected().is_some_and(|run| app.queue.place(&run.record.id).is_some())
}

fn queue_has_runs(app: &App) -> bool {
    !app.queue.runs.is_empty()
}

fn marked(app: &App) -> bool {
    !app.marked.is_empty()
}

fn elsewhere(app: &App) -> bool {
    app.run.is_some() && app.screen != Screen::Live
}

fn not_on_runs(app: &App) -> bool {
    app.screen != Screen::Runs
}

fn not_at_home(app: &App) -> bool {
    app.screen != Screen::Home && !(app.screen == Screen::Runs && like_one(app))
}

fn on_kernels(app: &App) -> bool {
    app.focus == Pane::Kernels
}

fn on_rows(app: &App) -> bool {
    app.focus == Pane::Kernels || app.focus == Pane::Log
}

use Action as A;
use CurveAction as C;
use Scope as S;

const fn row(
    action: Action,
    keys: &'static [Key],
    scope: Scope,
    hint: Option<&'static str>,
    help: &'static str,
    when: fn(&App) -> bool,
) -> Binding {
    Binding { action, keys, scope, hint, help, when }
}

/// The table. Hints and help follow its order, so the most useful come first.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    row(A::PreviousLayer, &[Key::Left, Key::Char('h')],         S::Live, None,               "kernels: layer before", on_kernels),
    row(A::NextLayer,     &[Key::Right, Key::Char('l')],        S::Live, Some("layer"),      "kernels: next layer", on_kernels),
    row(A::Up,            &[Key::Up, Key::Char('k')],           S::Live, None,               "input before; log up", on_rows),
    row(A::Down,          &[Key::Down, Key::Char('j')],         S::Live, None,               "next input; log down", on_rows),
    row(A::Pause,         &[Key::Char(' ')],                    S::Live, Some("pause"),      "pause within one step", running),
    row(A::Continue,      &[Key::Char(' ')],                    S::Live, Some("go on"),      "go on after a pause", paused),
    row(A::Resume,        &[Key::Char('r')],                    S::Live, Some("resume"),     "resume a run cut short", resumable),
    row(A::GoBack,        &[Key::Char('b')],                    S::Live, Some("go back"),    "go back before it diverged", diverged),
    row(A::Edit,          &[Key::Char('e')],                    S::Live, Some("edit"),       "change settings", live),
    row(A::Fork,          &[Key::Char('F')],                    S::Live, None,               "fork: a new run from here", open),
    row(A::AskStop,       &[Key::Char('s')],                    S::Live, Some("stop"),       "stop and save (asks)", live),
    row(A::Checkpoint,    &[Key::Char('c')],                    S::Live, Some("checkpoint"), "write a checkpoint now", live),
    row(A::NextPane,      &[Key::Tab],                          S::Live, Some("pane"),       "next pane", always),
    row(A::PreviousPane,  &[Key::BackTab],                      S::Live, None,               "pane before", always),
    row(A::Zoom,          &[Key::Char('z'), Key::Enter],        S::Live, Some("zoom"),       "zoom the pane, and back", always),
    row(A::Back,          &[Key::Esc],                          S::Live, None,               "back to the runs", always),

    row(A::Curves(C::WalkOn),     &[Key::Right, Key::Char('l')],         S::Charts, Some("read"),   "read values at the next point", always),
    row(A::Curves(C::WalkBack),   &[Key::Left, Key::Char('h')],          S::Charts, None,           "at the point before", always),
    row(A::Curves(C::WalkFarOn),  &[Key::PageDown],                      S::Charts, None,           "farther on", always),
    row(A::Curves(C::WalkFarBack), &[Key::PageUp],                        S::Charts, None,           "farther back", always),
    row(A::Curves(C::WalkToStart), &[Key::Home, Key::Char('g')],          S::Charts, None,           "at the first point", always),
    row(A::Curves(C::WalkToEnd),  &[Key::End, Key::Char('G')],           S::Charts, None,           "at the last point", always),
    row(A::Curves(C::ZoomIn),     &[Key::Char('+'), Key::Char('=')],     S::Charts, Some("closer"), "less of the axis, wider", always),
    row(A::Curves(C::ZoomOut),    &[Key::Char('-')],                     S::Charts, None,           "more of the axis", always),
    row(A::Curves(C::ZoomAll),    &[Key::Char('0')],                     S::Charts, None,           "all of the axis", always),
    row(A::Curves(C::PanBack),    &[Key::Char('<'), Key::Char('H')],     S::Charts, None,           "what is before", always),
    row(A::Curves(C::PanOn),      &[Key::Char('>'), Key::Char('L')],     S::Charts, None,           "what comes after", always),
    row(A::Curves(C::NextAxis),   &[Key::Char('x')],                     S::Charts, Some("axis"),   "epochs, steps or time", always),
    row(A::Curves(C::LogLoss),    &[Key::Char('y')],                     S::Charts, Some("log"),    "loss by its logarithm", always),
    row(A::Curves(C::Smooth),     &[Key::Char('S')],                     S::Charts, None,           "smooth the loss more", always),

    row(A::Choose,        &[Key::Enter],                        S::Home, Some("choose"),     "do what the line offers", always),
    row(A::TrainLike,     &[Key::Char('e')],                    S::Home, Some("settings"),   "choose settings first", on_offer),
    row(A::FindRate,      &[Key::Char('f')],                    S::Home, Some("find rate"),  "find a learning rate for it", on_offer),
    row(A::Up,            &[Key::Up, Key::Char('k')],           S::Home, None,               "line above", always),
    row(A::Down,          &[Key::Down, Key::Char('j')],         S::Home, Some("select"),     "line below", always),

    row(A::TrainWithRate, &[Key::Enter],                        S::LrFinder, Some("train with it"), "train with the chosen rate", found),
    row(A::NextRate,      &[Key::Tab],                          S::LrFinder, Some("other rate"), "the other suggestion", found),
    row(A::NextRate,      &[Key::Up, Key::Down],                S::LrFinder, None,              "the other suggestion", found),
    row(A::FindRate,      &[Key::Char('f')],                    S::LrFinder, Some("again"),     "search anew", always),
    row(A::Back,          &[Key::Esc],                          S::LrFinder, Some("back"),      "back, and stop searching", always),

    row(A::Choose,        &[Key::Enter],                        S::Runs, Some("open"),       "open the run", always),
    row(A::Resume,        &[Key::Char('r')],                    S::Runs, Some("resume"),     "resume a run cut short", resumable),
    row(A::Mark,          &[Key::Char('m'), Key::Char(' ')],    S::Runs, Some("mark"),       "mark the run, or unmark it", selected),
    row(A::Compare,       &[Key::Char('c')],                    S::Runs, Some("compare"),    "compare the marked runs", always),
    row(A::Unmark,        &[Key::Char('M')],                    S::Runs, None,               "take all marks away", marked),
    row(A::TrainLike,     &[Key::Char('n')],                    S::Runs, Some("new like it"), "new runs like this one", like_one),
    row(A::Fork,          &[Key::Char('F')],                    S::Runs, None,               "fork: a new run from here", selected),
    row(A::Search,        &[Key::Char('/')],                    S::Runs, Some("find"),       "ask for runs: lr > 0.01", always),
    row(A::NextSort,      &[Key::Char('o')],                    S::Runs, Some("order"),      "sort by the next column", always),
    row(A::TurnSort,      &[Key::Char('O')],                    S::Runs, None,               "sort the other way round", always),
    row(A::NextArrangement, &[Key::Char('v')],                  S::Runs, Some("group"),      "in groups, as forks, or flat", always),
    row(A::ChooseColumns, &[Key::Char('C')],                    S::Runs, Some("columns"),    "choose what is shown", always),
    row(A::Label,         &[Key::Char('e')],                    S::Runs, Some("label"),      "name, tags and notes", selected),
    row(A::ThrowAway,     &[Key::Char('d')],                    S::Runs, Some("delete"),     "throw the run away", selected),
    row(A::Undo,          &[Key::Char('u')],                    S::Runs, Some("undo"),       "bring it back", thrown_away),
    row(A::PauseQueue,    &[Key::Char('p')],                    S::Runs, Some("pause queue"), "start no more of the queue", queue_works),
    row(A::GoQueue,       &[Key::Char('p')],                    S::Runs, Some("go on"),      "start those of the queue", queue_waits),
    row(A::Earlier,       &[Key::Char('K')],                    S::Runs, Some("sooner"),     "sooner in the queue", queued),
    row(A::Later,         &[Key::Char('J')],                    S::Runs, Some("later"),      "later in the queue", queued),
    row(A::EmptyQueue,    &[Key::Char('X')],                    S::Runs, None,               "throw away what waits", queue_has_runs),
    row(A::Up,            &[Key::Up, Key::Char('k')],           S::Runs, None,               "run above", always),
    row(A::Down,          &[Key::Down, Key::Char('j')],         S::Runs, Some("select"),     "run below", always),
    row(A::PageUp,        &[Key::PageUp],                       S::Runs, None,               "ten runs up", always),
    row(A::PageDown,      &[Key::PageDown],                     S::Runs, None,               "ten runs down", always),
    row(A::First,         &[Key::Home, Key::Char('g')],         S::Runs, None,               "first run", always),
    row(A::Last,          &[Key::End, Key::Char('G')],          S::Runs, None,               "last run", always),
    row(A::Back,          &[Key::Esc],                          S::Runs, None,               "back", always),

    row(A::NextChart,     &[Key::Tab],                          S::Compare, Some("chart"),   "loss or accuracy", always),
    row(A::Baseline,      &[Key::Char('b')],                    S::Compare, Some("baseline"), "measure against this run", always),
    row(A::Predict,       &[Key::Char('p')],                    S::Compare, Some("predictions"), "what it and the baseline predict", always),
    row(A::Up,            &[Key::Up, Key::Char('k')],           S::Compare, None,            "run above", always),
    row(A::Down,          &[Key::Down, Key::Char('j')],         S::Compare, None,            "run below", always),
    row(A::Choose,        &[Key::Enter],                        S::Compare, Some("open"),    "open the run", always),
    row(A::Back,          &[Key::Esc],                          S::Compare, None,            "back to the runs", always),

    row(A::NextDisagreement, &[Key::Tab],                       S::Predictions, Some("fixed or broken"), "fixed or broken images", always),
    row(A::Up,            &[Key::Left, Key::Char('h')],         S::Predictions, None,        "image before", always),
    row(A::Down,          &[Key::Right, Key::Char('l')],        S::Predictions, Some("image"), "next image", always),
    row(A::PageUp,        &[Key::PageUp],                       S::Predictions, None,        "ten images back", always),
    row(A::PageDown,      &[Key::PageDown],                     S::Predictions, Some("ten on"), "ten images on", always),
    row(A::First,         &[Key::Home, Key::Char('g')],         S::Predictions, None,        "first image", always),
    row(A::Last,          &[Key::End, Key::Char('G')],          S::Predictions, None,        "last image", always),
    row(A::Back,          &[Key::Esc],                          S::Predictions, None,        "back to comparing", always),

    row(A::Quit,          &[Key::Char('q'), Key::Ctrl('c')],    S::Everywhere, Some("quit"),  "leave (asks if it trains)", always),
    row(A::ShowLive,      &[Key::Char('1')],                    S::Everywhere, Some("live"),  "the run on the screen", elsewhere),
    row(A::ShowRuns,      &[Key::Char('2')],                    S::Everywhere, Some("runs"),  "all runs", not_on_runs),
    row(A::ShowHome,      &[Key::Char('n')],                    S::Everywhere, Some("new"),   "a new run", not_at_home),
    row(A::NextTheme,     &[Key::Char('t')],                    S::Everywhere, Some("theme"), "the next theme", always),
    row(A::Help,          &[Key::Char('?')],                    S::Everywhere, Some("keys"),  "every key", always),
    row(A::Redraw,        &[Key::Ctrl('l')],                    S::Everywhere, None,          "draw everything anew", always),
    row(A::Suspend,       &[Key::Ctrl('z')],                    S::Everywhere, None,          "to the shell; fg returns", always),

    row(A::Leave,         &[Key::Char('d'), Key::Enter],        S::Quit, None,               "leave it training: it goes on without you", running),
    row(A::Leave,         &[Key::Char('d'), Key::Enter],        S::Quit, None,               "leave it as it is: it waits for you", not_running),
    row(A::GoOnAndLeave,  &[Key::Char('g')],                    S::Quit, None,               "let it go on and leave", paused),
    row(A::PauseAndLeave, &[Key::Char('p')],                    S::Quit, None,               "pause it and leave", running),
    row(A::StopAndLeave,  &[Key::Char('s')],                    S::Quit, None,               "stop and save it, and leave", always),
    row(A::Back,          &[Key::Esc],                          S::Quit, None,               "stay", always),

    row(A::Stop,          &[Key::Char('s'), Key::Enter],        S::Stop, None,               "stop and save it; it can be resumed", always),
    row(A::Back,          &[Key::Esc],                          S::Stop, None,               "let it train", always),

    row(A::Submit,        &[Key::Enter],                        S::Form, Some("do it"),      "do it", always),
    row(A::Enqueue,       &[Key::Ctrl('n')],                    S::Form, Some("queue it"),   "queue it", to_train),
    row(A::Up,            &[Key::Up, Key::BackTab],             S::Form, None,               "setting above", always),
    row(A::Down,          &[Key::Down, Key::Tab],               S::Form, Some("next"),       "setting below", always),
    row(A::Back,          &[Key::Esc],                          S::Form, Some("leave it"),   "leave it as it is", always),

    row(A::Submit,        &[Key::Enter],                        S::Search, Some("done"),     "done", always),
    row(A::Complete,      &[Key::Tab],                          S::Search, Some("complete"), "type what could come next", always),
    row(A::Up,            &[Key::Up],                           S::Search, None,             "run above", always),
    row(A::Down,          &[Key::Down],                         S::Search, None,             "run below", always),
    row(A::Back,          &[Key::Esc],                          S::Search, Some("as before"), "as before", always),

    row(A::TurnColumn,    &[Key::Char(' ')],                    S::Columns, Some("show or hide"), "show or hide", always),
    row(A::ColumnUp,      &[Key::Left, Key::Char('K')],         S::Columns, Some("sooner"),  "one place to the left", always),
    row(A::ColumnDown,    &[Key::Right, Key::Char('J')],        S::Columns, Some("later"),   "one place to the right", always),
    row(A::Up,            &[Key::Up, Key::Char('k')],           S::Columns, None,            "column above", always),
    row(A::Down,          &[Key::Down, Key::Char('j')],         S::Columns, Some("select"),  "column below", always),
    row(A::Back,          &[Key::Esc, Key::Enter, Key::Char('C')], S::Columns, Some("done"), "done", always),

    row(A::Back,          &[Key::Esc, Key::Char('?'), Key::Char('q'), Key::Enter], S::Help, Some("close"), "close", always),
    row(A::Up,            &[Key::Up, Key::Char('k')],           S::Help, None,               "up", always),
    row(A::Down,          &[Key::Down, Key::Char('j')],         S::Help, None,               "down", always),
    row(A::PageUp,        &[Key::PageUp],                       S::Help, None,               "ten lines up", always),
    row(A::PageDown,      &[Key::PageDown],                     S::Help, None,               "ten lines down", always),
    row(A::First,         &[Key::Home, Key::Char('g')],         S::Help, None,               "to the start", always),
    row(A::Last,          &[Key::End, Key::Char('G')],          S::Help, None,               "to the end", always),
];

/// The scopes that hold now, the nearest first.
fn scopes(app: &App) -> &'static [Scope] {
    match app.dialog {
        Some(Dialog::Quit) => &[Scope::Quit],
        Some(Dialog::Stop) => &[Scope::Stop],
        Some(Dialog::Form) => &[Scope::Form],
        Some(Dialog::Search) => &[Scope::Search],
        Some(Dialog::Columns) => &[Scope::Columns],
        Some(Dialog::Help) => &[Scope::Help],
        None => scopes_of_screen(app),
    }
}

fn scopes_of_screen(app: &App) -> &'static [Scope] {
    match app.screen {
        Screen::Home => &[Scope::Home, Scope::Everywhere],
        Screen::Live if matches!(app.focus, Pane::Loss | Pane::Accuracy) => {
            &[Scope::Live, Scope::Everywhere, Scope::Charts]
        }
        Screen::Live => &[Scope::Live, Scope::Everywhere],
        Screen::Runs => &[Scope::Runs, Scope::Everywhere],
        Screen::Compare => &[Scope::Compare, Scope::Charts, Scope::Everywhere],
        Screen::LrFinder => &[Scope::LrFinder, Scope::Everywhere],
        Screen::Predictions => &[Scope::Predictions, Scope::Everywhere],
    }
}

impl App {
    /// The scopes of the help: those of the screen first.
    pub fn scopes_of_help(&self) -> Vec<Scope> {
        let here = scopes_of_screen(self);
        let others = Scope::LISTED.into_iter().filter(|scope| !here.contains(scope));
        here.iter().copied().chain(others).collect()
    }
}

/// What can be done now.
pub fn available(app: &App) -> impl Iterator<Item = &'static Binding> {
    let in_scope = |scope: &'static Scope| BINDINGS.iter().filter(move |binding| binding.scope == *scope);
    scopes(app).iter().flat_map(in_scope).filter(|binding| (binding.when)(app))
}

/// What a key does now.
pub(super) fn action(app: &App, key: Key) -> Option<Action> {
    available(app).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_at_once() {
        // These are told apart by the run's state.
        let by_state = [
            (Action::Pause, Action::Continue),
            (Action::Leave, Action::Leave),
            (Action::PauseQueue, Action::GoQueue),
            (Action::TrainLike, Action::ShowHome),
            (Action::PreviousLayer, Action::Curves(C::WalkBack)),
            (Action::NextLayer, Action::Curves(C::WalkOn)),
        ];
        for (index, binding) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[index + 1..] {
                let on_charts = [Scope::Live, Scope::Compare].contains(&binding.scope);
                let together = other.scope == binding.scope
                    || (other.scope == Scope::Charts) && on_charts
                    || (other.scope == Scope::Everywhere) && Scope::LISTED.contains(&binding.scope);
                let shared = binding.keys.iter().any(|key| other.keys.contains(key));
                let apart = by_state.contains(&(binding.action, other.action));
                assert!(!(together && shared) || apart, "{binding:?} and {other:?}");
            }
        }
    }
}
