//! Size classes of the terminal, and placement.

use ratatui::buffer::Buffer;
use ratatui::layout::{self, Rect};
use ratatui::text::Line;

/// The size class of a terminal, from smallest to largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// Below 60x20: only a message.
    TooSmall,
    /// From 60x20: the essentials.
    Minimal,
    /// From 80x24: everything, with some panes sharing a place.
    Compact,
    /// From 120x36: most panes at once.
    Normal,
    /// From 170x45: all panes at once.
    Wide,
}

impl Size {
    /// Every usable class with its minimum width and height.
    const LEAST: [(Self, layout::Size); 4] = [
        (Self::Wide, layout::Size::new(170, 45)),
        (Self::Normal, layout::Size::new(120, 36)),
        (Self::Compact, layout::Size::new(80, 24)),
        (Self::Minimal, layout::Size::new(60, 20)),
    ];

    /// The class of an area.
    pub fn of(area: Rect) -> Self {
        let fits = |least: layout::Size| area.width >= least.width && area.height >= least.height;
        Self::LEAST.into_iter().find(|(_, least)| fits(*least)).map_or(Self::TooSmall, |(size, _)| size)
    }
}

/// A rectangle of this width and height centred in `area`, clipped to it.
pub fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Converts a count of cells, saturating at the largest possible screen.
pub(super) fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Draws a line, made for the width of the area, on its first row.
pub(super) fn render_line<'a>(area: Rect, buf: &mut Buffer, line: impl FnOnce(usize) -> Line<'a>) {
    let area = area.intersection(buf.area);
    if !area.is_empty() {
        let line = line(usize::from(area.width));
        buf.set_line(area.x, area.y, &line, area.width.min(cells(line.width())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_must_fit() {
        let size = |width, height| Size::of(Rect::new(0, 0, width, height));
        assert_eq!(size(59, 99), Size::TooSmall);
        assert_eq!(size(60, 20), Size::Minimal);
        assert_eq!(size(80, 24), Size::Compact);
        assert_eq!(size(300, 24), Size::Compact);
        assert_eq!(size(120, 36), Size::Normal);
        assert_eq!(size(200, 60), Size::Wide);
        assert!(Size::Wide > Size::Normal);
    }

    #[test]
    fn the_middle_is_inside() {
        let area = Rect::new(3, 4, 10, 5);
        assert_eq!(centered(area, 4, 3), Rect::new(6, 5, 4, 3));
        assert_eq!(centered(area, 40, 30), area);
    }
}
