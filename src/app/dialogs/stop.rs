//! The dialog that asks whether to stop the run.

use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};
use crate::run::Command;

/// Whether to stop the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopAction {
    /// Stop it.
    Stop,
    /// Keep training.
    Cancel,
}

use StopAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<StopAction, Shared>] = &[
    key(A::Stop, &[Key::Char('s'), Key::Enter], None, "Stop and save; it can be resumed"),
    key(A::Cancel, &[Key::Esc], None, "Keep training"),
];

pub(in crate::app) fn update(shared: &mut Shared, action: StopAction) -> Transition {
    let effects = match action {
        A::Stop => shared.send(Command::Stop).into_iter().collect(),
        A::Cancel => Vec::new(),
    };
    Transition { effects, goto: Some(Goto::Close) }
}
