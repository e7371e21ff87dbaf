//! Moving a selection.

/// How a key moves a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// To the item before.
    Previous,
    /// To the next item.
    Next,
    /// Ten items back.
    PageUp,
    /// Ten items on.
    PageDown,
    /// To the first item.
    First,
    /// To the last item.
    Last,
}

impl Motion {
    /// Moves `selected` among `count` items; it stops at the ends.
    pub(super) fn apply(self, selected: &mut usize, count: usize) {
        *selected = selected.saturating_add_signed(self.offset()).min(count.saturating_sub(1));
    }

    /// The same for a distance that is counted from the end.
    pub(super) fn apply_from_end(self, distance: &mut usize, count: usize) {
        let offset = self.offset().saturating_neg();
        *distance = distance.saturating_add_signed(offset).min(count.saturating_sub(1));
    }

    const fn offset(self) -> isize {
        match self {
            Self::Previous => -1,
            Self::Next => 1,
            Self::PageUp => -10,
            Self::PageDown => 10,
            Self::First => isize::MIN,
            Self::Last => isize::MAX,
        }
    }
}
