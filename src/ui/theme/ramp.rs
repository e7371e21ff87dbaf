//! The diverging colour scale for weights.

use anstyle::RgbColor;
use anstyle_lossy::palette;
use ratatui::style::Color;

use super::ThemeColor;
use super::paint::Paint;
use super::roles::KernelRoles;
use crate::metrics::floor_index;
use crate::ui::color::{ColorDepth, drawn, luminance, mixed, reduce, to_rgb};

/// Shades on each side of zero.
const SHADES: u8 = 64;

/// A colour scale over -1 to 1; empty if the terminal has no colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ramp {
    /// Colours from negative to positive, with zero in the middle.
    colors: Vec<Color>,
}

impl Ramp {
    pub(super) fn new(paints: KernelRoles<Paint>, depth: ColorDepth) -> Self {
        let color = |paint: Paint| paint.foreground.and_then(ThemeColor::color);
        let (Some(negative), Some(positive)) = (color(paints.negative), color(paints.positive)) else {
            return Self { colors: Vec::new() };
        };
        let colors = match (depth, negative, color(paints.zero), positive) {
            (ColorDepth::None, ..) => Vec::new(),
            (
                ColorDepth::TrueColor | ColorDepth::Ansi256,
                anstyle::Color::Rgb(negative),
                Some(anstyle::Color::Rgb(zero)),
                anstyle::Color::Rgb(positive),
            ) => shades(KernelRoles { negative, zero, positive }, depth),
            _ => steps(paints),
        };
        Self { colors }
    }

    /// Whether the terminal has no colours.
    pub const fn is_plain(&self) -> bool {
        self.colors.is_empty()
    }

    /// The colour of `share`, a weight divided by the largest magnitude; `None` without colours and for NaN.
    pub fn color(&self, share: f32) -> Option<Color> {
        let middle = self.colors.len() / 2;
        let position = (1.0 + f64::from(share.clamp(-1.0, 1.0))) * middle as f64;
        self.colors.get(floor_index(position.round())).copied().filter(|_| !share.is_nan())
    }
}

/// Interpolates shades between the ends and the middle.
fn shades(stops: KernelRoles<RgbColor>, depth: ColorDepth) -> Vec<Color> {
    let side = |end: RgbColor| {
        (0..=SHADES).map(move |shade| mixed(stops.zero, end, f64::from(shade) / f64::from(SHADES)))
    };
    let all = side(stops.negative).rev().chain(side(stops.positive).skip(1));
    all.filter_map(|color| reduce(color.into(), None, depth)).map(drawn).collect()
}

/// Five colours for terminals with sixteen: strongly and weakly negative, zero, weakly and strongly positive.
fn steps(paints: KernelRoles<Paint>) -> Vec<Color> {
    let named = |paint: Paint| paint.foreground.and_then(|color| color.on(None, ColorDepth::Ansi16));
    let zero = paints.zero.foreground.and_then(ThemeColor::color);
    let is_light = zero.is_some_and(|zero| luminance(to_rgb(zero)) > 0.5);
    let two = |paint: Paint| named(paint).map_or([Color::Reset; 2], |color| two_of_a_hue(color, is_light));
    let [strong_negative, weak_negative] = two(paints.negative);
    let [strong_positive, weak_positive] = two(paints.positive);
    let zero = named(paints.zero).map_or(Color::Reset, drawn);
    vec![strong_negative, weak_negative, zero, weak_positive, strong_positive]
}

/// The strong and the weak variant of a named colour.
fn two_of_a_hue(color: anstyle::Color, is_light: bool) -> [Color; 2] {
    let named = anstyle_lossy::color_to_ansi(color, palette::DEFAULT);
    let pair = [named.bright(!is_light), named.bright(is_light)];
    pair.map(|color| drawn(color.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Glyphs, theme};

    fn ramp(name: &str, depth: ColorDepth) -> Ramp {
        theme::RenderTheme::new(theme::load([]).get(name).unwrap(), depth, Glyphs::Unicode).ramp
    }

    #[test]
    fn zero_maps_to_the_middle_and_extremes_to_the_ends() {
        let ramp = ramp("dark", ColorDepth::TrueColor);
        let colors = [-2.0, -1.0, 0.0, 1.0].map(|share| ramp.color(share).unwrap().to_string());
        assert_eq!(colors, ["#3D9BFF", "#3D9BFF", "#1A1F2A", "#FF7A45"]);
        assert_eq!(ramp.color(f32::NAN), None);
    }

    #[test]
    fn ramp_has_five_steps_with_sixteen_colors() {
        let steps = [-1.0, -0.4, 0.1, 0.4, 1.0];
        let dark = steps.map(|share| ramp("dark", ColorDepth::Ansi16).color(share).unwrap());
        let light = steps.map(|share| ramp("light", ColorDepth::Ansi16).color(share).unwrap());
        assert_eq!(dark, [Color::LightBlue, Color::Blue, Color::Black, Color::Red, Color::LightRed]);
        assert_eq!(light, [Color::Blue, Color::LightBlue, Color::White, Color::LightRed, Color::Red]);
    }

    #[test]
    fn ramp_is_empty_without_colors() {
        let plain = ramp("dark", ColorDepth::None);
        assert!(plain.is_plain() && plain.color(1.0).is_none());
        assert!(ramp("mono", ColorDepth::TrueColor).is_plain());
    }
}
