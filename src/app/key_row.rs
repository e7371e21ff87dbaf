//! A row of a table of keys.

use super::key::Key;

/// A row of the key table of a screen or dialog. `S` is the state that decides whether the row applies.
#[derive(Debug)]
pub(super) struct KeyRow<A, S> {
    pub(super) action: A,
    /// The keys; the first is shown in the line of hints.
    pub(super) keys: &'static [Key],
    /// One or two words for the line of hints; `None` leaves it out there.
    pub(super) hint: Option<&'static str>,
    /// A line for the help.
    pub(super) help: &'static str,
    pub(super) when: fn(&S) -> bool,
    /// Whether holding the key repeats the action.
    pub(super) repeats: bool,
}

/// A row that applies whenever its table does.
pub(super) const fn key<A, S>(
    action: A,
    keys: &'static [Key],
    hint: Option<&'static str>,
    help: &'static str,
) -> KeyRow<A, S> {
    const fn always<S>(_: &S) -> bool {
        true
    }
    KeyRow { action, keys, hint, help, when: always, repeats: true }
}

impl<A, S> KeyRow<A, S> {
    /// The same row, which applies only while `when` holds.
    pub(super) const fn when(mut self, when: fn(&S) -> bool) -> Self {
        self.when = when;
        self
    }

    /// The same row, whose action happens once per press, however long the key is held.
    pub(super) const fn once(mut self) -> Self {
        self.repeats = false;
        self
    }
}
