//! Layout of kernel pictures.

use ratatui::layout::Rect;

use super::pixels::Tile;
use crate::ui::layout::cells;

/// Maximum scale of a picture.
const LARGEST: usize = 4;
/// Minimum gap between a picture and the next number.
const GAP: usize = 1;

/// Rows of pictures, all of the same size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    area: Rect,
    columns: usize,
    rows: usize,
    /// Horizontal and vertical distance from one picture to the next.
    pitch: (usize, usize),
    pub(super) tile: Tile,
    /// Width of the numbers, including the space after them if there is one.
    pub(super) label: usize,
    /// Where to show the number of pictures that do not fit, if any.
    pub(super) note: Option<Rect>,
}

impl Grid {
    /// Chooses the largest scale at which all pictures fit; otherwise as many of the smallest as fit.
    pub(super) fn fit(area: Rect, count: usize, label: usize, tile: impl Fn(usize) -> Tile) -> Option<Self> {
        if count == 0 || area.is_empty() {
            return None;
        }
        let spaced = |scale: usize| Self::of(area, count, label + 1, tile(scale));
        // The space after the numbers is given up first.
        let snug = |area: Rect| Self::of(area, count, label, tile(1));
        let fitting =
            (1..=LARGEST).rev().map(spaced).chain([snug(area)]).find(|grid| grid.capacity() >= count);
        Some(fitting.unwrap_or_else(|| {
            let above = Rect { height: area.height - 1, ..area };
            let note = Some(Rect { y: above.bottom(), height: 1, ..area });
            let (spaced, snug) = (Self::of(above, count, label + 1, tile(1)), snug(above));
            Self { note, ..if snug.capacity() > spaced.capacity() { snug } else { spaced } }
        }))
    }

    fn of(area: Rect, count: usize, label: usize, tile: Tile) -> Self {
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let block = label + tile.columns();
        let most = (width + GAP) / (block + GAP);
        let needed = count.div_ceil(most.max(1));
        // An odd number of pixels leaves half a row free, which is enough of a gap if room is scarce.
        let is_tight = (tile.rows() + 1) * needed > height + 1;
        let gap = usize::from(!(tile.is_odd() && is_tight));
        let rows = ((height + gap) / (tile.rows() + gap)).min(needed);
        let columns = if rows < needed { most } else { count.div_ceil(needed).min(most) };
        let spread = |room: usize, parts: usize, least: usize, most: usize| {
            if parts < 2 { least } else { (room / (parts - 1)).clamp(least, most) }
        };
        let across = spread(width.saturating_sub(block), columns, block + GAP, block + GAP + tile.columns());
        let down = spread(height.saturating_sub(tile.rows()), rows, tile.rows() + gap, tile.rows() + 2);
        Self { area, columns, rows, pitch: (across, down), tile, label, note: None }
    }

    /// Number of pictures that fit.
    pub(super) const fn capacity(&self) -> usize {
        self.columns * self.rows
    }

    /// Position of each picture, including its number.
    pub(super) fn places(&self) -> impl Iterator<Item = Rect> {
        let Self { area, columns, pitch: (across, down), tile, label, .. } = *self;
        (0..self.capacity()).map(move |index| Rect {
            x: area.x + cells(index % columns * across),
            y: area.y + cells(index / columns * down),
            width: cells(label + tile.columns()),
            height: cells(tile.rows()),
        })
    }
}
