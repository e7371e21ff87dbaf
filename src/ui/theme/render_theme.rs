//! A theme as one terminal shows it.

use ratatui::style::Style;

use super::ThemeColor;
use super::file::Theme;
use super::ramp::Ramp;
use super::roles::Roles;
use crate::ui::color::ColorDepth;
use crate::ui::glyphs::Glyphs;

/// A style for every role.
pub type Palette = Roles<Style>;

/// Everything that decides how things look: what every widget draws with.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderTheme {
    /// The style of each role.
    pub palette: Palette,
    /// The colours of weights.
    pub ramp: Ramp,
    /// The symbols.
    pub glyphs: Glyphs,
    /// How many colours there are.
    pub depth: ColorDepth,
}

impl RenderTheme {
    /// The look of `theme` on a terminal with these colours and symbols.
    pub fn new(theme: &Theme, depth: ColorDepth, glyphs: Glyphs) -> Self {
        let behind: Option<ThemeColor> = theme.roles.background.background;
        Self {
            palette: theme.roles.map(|paint| paint.style(depth, behind)),
            ramp: Ramp::new(theme.roles.kernel, depth),
            glyphs,
            depth,
        }
    }

    /// What the whole screen is filled with before anything else is drawn.
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

    /// The contrast ratio of WCAG 2, from 1 to 21, where both colours are known.
    fn contrast(front: Option<Color>, back: Option<Color>) -> Option<f64> {
        let (front, back) = (luminance(rgb(front?)?), luminance(rgb(back?)?));
        Some((front.max(back) + 0.05) / (front.min(back) + 0.05))
    }

    #[test]
    fn every_theme_can_be_read_at_every_depth() {
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
    fn the_chosen_row_stands_out_and_can_be_read() {
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
    fn the_curves_and_the_focus_keep_their_own_colours() {
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
    fn without_colours_the_chosen_row_still_stands_out() {
        for theme in load([]).iter() {
            let rendered = RenderTheme::new(theme, ColorDepth::None, Glyphs::Ascii);
            assert_eq!((rendered.base().fg, rendered.base().bg), (None, None));
            let chosen = rendered.palette.selection.add_modifier;
            assert!(chosen.intersects(Modifier::REVERSED | Modifier::BOLD), "{}", theme.name);
        }
    }
}
