//! Moving a selection.

/// How a key moves a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// To the previous item.
    Previous,
    /// To the next item.
    Next,
    /// Ten items back.
    PageUp,
    /// Ten items forward.
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

    /// The same for an index that counts from the end.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motions_stop_at_the_ends() {
        let moved = |motion: Motion, from: usize| {
            let (mut selected, mut distance) = (from, from);
            motion.apply(&mut selected, 30);
            motion.apply_from_end(&mut distance, 30);
            (selected, distance)
        };
        assert_eq!(moved(Motion::Previous, 15), (14, 16));
        assert_eq!(moved(Motion::Next, 15), (16, 14));
        assert_eq!(moved(Motion::PageUp, 15), (5, 25));
        assert_eq!(moved(Motion::PageDown, 15), (25, 5));
        assert_eq!(moved(Motion::First, 15), (0, 29));
        assert_eq!(moved(Motion::Last, 15), (29, 0));
        assert_eq!((moved(Motion::Previous, 0).0, moved(Motion::Next, 29).0), (0, 29));
        let mut selected = 3;
        Motion::Next.apply(&mut selected, 0);
        assert_eq!(selected, 0, "an empty list");
    }
}
