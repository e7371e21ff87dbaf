//! A question whose answer decides whether an effect happens.

use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::messages::Effect;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};

/// A question with the effect of answering yes.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// The question, one or more sentences.
    pub question: String,
    /// What happens on yes.
    pub effect: Effect,
}

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

pub(in crate::app) fn update(confirm: &Confirm, action: ConfirmAction) -> Transition {
    let effects = match action {
        A::Yes => vec![confirm.effect.clone()],
        A::No => Vec::new(),
    };
    Transition { effects, goto: Some(Goto::Close) }
}
