//! Choosing the columns of the table of runs.

use crate::app::columns::ColumnChoice;
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::motion::Motion;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};

/// An action on the columns of the table of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnsAction {
    /// Show or hide the selected column.
    Toggle,
    /// Move it one place to the left.
    Left,
    /// Move it one place to the right.
    Right,
    /// Select another column.
    Move(Motion),
    /// Close the dialog.
    Close,
}

use ColumnsAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<ColumnsAction, Shared>] = &[
    key(A::Toggle, &[Key::Char(' ')], Some("show or hide"), "show or hide the column"),
    key(A::Left, &[Key::Left, Key::Char('K')], Some("earlier"), "move the column to the left"),
    key(A::Right, &[Key::Right, Key::Char('J')], Some("later"), "move the column to the right"),
    key(A::Move(Motion::Previous), &[Key::Up, Key::Char('k')], None, "column above"),
    key(A::Move(Motion::Next), &[Key::Down, Key::Char('j')], Some("select"), "column below"),
    key(A::Close, &[Key::Esc, Key::Enter, Key::Char('C')], Some("done"), "done"),
];

pub(in crate::app) fn update(
    choice: &mut ColumnChoice,
    shared: &mut Shared,
    action: ColumnsAction,
) -> Transition {
    match action {
        A::Toggle => choice.toggle(),
        A::Left => choice.shift(-1),
        A::Right => choice.shift(1),
        A::Move(motion) => motion.apply(&mut choice.selected, choice.columns.len()),
        A::Close => return Goto::Close.into(),
    }
    shared.table.columns = choice.shown();
    Transition::default()
}
