//! The dialog that asks a question before an effect happens.

use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::question::Question;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfirmAction {
    /// Do it.
    Yes,
    /// Leave everything as it is.
    No,
}

use ConfirmAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<ConfirmAction, Shared>] = &[
    key(A::Yes, &[Key::Char('y')], Some("yes"), "Yes"),
    key(A::No, &[Key::Esc, Key::Char('n')], Some("no"), "No"),
];

pub(in crate::app) fn update(question: &Question, action: ConfirmAction) -> Transition {
    let effects = match action {
        A::Yes => vec![question.effect.clone()],
        A::No => Vec::new(),
    };
    Transition { effects, goto: Some(Goto::Close) }
}
