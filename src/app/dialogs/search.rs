//! The query for the table of runs while it is typed.

use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::motion::Motion;
use crate::app::run_table::RunTable;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};

/// A query being typed. Its text is in the [`RunTable`], where it remains in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The query to restore on cancel.
    pub before: String,
}

/// An action on the query being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SearchAction {
    /// Apply the query and close the search, if the query is valid.
    Submit,
    /// Complete the last word as far as it is unambiguous.
    Complete,
    /// Select another row of the table.
    Move(Motion),
    /// Restore the previous query.
    Cancel,
}

use SearchAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<SearchAction, Shared>] = &[
    key(A::Submit, &[Key::Enter], Some("apply"), "apply"),
    key(A::Complete, &[Key::Tab], Some("complete"), "complete the word"),
    key(A::Move(Motion::Previous), &[Key::Up], None, "run above"),
    key(A::Move(Motion::Next), &[Key::Down], None, "run below"),
    key(A::Cancel, &[Key::Esc], Some("cancel"), "cancel"),
];

pub(in crate::app) fn update(search: &mut Search, shared: &mut Shared, action: SearchAction) -> Transition {
    match action {
        A::Submit => {
            shared.arrange(RunTable::apply_query);
            // An invalid query stays open until it is corrected.
            shared.table.error().is_none().then_some(Goto::Close).into()
        }
        A::Complete => {
            shared.arrange(RunTable::complete);
            Transition::default()
        }
        A::Move(motion) => {
            let rows = shared.table.rows().len();
            motion.apply(&mut shared.table.selected, rows);
            Transition::default()
        }
        A::Cancel => {
            let before = std::mem::take(&mut search.before);
            shared.arrange(|table, runs| table.restore_query(before, runs));
            Goto::Close.into()
        }
    }
}
