//! The dialog that asks what to do with the training run on quitting.

use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::messages::{Effect, ExitState, ExitSummary};
use crate::app::run_view::RunView;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};
use crate::run::{Command, RunStatus};

/// What to do with the training run on quitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuitAction {
    /// Quit and leave the run as it is.
    Leave,
    /// Continue the paused run and quit.
    ContinueAndLeave,
    /// Pause the run and quit.
    PauseAndLeave,
    /// Stop and save the run and quit.
    StopAndLeave,
    /// Do not quit.
    Cancel,
}

use QuitAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<QuitAction, Shared>] = &[
    key(A::Leave, &[Key::Char('d'), Key::Enter], None, "Quit and keep training").when(is_running),
    key(A::Leave, &[Key::Char('d'), Key::Enter], None, "Quit and leave it as it is").when(is_not_running),
    key(A::ContinueAndLeave, &[Key::Char('g')], None, "Quit and continue training").when(is_paused),
    key(A::PauseAndLeave, &[Key::Char('p')], None, "Quit and pause training").when(is_running),
    key(A::StopAndLeave, &[Key::Char('s')], None, "Quit, stop and save"),
    key(A::Cancel, &[Key::Esc], None, "Cancel"),
];

fn status(shared: &Shared) -> Option<RunStatus> {
    shared.run.as_ref().and_then(RunView::status)
}

fn is_running(shared: &Shared) -> bool {
    status(shared) == Some(RunStatus::Running)
}

fn is_not_running(shared: &Shared) -> bool {
    !is_running(shared)
}

fn is_paused(shared: &Shared) -> bool {
    status(shared) == Some(RunStatus::Paused)
}

pub(in crate::app) fn update(shared: &Shared, action: QuitAction) -> Transition {
    match action {
        A::Leave => leave(shared, None),
        A::ContinueAndLeave => leave(shared, Some(Command::Resume)),
        A::PauseAndLeave => leave(shared, Some(Command::Pause)),
        A::StopAndLeave => leave(shared, Some(Command::Stop)),
        A::Cancel => Goto::Close.into(),
    }
}

fn leave(shared: &Shared, command: Option<Command>) -> Transition {
    let Some(run) = &shared.run else { return Effect::Exit(None).into() };
    let state = match command {
        Some(Command::Stop) => ExitState::Stopping,
        Some(Command::Pause) => ExitState::Paused,
        None if is_paused(shared) => ExitState::Paused,
        _ => ExitState::Training,
    };
    let summary = ExitSummary { name: run.name().to_owned(), state };
    let send = command.map(|command| Effect::Send(run.id.clone(), command));
    Transition { effects: send.into_iter().chain([Effect::Exit(Some(summary))]).collect(), goto: None }
}
