//! The help: all key bindings.

use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::motion::Motion;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};

/// State of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Help {
    /// Number of lines scrolled out at the top.
    pub scroll: usize,
}

/// An action on the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HelpAction {
    /// Close it.
    Close,
    /// Scroll.
    Move(Motion),
}

use HelpAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<HelpAction, Shared>] = &[
    key(A::Close, &[Key::Esc, Key::Char('?'), Key::Char('q'), Key::Enter], Some("close"), "close"),
    key(A::Move(Motion::Previous), &[Key::Up, Key::Char('k')], None, "up"),
    key(A::Move(Motion::Next), &[Key::Down, Key::Char('j')], None, "down"),
    key(A::Move(Motion::PageUp), &[Key::PageUp], None, "ten lines up"),
    key(A::Move(Motion::PageDown), &[Key::PageDown], None, "ten lines down"),
    key(A::Move(Motion::First), &[Key::Home, Key::Char('g')], None, "to the start"),
    key(A::Move(Motion::Last), &[Key::End, Key::Char('G')], None, "to the end"),
];

/// Applies an action; the help has this many `lines`.
pub(in crate::app) fn update(help: &mut Help, action: HelpAction, lines: usize) -> Transition {
    match action {
        A::Close => Goto::Close.into(),
        A::Move(motion) => {
            motion.apply(&mut help.scroll, lines);
            Transition::default()
        }
    }
}
