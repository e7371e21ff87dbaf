//! The paint of one role.

use std::str::FromStr;

use anstyle::{AnsiColor, RgbColor};
use ratatui::style::{Color, Modifier, Style};

use super::Problem;
use crate::ui::color::{ColorDepth, drawn, reduce};

/// A colour of a paint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeColor {
    /// The terminal's default.
    Default,
    /// A specific colour.
    Color {
        /// The exact colour.
        color: anstyle::Color,
        /// Its replacement on terminals with sixteen colours.
        named: Option<AnsiColor>,
    },
}

/// Optional colours and modifiers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paint {
    /// Foreground colour.
    pub foreground: Option<ThemeColor>,
    /// Background colour.
    pub background: Option<ThemeColor>,
    /// Modifiers: bold, dim, italic, underline, reverse.
    pub modifiers: Modifier,
    /// Modifiers for terminals without colours.
    pub(super) plain: Modifier,
}

impl ThemeColor {
    /// The exact colour; `None` for the terminal's default.
    pub const fn color(self) -> Option<anstyle::Color> {
        match self {
            Self::Default => None,
            Self::Color { color, .. } => Some(color),
        }
    }

    /// The colour at this depth, on the background `behind`.
    pub(super) fn on(self, behind: Option<Self>, depth: ColorDepth) -> Option<anstyle::Color> {
        match self {
            Self::Color { named: Some(name), .. } if depth == ColorDepth::Ansi16 => Some(name.into()),
            color => reduce(color.color()?, behind.and_then(|behind| behind.on(None, depth)), depth),
        }
    }
}

impl Paint {
    /// The style of this paint at this depth, on the background `behind`.
    pub(super) fn style(self, depth: ColorDepth, behind: Option<ThemeColor>) -> Style {
        if depth == ColorDepth::None {
            return Style::new().add_modifier(self.plain);
        }
        let reduced = |color: ThemeColor, behind: Option<ThemeColor>| {
            color.on(behind, depth).map_or(Color::Reset, drawn)
        };
        Style {
            fg: self.foreground.map(|color| reduced(color, self.background.or(behind))),
            bg: self.background.map(|color| reduced(color, None)),
            ..Style::new().add_modifier(self.modifiers)
        }
    }

    /// This paint; without colours, modifiers that it lacks are taken from `plain`.
    pub(super) fn or_plain(self, plain: Self) -> Self {
        Self { plain: if self.modifiers.is_empty() { plain.modifiers } else { self.modifiers }, ..self }
    }
}

/// Parses `[colour] [on colour] [modifier...]`. The error contains the byte offset of the invalid word.
pub(super) fn parse(text: &str) -> Result<Paint, (usize, Problem)> {
    let mut paint = Paint::default();
    let mut words = words(text);
    while let Some((at, word)) = words.next() {
        let problem = || (at, Problem::Word(word.to_owned()));
        if word == "on" {
            let (at, word) = words.next().ok_or_else(problem)?;
            paint.background = Some(word.parse().map_err(|problem| (at, problem))?);
        } else if let Some(modifier) = modifier(word) {
            paint.modifiers |= modifier;
        } else if paint.foreground.is_none() {
            paint.foreground = Some(word.parse().map_err(|problem| (at, problem))?);
        } else {
            return Err(problem());
        }
    }
    Ok(Paint { plain: paint.modifiers, ..paint })
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

fn modifier(word: &str) -> Option<Modifier> {
    match word {
        "bold" => Some(Modifier::BOLD),
        "dim" => Some(Modifier::DIM),
        "italic" => Some(Modifier::ITALIC),
        "underline" => Some(Modifier::UNDERLINED),
        "reverse" => Some(Modifier::REVERSED),
        _ => None,
    }
}

impl FromStr for ThemeColor {
    type Err = Problem;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        if word == "default" {
            return Ok(Self::Default);
        }
        let problem = || Problem::Word(word.to_owned());
        let (color, name) = word.split_once('/').map_or((word, None), |(color, name)| (color, Some(name)));
        let color = match color.strip_prefix('#') {
            Some(digits) => hex(digits).map(anstyle::Color::Rgb),
            None => ansi(color).map(anstyle::Color::Ansi),
        };
        let named = name.map(|name| ansi(name).ok_or_else(problem)).transpose()?;
        Ok(Self::Color { color: color.ok_or_else(problem)?, named })
    }
}

fn hex(digits: &str) -> Option<RgbColor> {
    let is_hex = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?.to_be_bytes();
    Some(RgbColor(red, green, blue))
}

fn ansi(name: &str) -> Option<AnsiColor> {
    let bright = name.strip_prefix("bright-");
    let color = match bright.unwrap_or(name) {
        "black" => AnsiColor::Black,
        "red" => AnsiColor::Red,
        "green" => AnsiColor::Green,
        "yellow" => AnsiColor::Yellow,
        "blue" => AnsiColor::Blue,
        "magenta" => AnsiColor::Magenta,
        "cyan" => AnsiColor::Cyan,
        "white" => AnsiColor::White,
        _ => return None,
    };
    Some(color.bright(bright.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paint_parses_colors_and_modifiers() {
        let paint = parse("#ff8800 on bright-blue bold underline").unwrap();
        assert_eq!(
            paint.foreground,
            Some(ThemeColor::Color { color: RgbColor(255, 136, 0).into(), named: None })
        );
        assert_eq!(
            paint.background,
            Some(ThemeColor::Color { color: AnsiColor::BrightBlue.into(), named: None })
        );
        assert_eq!(paint.modifiers, Modifier::BOLD | Modifier::UNDERLINED);
        assert_eq!(parse(""), Ok(Paint::default()));
        assert_eq!(parse("default").unwrap().foreground, Some(ThemeColor::Default));
    }

    #[test]
    fn invalid_words_are_reported_with_their_position() {
        for (text, at, word) in [
            ("#12345", 0, "#12345"),
            ("#+12345", 0, "#+12345"),
            ("bold orange", 5, "orange"),
            ("red on", 4, "on"),
            ("red  blue", 5, "blue"),
            ("on #ééé", 3, "#ééé"),
            ("#ff8800/amber", 0, "#ff8800/amber"),
            ("/red", 0, "/red"),
        ] {
            assert_eq!(parse(text), Err((at, Problem::Word(word.to_owned()))), "{text}");
        }
    }

    #[test]
    fn named_colors_keep_their_names_with_sixteen_colors() {
        let style = |text: &str, depth| parse(text).unwrap().style(depth, None);
        assert_eq!(style("#ff8800/yellow", ColorDepth::Ansi16).fg, Some(Color::Yellow));
        assert_eq!(style("#ff8800/yellow", ColorDepth::TrueColor).fg, Some(Color::Rgb(255, 136, 0)));
        assert_eq!(style("#ff8800", ColorDepth::Ansi16).fg, Some(Color::LightRed));
    }

    #[test]
    fn only_modifiers_remain_without_colors() {
        let (paint, plain) = (parse("#ff8800 on #000000").unwrap(), parse("reverse").unwrap());
        assert_eq!(paint.or_plain(plain).style(ColorDepth::None, None), Style::new().reversed());
        let bold = parse("#ff8800 bold").unwrap();
        assert_eq!(bold.or_plain(plain).style(ColorDepth::None, None), Style::new().bold());
    }
}
