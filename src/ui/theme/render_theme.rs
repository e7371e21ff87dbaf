//! A theme adapted to a terminal.

use ratatui::style::Style;

use super::ThemeColor;
use super::file::Theme;
use super::ramp::Ramp;
use super::roles::Roles;
use crate::ui::color::ColorDepth;
use crate::ui::glyphs::Glyphs;

/// The style of every role.
pub type Palette = Roles<Style>;

/// A theme adapted to a terminal: the styles, colours and symbols that every widget draws with.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderTheme {
    /// Style of each role.
    pub palette: Palette,
    /// Colour scale for weights.
    pub ramp: Ramp,
    /// Symbols.
    pub glyphs: Glyphs,
    /// Colour depth of the terminal.
    pub depth: ColorDepth,
}

impl RenderTheme {
    /// Adapts `theme` to a colour depth and a set of symbols.
    pub fn new(theme: &Theme, depth: ColorDepth, glyphs: Glyphs) -> Self {
        let behind: Option<ThemeColor> = theme.roles.background.background;
        Self {
            palette: theme.roles.map(|paint| paint.style(depth, behind)),
            ramp: Ramp::new(theme.roles.kernel, depth),
            glyphs,
            depth,
        }
    }

    /// The style that fills the screen before anything is drawn.
    pub fn base(&self) -> Style {
        self.palette.text.patch(self.palette.background)
    }
}

#[cfg(test)]
mod tests {
    use anstyle::RgbColor;
    use ratatui::style::{Color, Modifier};

    use super::*;
    use crate::ui::color::{drawn, luminance, to_rgb};
    use crate::ui::theme::load;

    fn rgb(color: Color) -> Option<RgbColor> {
        let named = |index: u8| Some(to_rgb(anstyle::Ansi256Color(index).into()));
        match color {
            Color::Rgb(r, g, b) => Some(RgbColor(r, g, b)),
            Color::Indexed(index) => named(index),
            Color::Reset => None,
            name => {
                let ansi = |index: &u8| anstyle::Ansi256Color(*index).into_ansi().unwrap();
                named((0..16).find(|index| drawn(ansi(index).into()) == name).unwrap())
            }
        }
    }

    /// Contrast ratio as defined by WCAG 2, from 1 to 21; `None` unless both colours are known.
    fn contrast(front: Option<Color>, back: Option<Color>) -> Option<f64> {
        let (front, back) = (luminance(rgb(front?)?), luminance(rgb(back?)?));
        Some((front.max(back) + 0.05) / (front.min(back) + 0.05))
    }

    #[test]
    fn every_theme_is_legible_at_every_depth() {
        for theme in load([]).iter() {
            for depth in ColorDepth::ALL {
                let Palette {
                    text,
                    strong,
                    dim,
                    frame,
                    title,
                    accent,
                    background,
                    mark,
                    warning,
                    progress,
                    state,
                    curve,
                    ..
                } = RenderTheme::new(theme, depth, Glyphs::Unicode).palette;
                let read =
                    [text, strong, title, accent, mark, warning, state.running, state.paused, state.failed];
                let least = if depth == ColorDepth::TrueColor { 4.5 } else { 2.0 };
                let seen = [dim, progress, curve.train, curve.test].map(|style| (style, 2.0));
                let faint = [frame, curve.raw].map(|style| (style, 1.3));
                for (style, least) in read.map(|style| (style, least)).into_iter().chain(seen).chain(faint) {
                    let contrast = contrast(style.fg, background.bg).unwrap_or(21.0);
                    assert!(contrast >= least, "{} at {depth}: {style:?} has {contrast:.2}", theme.name);
                }
            }
        }
    }

    #[test]
    fn selected_row_stands_out_and_is_legible() {
        for theme in load([]).iter() {
            for depth in [ColorDepth::TrueColor, ColorDepth::Ansi256, ColorDepth::Ansi16] {
                let Palette { text, selection, background, .. } =
                    RenderTheme::new(theme, depth, Glyphs::Unicode).palette;
                let is_reversed = selection.add_modifier.contains(Modifier::REVERSED);
                assert!(is_reversed || selection.bg != background.bg, "{} at {depth}", theme.name);
                let contrast = contrast(text.patch(selection).fg, selection.bg).unwrap_or(21.0);
                assert!(contrast >= 4.0, "{} at {depth}: {contrast:.2}", theme.name);
            }
        }
    }

    #[test]
    fn curves_and_focus_have_distinct_colors() {
        for theme in load([]).iter().filter(|theme| theme.name != "mono") {
            for depth in [ColorDepth::TrueColor, ColorDepth::Ansi256, ColorDepth::Ansi16] {
                let palette = RenderTheme::new(theme, depth, Glyphs::Unicode).palette;
                let own =
                    [palette.curve.train.fg, palette.curve.test.fg, palette.curve.raw.fg, palette.accent.fg];
                for (index, color) in own.iter().enumerate() {
                    assert!(!own[..index].contains(color), "{} at {depth}: {own:?}", theme.name);
                }
            }
        }
    }

    #[test]
    fn selected_row_stands_out_without_colors() {
        for theme in load([]).iter() {
            let rendered = RenderTheme::new(theme, ColorDepth::None, Glyphs::Ascii);
            assert_eq!((rendered.base().fg, rendered.base().bg), (None, None));
            let chosen = rendered.palette.selection.add_modifier;
            assert!(chosen.intersects(Modifier::REVERSED | Modifier::BOLD), "{}", theme.name);
        }
    }
}
