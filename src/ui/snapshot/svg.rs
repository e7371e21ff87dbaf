//! A screen as an SVG picture.
//!
//! ```text
//! <svg>
//!   <title/>
//!   <rect/>           the theme's background
//!   <path/> ...       cell backgrounds, blocks, lines and dots: one path per colour
//!   <text/> ...       text, row by row
//! </svg>
//! ```
//!
//! Every cell has the same size in every font: text is stretched to the width of its cells, and symbols that must join
//! across cells are drawn as shapes.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::RgbColor;
use ratatui::style::{Color, Modifier, Style};

use super::screenshot::{Snapshot, Symbol};
use super::shapes::{CELL, GlyphShape, LineWeight, shape};
use crate::ui::color::{mixed, terminal_colors, to_rgb, undrawn};
use crate::ui::theme::RenderTheme;

/// Font size. The advance width of a monospaced font is about 0.6 of it, which is the width of a cell.
const FONT_SIZE: f32 = 16.5;
/// Distance from the top of a cell to the baseline.
const BASELINE: f32 = 15.0;
/// Margin around the cells.
const MARGIN: f32 = 10.0;
const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,Liberation Mono,monospace";

/// How a path is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pen {
    /// Filled areas, with crisp edges so that no gap shows at any scale.
    Fill,
    /// Lines of this width, with square caps so that they join.
    Line(LineWeight),
    /// Round dots.
    Dot,
}

/// Paths by pen and colour.
type Paths = BTreeMap<(Pen, RgbColor), String>;

impl Pen {
    fn attributes(self, color: &str) -> String {
        match self {
            Self::Fill => format!(r#"fill="{color}" shape-rendering="crispEdges""#),
            Self::Line(LineWeight::Light) => stroke(color, "square", 1.25),
            Self::Line(LineWeight::Heavy) => stroke(color, "square", 3.0),
            Self::Dot => stroke(color, "round", 3.4),
        }
    }
}

fn stroke(color: &str, cap: &str, width: f32) -> String {
    format!(r#"fill="none" stroke="{color}" stroke-linecap="{cap}" stroke-width="{width}""#)
}

/// The colours of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CellStyle {
    front: RgbColor,
    back: RgbColor,
    modifiers: Modifier,
}

impl Snapshot {
    /// Exports the screen as an SVG picture with this title.
    pub fn to_svg(&self, title: &str) -> String {
        picture(self, title)
    }
}

/// An SVG picture under construction.
fn picture(snapshot: &Snapshot, title: &str) -> String {
    let area = snapshot.cells.area;
    let (width, height) = (f32::from(area.width) * CELL.0, f32::from(area.height) * CELL.1);
    let page = Page::of(&snapshot.theme);
    let (mut behind, mut shapes) = (Paths::new(), Paths::new());
    let mut words = String::new();
    for row in snapshot.rows() {
        let styled: Vec<_> = row.iter().map(|symbol| (page.style(symbol.style), symbol)).collect();
        for run in styled.chunk_by(|(a, _), (b, _)| a.back == b.back) {
            let back = run[0].0.back;
            if back != page.back {
                let area = span(run.iter().map(|(_, symbol)| *symbol));
                *behind.entry((Pen::Fill, back)).or_default() += &rectangle(area);
            }
        }
        for (style, symbol) in &styled {
            draw(*style, symbol, &mut shapes);
        }
        for run in styled.chunk_by(|(a, one), (b, other)| a == b && is_word(one) && is_word(other)) {
            if is_word(run[0].1) {
                word(run[0].0, run.iter().map(|(_, symbol)| *symbol), &mut words);
            }
        }
    }
    let (wide, high) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let place = format!(r#"x="-{MARGIN}" y="-{MARGIN}" width="{wide}" height="{high}""#);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="-{MARGIN} -{MARGIN} {wide} {high}" width="{wide}" height="{high}">
<title>{}</title>
<rect {place} rx="8" fill="{}"/>
"#,
        escaped(title),
        hex(page.back)
    );
    for ((pen, color), path) in behind.iter().chain(&shapes) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(svg, r#"<path {} d="{path}"/>"#, pen.attributes(&hex(*color)));
    }
    let _ = writeln!(svg, r#"<g font-family="{FONTS}" font-size="{FONT_SIZE}">"#);
    svg + &words + "</g>\n</svg>\n"
}

/// The default colours of the picture.
struct Page {
    front: RgbColor,
    back: RgbColor,
}

impl Page {
    /// The theme's colours or, where it uses the terminal's defaults, those of a typical terminal.
    fn of(theme: &RenderTheme) -> Self {
        let base = theme.base();
        let (front, back) = terminal_colors();
        Self { front: known(base.fg).unwrap_or(front), back: known(base.bg).unwrap_or(back) }
    }

    fn style(&self, style: Style) -> CellStyle {
        let modifiers = style.add_modifier;
        let mut front = known(style.fg).unwrap_or(self.front);
        let mut back = known(style.bg).unwrap_or(self.back);
        if modifiers.contains(Modifier::REVERSED) {
            (front, back) = (back, front);
        }
        if modifiers.contains(Modifier::DIM) {
            front = mixed(back, front, 0.5);
        }
        CellStyle { front, back, modifiers }
    }
}

fn known(color: Option<Color>) -> Option<RgbColor> {
    Some(to_rgb(undrawn(color?)?))
}

fn hex(RgbColor(r, g, b): RgbColor) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A cell's column and row.
fn place(symbol: &Symbol<'_>) -> (f32, f32) {
    (symbol.column as f32 * CELL.0, symbol.row as f32 * CELL.1)
}

/// Left, top, width and height of a run of symbols.
fn span<'a>(symbols: impl Iterator<Item = &'a Symbol<'a>> + Clone) -> [f32; 4] {
    let (x, y) = symbols.clone().next().map(place).unwrap_or_default();
    let width: usize = symbols.map(|symbol| symbol.width).sum();
    [x, y, width as f32 * CELL.0, CELL.1]
}

/// A rectangle as path commands.
fn rectangle([x, y, width, height]: [f32; 4]) -> String {
    format!("M{x} {y}h{width}v{height}h-{width}z")
}

/// Adds the shape of a symbol, if it has one.
fn draw(style: CellStyle, symbol: &Symbol<'_>, shapes: &mut Paths) {
    let (x, y) = place(symbol);
    let drawn = match shape(&symbol.text) {
        Some(GlyphShape::Blocks(blocks)) => {
            let block = |[left, top, width, height]: [f32; 4]| rectangle([x + left, y + top, width, height]);
            Some((Pen::Fill, style.front, blocks.into_iter().map(block).collect()))
        }
        Some(GlyphShape::Shade(share)) => {
            Some((Pen::Fill, mixed(style.back, style.front, share), rectangle([x, y, CELL.0, CELL.1])))
        }
        Some(GlyphShape::Dots(dots)) => {
            let dot = |(across, down): (f32, f32)| format!("M{} {}h0", x + across, y + down);
            Some((Pen::Dot, style.front, dots.into_iter().map(dot).collect()))
        }
        Some(GlyphShape::Lines(lines, weight)) => {
            Some((Pen::Line(weight), style.front, format!("M{x} {y}{lines}")))
        }
        None => None,
    };
    if let Some((pen, color, path)) = drawn {
        *shapes.entry((pen, color)).or_default() += &path;
    }
    if style.modifiers.contains(Modifier::UNDERLINED) {
        let [x, y, width, _] = span([symbol].into_iter());
        *shapes.entry((Pen::Fill, style.front)).or_default() +=
            &rectangle([x, y + BASELINE + 2.0, width, 1.0]);
    }
}

/// Whether a symbol is drawn as text.
fn is_word(symbol: &Symbol<'_>) -> bool {
    symbol.text != " " && shape(&symbol.text).is_none()
}

fn word<'a>(style: CellStyle, symbols: impl Iterator<Item = &'a Symbol<'a>> + Clone, words: &mut String) {
    let [x, y, width, _] = span(symbols.clone());
    let text: String = symbols.map(|symbol| &*symbol.text).collect();
    // Other symbols may come from a fallback font with another width.
    let squeeze = if text.is_ascii() { "" } else { r#" lengthAdjust="spacingAndGlyphs""# };
    let weight = if style.modifiers.contains(Modifier::BOLD) { r#" font-weight="bold""# } else { "" };
    let slant = if style.modifiers.contains(Modifier::ITALIC) { r#" font-style="italic""# } else { "" };
    let _ = writeln!(
        words,
        r#"<text x="{x}" y="{}" textLength="{width}"{squeeze} fill="{}"{weight}{slant}>{}</text>"#,
        y + BASELINE,
        hex(style.front),
        escaped(&text)
    );
}

/// Escapes text for XML 1.0, and replaces the characters that XML cannot contain.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::ui::widgets::testing::{theme, unicode};
    use crate::ui::{ColorDepth, Glyphs};

    fn snapshot(width: u16, height: u16, draw: impl Fn(&mut Buffer, &RenderTheme)) -> Snapshot {
        let theme = unicode();
        let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
        cells.set_style(cells.area, theme.base());
        draw(&mut cells, &theme);
        Snapshot { cells, theme }
    }

    #[test]
    fn text_and_shapes_are_placed_in_their_cells() {
        let picture = snapshot(8, 2, |cells, theme| {
            cells.set_string(0, 0, "a <b 漢c", theme.palette.strong);
            cells.set_string(0, 1, "──▄▄⠁●", theme.palette.curve.test);
            cells.set_style(Rect::new(0, 1, 2, 1), theme.palette.selection);
            cells.set_style(Rect::new(2, 1, 1, 1), Style::new().reversed().underlined());
        })
        .to_svg("a & b");
        insta::assert_snapshot!(picture);
    }

    #[test]
    fn characters_invalid_in_xml_are_replaced() {
        assert_eq!(
            escaped("a\u{1b}b\u{0}c\u{ffff}<&>\"\n"),
            "a\u{fffd}b\u{fffd}c\u{fffd}&lt;&amp;&gt;\"\u{fffd}"
        );
        let picture = snapshot(2, 1, |cells, _| {
            cells[(0, 0)].set_symbol("\u{1b}");
        });
        assert!(picture.to_svg("").contains(">\u{fffd}</text>"));
        assert_eq!(picture.to_text(), "\u{fffd}\n");
        assert!(picture.to_ansi().contains("m\u{fffd}"));
    }

    #[test]
    fn default_colors_are_those_of_a_typical_terminal() {
        let theme = theme("terminal", ColorDepth::TrueColor, Glyphs::Unicode);
        let cells = Buffer::with_lines(["a"]);
        let picture = Snapshot { cells, theme }.to_svg("");
        assert!(picture.contains(r##"rx="8" fill="#000000"/>"##), "{picture}");
        assert!(picture.contains(r##"fill="#aaaaaa">a</text>"##), "{picture}");
    }
}
