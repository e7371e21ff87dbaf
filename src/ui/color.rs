//! The colour depth of a terminal, and the nearest colour that it can show.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use anstyle::{Ansi256Color, AnsiColor, RgbColor};
use anstyle_lossy::palette;
use ratatui::style::Color;

use crate::metrics::floor_index;

/// The number of colours that a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColorDepth {
    /// No colours: only modifiers such as bold and reverse.
    None,
    /// The sixteen named colours; their exact hues are the user's choice.
    Ansi16,
    /// xterm's 256 colours.
    Ansi256,
    /// 24-bit colours.
    TrueColor,
}

/// The name of a colour depth that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown colour depth '{0}'; use auto, truecolor, 256, 16 or none")]
pub struct UnknownDepth(String);

impl ColorDepth {
    /// Every depth, the greatest first.
    pub const ALL: [Self; 4] = [Self::TrueColor, Self::Ansi256, Self::Ansi16, Self::None];

    /// Its name in options and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ansi16 => "16",
            Self::Ansi256 => "256",
            Self::TrueColor => "truecolor",
        }
    }

    /// Detects the depth from environment variables; `env` looks one up.
    ///
    /// `NO_COLOR` overrides everything. SSH rarely forwards `COLORTERM`, so terminals known to show 24-bit colours are also
    /// recognised by their `TERM`.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        const RICH: [&str; 7] = ["direct", "kitty", "alacritty", "ghostty", "wezterm", "foot", "iterm"];
        let var = |name: &str| env(name).unwrap_or_default().to_ascii_lowercase();
        let (term, program) = (var("TERM"), var("TERM_PROGRAM"));
        let is_rich = |name: &str| term.contains(name) || program.contains(name);
        if !var("NO_COLOR").is_empty() || term == "dumb" || term.starts_with("vt") {
            Self::None
        } else if matches!(var("COLORTERM").as_str(), "truecolor" | "24bit") || RICH.into_iter().any(is_rich)
        {
            Self::TrueColor
        } else if term.contains("256") {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }
}

impl fmt::Display for ColorDepth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ColorDepth {
    type Err = UnknownDepth;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|depth| depth.name() == name).ok_or_else(|| UnknownDepth(name.to_owned()))
    }
}

/// The nearest colour at this depth, or `None` if it has no colours.
///
/// With sixteen colours it is never the background colour `behind`, so that text stays visible.
pub(super) fn reduce(
    color: anstyle::Color,
    behind: Option<anstyle::Color>,
    depth: ColorDepth,
) -> Option<anstyle::Color> {
    match depth {
        ColorDepth::None => None,
        ColorDepth::TrueColor => Some(color),
        ColorDepth::Ansi256 => match color {
            anstyle::Color::Rgb(rgb) => Some(nearest_of_256(rgb).into()),
            named => Some(named),
        },
        ColorDepth::Ansi16 => {
            let behind = behind.map(|behind| anstyle_lossy::color_to_ansi(behind, palette::DEFAULT));
            let found = anstyle_lossy::color_to_ansi(color, palette::DEFAULT);
            Some(if Some(found) == behind { visible_on(found) } else { found }.into())
        }
    }
}

/// A grey from black (0) to white (255), or `None` if the depth has too few greys to draw images.
pub(super) const fn grey(level: u8, depth: ColorDepth) -> Option<Color> {
    match depth {
        ColorDepth::TrueColor => Some(Color::Rgb(level, level, level)),
        // xterm's 24 greys run from 232 to 255.
        ColorDepth::Ansi256 => Some(Color::Indexed(232 + level / 11)),
        ColorDepth::Ansi16 | ColorDepth::None => None,
    }
}

/// The faintest of the sixteen colours that is visible on `background`.
const fn visible_on(background: AnsiColor) -> AnsiColor {
    match background {
        AnsiColor::Black => AnsiColor::BrightBlack,
        AnsiColor::BrightWhite => AnsiColor::White,
        AnsiColor::White | AnsiColor::BrightYellow | AnsiColor::BrightCyan => AnsiColor::Black,
        _ => AnsiColor::BrightWhite,
    }
}

/// Red, green and blue of `color` on a typical terminal.
pub(super) const fn to_rgb(color: anstyle::Color) -> RgbColor {
    anstyle_lossy::color_to_rgb(color, palette::DEFAULT)
}

/// The xterm colour that looks most like `color`.
///
/// Distances are measured in Oklab: in RGB, a dark blue is nearest to a green. The first sixteen colours are left out
/// because users change their hues.
fn nearest_of_256(color: RgbColor) -> Ansi256Color {
    static COLORS: LazyLock<Vec<(Ansi256Color, [f64; 3])>> = LazyLock::new(|| {
        let color = |index: u8| (Ansi256Color(index), oklab(to_rgb(Ansi256Color(index).into())));
        (16..=255).map(color).collect()
    });
    let wanted = oklab(color);
    let distance = |found: [f64; 3]| -> f64 {
        wanted.into_iter().zip(found).map(|(wanted, found)| (wanted - found).powi(2)).sum()
    };
    let nearest = COLORS.iter().min_by(|(_, a), (_, b)| distance(*a).total_cmp(&distance(*b)));
    nearest.map_or(Ansi256Color(16), |(color, _)| *color)
}

/// Oklab coordinates, in which equal distances look equal: B. Ottosson, "A perceptual color space for image
/// processing", 2020.
fn oklab(color: RgbColor) -> [f64; 3] {
    const CONES: [[f64; 3]; 3] = [
        [0.412_221, 0.536_333, 0.051_446],
        [0.211_903, 0.680_700, 0.107_397],
        [0.088_302, 0.281_719, 0.629_979],
    ];
    const LAB: [[f64; 3]; 3] = [
        [0.210_454, 0.793_618, -0.004_072],
        [1.977_998, -2.428_592, 0.450_594],
        [0.025_904, 0.782_772, -0.808_676],
    ];
    times(LAB, times(CONES, linear(color)).map(f64::cbrt))
}

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.into_iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// Mixes two colours: `share` 0 is the first, 1 the second.
pub(super) fn mixed(
    RgbColor(r, g, b): RgbColor,
    RgbColor(to_r, to_g, to_b): RgbColor,
    share: f64,
) -> RgbColor {
    let channel = |from: u8, to: u8| {
        let (from, to) = (f64::from(from), f64::from(to));
        u8::try_from(floor_index((from + (to - from) * share).round())).unwrap_or(u8::MAX)
    };
    RgbColor(channel(r, to_r), channel(g, to_g), channel(b, to_b))
}

/// Relative luminance from 0 to 1, as defined by WCAG 2.
pub(super) fn luminance(color: RgbColor) -> f64 {
    let [r, g, b] = linear(color);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Linear red, green and blue, from 0 to 1.
fn linear(RgbColor(r, g, b): RgbColor) -> [f64; 3] {
    [r, g, b].map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    })
}

/// Whether a colour is the terminal's default, whose actual value is unknown.
pub(super) fn is_default(color: Color) -> bool {
    color == Color::Reset
}

/// Foreground and background of a typical terminal.
pub(super) const fn terminal_colors() -> (RgbColor, RgbColor) {
    (to_rgb(anstyle::Color::Ansi(AnsiColor::White)), to_rgb(anstyle::Color::Ansi(AnsiColor::Black)))
}

/// Converts an anstyle colour to ratatui's type.
pub(super) const fn drawn(color: anstyle::Color) -> Color {
    match color {
        anstyle::Color::Rgb(RgbColor(r, g, b)) => Color::Rgb(r, g, b),
        anstyle::Color::Ansi256(Ansi256Color(index)) => Color::Indexed(index),
        anstyle::Color::Ansi(name) => match name {
            AnsiColor::Black => Color::Black,
            AnsiColor::Red => Color::Red,
            AnsiColor::Green => Color::Green,
            AnsiColor::Yellow => Color::Yellow,
            AnsiColor::Blue => Color::Blue,
            AnsiColor::Magenta => Color::Magenta,
            AnsiColor::Cyan => Color::Cyan,
            AnsiColor::White => Color::Gray,
            AnsiColor::BrightBlack => Color::DarkGray,
            AnsiColor::BrightRed => Color::LightRed,
            AnsiColor::BrightGreen => Color::LightGreen,
            AnsiColor::BrightYellow => Color::LightYellow,
            AnsiColor::BrightBlue => Color::LightBlue,
            AnsiColor::BrightMagenta => Color::LightMagenta,
            AnsiColor::BrightCyan => Color::LightCyan,
            AnsiColor::BrightWhite => Color::White,
        },
    }
}

/// Converts ratatui's type to an anstyle colour; `None` for the terminal's default.
pub(super) fn undrawn(color: Color) -> Option<anstyle::Color> {
    match color {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some(RgbColor(r, g, b).into()),
        Color::Indexed(index) => Some(Ansi256Color(index).into()),
        name => (0..16)
            .filter_map(|index| Ansi256Color(index).into_ansi())
            .map(anstyle::Color::from)
            .find(|named| drawn(*named) == name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(vars: &[(&str, &str)]) -> ColorDepth {
        ColorDepth::detect(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn depth_is_detected_from_the_environment() {
        let (none, few) = (ColorDepth::None, ColorDepth::Ansi16);
        assert_eq!(detect(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]), none);
        assert_eq!(detect(&[("NO_COLOR", ""), ("COLORTERM", "24bit")]), ColorDepth::TrueColor);
        assert_eq!(detect(&[("TERM", "xterm-kitty")]), ColorDepth::TrueColor);
        assert_eq!(
            detect(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")]),
            ColorDepth::TrueColor
        );
        assert_eq!(detect(&[("TERM", "tmux-256color")]), ColorDepth::Ansi256);
        assert_eq!(
            (detect(&[("TERM", "linux")]), detect(&[("TERM", "screen")]), detect(&[])),
            (few, few, few)
        );
        assert_eq!((detect(&[("TERM", "dumb")]), detect(&[("TERM", "vt220")])), (none, none));
    }

    #[test]
    fn depth_is_parsed_by_name() {
        for depth in ColorDepth::ALL {
            assert_eq!(depth.to_string().parse(), Ok(depth));
        }
        let error = "many".parse::<ColorDepth>().unwrap_err();
        assert_eq!(error.to_string(), "unknown colour depth 'many'; use auto, truecolor, 256, 16 or none");
    }

    #[test]
    fn dark_blue_stays_blue_in_256_colors() {
        let reduced = |r, g, b| reduce(RgbColor(r, g, b).into(), None, ColorDepth::Ansi256);
        assert_eq!(reduced(43, 93, 148), Some(Ansi256Color(24).into()));
        assert_eq!(reduced(16, 19, 26), Some(Ansi256Color(233).into()));
        assert_eq!(reduced(255, 255, 255), Some(Ansi256Color(231).into()));
    }

    #[test]
    fn colors_convert_to_ratatui_and_back() {
        let names = (0..16).map(|index| Ansi256Color(index).into_ansi().unwrap().into());
        let others = [Ansi256Color(3).into(), Ansi256Color(200).into(), RgbColor(1, 2, 3).into()];
        for color in names.chain(others) {
            assert_eq!(undrawn(drawn(color)), Some(color));
        }
        assert_eq!(undrawn(Color::Reset), None);
    }

    #[test]
    fn text_stays_visible_with_few_colors() {
        let (faint, dark) = (RgbColor(30, 34, 42).into(), RgbColor(13, 16, 22).into());
        assert_eq!(reduce(faint, Some(dark), ColorDepth::Ansi16), Some(AnsiColor::BrightBlack.into()));
        assert_eq!(reduce(faint, None, ColorDepth::Ansi16), Some(AnsiColor::Black.into()));
        assert_eq!(reduce(faint, None, ColorDepth::None), None);
    }
}
