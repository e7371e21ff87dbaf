//! Vector shapes for symbols that must join across cells, since fonts draw them differently.

/// Width and height of a cell in SVG units.
pub(super) const CELL: (f32, f32) = (10.0, 20.0);

/// The shape of a symbol within its cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum GlyphShape {
    /// Filled rectangles: left, top, width, height.
    Blocks(Vec<[f32; 4]>),
    /// The whole cell, with this opacity.
    Shade(f64),
    /// Centres of dots.
    Dots(Vec<(f32, f32)>),
    /// Lines, as relative SVG path commands from the cell's upper left corner.
    Lines(&'static str, LineWeight),
}

/// Thickness of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LineWeight {
    Light,
    Heavy,
}

/// The box-drawing characters of U+2500 to U+257F that are used on screens.
const LINES: [(&str, &str, LineWeight); 21] = [
    ("─", "m0 10h10", LineWeight::Light),
    ("│", "m5 0v20", LineWeight::Light),
    ("┌", "m5 20v-10h5", LineWeight::Light),
    ("┐", "m0 10h5v10", LineWeight::Light),
    ("└", "m5 0v10h5", LineWeight::Light),
    ("┘", "m5 0v10h-5", LineWeight::Light),
    ("├", "m5 0v20m0-10h5", LineWeight::Light),
    ("┤", "m5 0v20m0-10h-5", LineWeight::Light),
    ("┬", "m0 10h10m-5 0v10", LineWeight::Light),
    ("┴", "m0 10h10m-5 0v-10", LineWeight::Light),
    ("┼", "m0 10h10m-5-10v20", LineWeight::Light),
    ("╭", "m5 20v-5a5 5 0 0 1 5-5", LineWeight::Light),
    ("╮", "m0 10a5 5 0 0 1 5 5v5", LineWeight::Light),
    ("╰", "m5 0v5a5 5 0 0 0 5 5", LineWeight::Light),
    ("╯", "m0 10a5 5 0 0 0 5-5v-5", LineWeight::Light),
    ("╌", "m1.5 10h2m3 0h2", LineWeight::Light),
    ("┆", "m5 2v4m0 3v4m0 3v3", LineWeight::Light),
    ("═", "m0 8h10m-10 4h10", LineWeight::Light),
    ("━", "m0 10h10", LineWeight::Heavy),
    ("╸", "m0 10h4", LineWeight::Heavy),
    ("╺", "m6 10h4", LineWeight::Heavy),
];

/// The quadrants filled by U+2596 to U+259F: 1 upper left, 2 upper right, 4 lower left, 8 lower right.
const QUARTERS: [u8; 10] = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14];

/// The shape of a symbol; `None` for text.
pub(super) fn shape(symbol: &str) -> Option<GlyphShape> {
    let (width, height) = CELL;
    let blocks = |blocks: &[[f32; 4]]| Some(GlyphShape::Blocks(blocks.to_vec()));
    let mut characters = symbol.chars();
    let (character, None) = (characters.next()?, characters.next()) else { return None };
    let code = u32::from(character);
    match code {
        0x2800..=0x28ff => Some(GlyphShape::Dots(braille(code - 0x2800))),
        0x2580 => blocks(&[[0.0, 0.0, width, height / 2.0]]),
        0x2581..=0x2588 => {
            let full = height * (code - 0x2580) as f32 / 8.0;
            blocks(&[[0.0, height - full, width, full]])
        }
        0x2589..=0x258f => blocks(&[[0.0, 0.0, width * (0x2590 - code) as f32 / 8.0, height]]),
        0x2590 => blocks(&[[width / 2.0, 0.0, width / 2.0, height]]),
        0x2591..=0x2593 => Some(GlyphShape::Shade(f64::from(code - 0x2590) / 4.0)),
        0x2594 => blocks(&[[0.0, 0.0, width, height / 8.0]]),
        0x2595 => blocks(&[[width * 7.0 / 8.0, 0.0, width / 8.0, height]]),
        0x2596..=0x259f => Some(GlyphShape::Blocks(quarters(QUARTERS[code as usize - 0x2596]))),
        _ => {
            let (_, path, weight) = LINES.iter().find(|(line, ..)| *line == symbol)?;
            Some(GlyphShape::Lines(path, *weight))
        }
    }
}

fn quarters(mask: u8) -> Vec<[f32; 4]> {
    let (width, height) = (CELL.0 / 2.0, CELL.1 / 2.0);
    let quarter = |bit: u8| [f32::from(bit % 2) * width, f32::from(bit / 2) * height, width, height];
    (0..4).filter(|bit| mask & (1 << bit) != 0).map(quarter).collect()
}

/// The dots of a braille pattern. Bits 0 to 5 go down the left and then the right column; bits 6 and 7 are the bottom
/// row.
fn braille(pattern: u32) -> Vec<(f32, f32)> {
    const PLACES: [(f32, f32); 8] =
        [(2.5, 2.5), (2.5, 7.5), (2.5, 12.5), (7.5, 2.5), (7.5, 7.5), (7.5, 12.5), (2.5, 17.5), (7.5, 17.5)];
    (0..8).filter(|bit| pattern & (1 << bit) != 0).map(|bit| PLACES[bit]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Glyphs;

    fn area(blocks: &GlyphShape) -> f32 {
        let GlyphShape::Blocks(blocks) = blocks else { panic!("{blocks:?}") };
        blocks.iter().map(|[_, _, width, height]| width * height).sum::<f32>() / (CELL.0 * CELL.1)
    }

    #[test]
    fn blocks_fill_the_named_fraction_of_a_cell() {
        for (symbols, share) in [("█", 1.0), ("▀▄▌▐▚▞", 0.5), ("▁▏▔▕", 0.125), ("▙▛▜▟", 0.75), ("▖▗▘▝", 0.25)]
        {
            for symbol in symbols.chars() {
                let found = area(&shape(&symbol.to_string()).unwrap());
                assert!((found - share).abs() < 1e-6, "{symbol}: {found}");
            }
        }
        assert_eq!(shape("▄"), Some(GlyphShape::Blocks(vec![[0.0, 10.0, 10.0, 10.0]])));
        assert_eq!(shape("▝"), Some(GlyphShape::Blocks(vec![[5.0, 0.0, 5.0, 10.0]])));
        assert_eq!(shape("▒"), Some(GlyphShape::Shade(0.5)));
    }

    #[test]
    fn dots_follow_the_braille_patterns() {
        let dots = |symbol| match shape(symbol) {
            Some(GlyphShape::Dots(dots)) => dots,
            other => panic!("{other:?}"),
        };
        assert_eq!(dots("⠁"), [(2.5, 2.5)]);
        assert_eq!(dots("⢀"), [(7.5, 17.5)]);
        assert_eq!((dots("⣿").len(), dots("⠀").len()), (8, 0));
    }

    #[test]
    fn joining_symbols_are_shapes() {
        let glyphs = Glyphs::Unicode;
        let border = glyphs.border();
        let joining = [
            border.top_left,
            border.top_right,
            border.bottom_left,
            border.bottom_right,
            border.vertical_left,
            border.horizontal_top,
            glyphs.tick(),
            glyphs.corner(),
            glyphs.horizontal(),
            glyphs.vertical(),
            glyphs.bar(),
            glyphs.bar_half(),
            glyphs.bar_track(),
            glyphs.changed(),
        ];
        for symbol in joining.into_iter().chain(glyphs.levels()).chain(glyphs.positive_shades()) {
            assert!(shape(symbol).is_some(), "{symbol}");
        }
        for text in ["a", "●", "é", "", "ab"] {
            assert_eq!(shape(text), None, "{text}");
        }
    }
}
