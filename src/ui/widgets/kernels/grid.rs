//! Where the pictures of kernels go.

use ratatui::layout::Rect;

use super::pixels::Tile;
use crate::ui::layout::cells;

/// No picture is drawn larger than this, however much room there is.
const LARGEST: usize = 4;
/// The least cells between a picture and the number of the next.
const GAP: usize = 1;

/// Pictures in rows, all of the same size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    area: Rect,
    columns: usize,
    rows: usize,
    /// The distances from one picture to the next, across and down.
    pitch: (usize, usize),
    pub(super) tile: Tile,
    /// The width of the numbers, and of the space after them if there is one.
    pub(super) label: usize,
    /// Where it is said how many do not fit, if not all do.
    pub(super) note: Option<Rect>,
}

impl Grid {
    /// The grid of the largest pictures that all fit, or else of as many of the smallest as fit.
    pub(super) fn fit(area: Rect, count: usize, label: usize, tile: impl Fn(usize) -> Tile) -> Option<Self> {
        if count == 0 || area.is_empty() {
            return None;
        }
        let spaced = |scale: usize| Self::of(area, count, label + 1, tile(scale));
        // The space between a number and its picture is the first thing to be saved.
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
        // An odd number of pixels leaves half a row free, which is distance enough where there is little room.
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

    /// How many pictures it has room for.
    pub(super) const fn capacity(&self) -> usize {
        self.columns * self.rows
    }

    /// The place of each picture with its number.
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
