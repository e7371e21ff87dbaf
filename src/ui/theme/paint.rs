//! What a theme file says of one role.

use std::str::FromStr;

use anstyle::{AnsiColor, RgbColor};
use ratatui::style::{Color, Modifier, Style};

use super::Problem;
use crate::ui::color::{ColorDepth, drawn, reduce};

/// A colour, or the terminal's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeColor {
    /// What the terminal draws with when it is told nothing.
    Default,
    /// This colour.
    Color {
        /// The colour itself.
        color: anstyle::Color,
        /// The one that stands for it where there are only sixteen.
        named: Option<AnsiColor>,
    },
}

/// Colours and modifiers, all of them optional.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paint {
    /// The colour of the text.
    pub foreground: Option<ThemeColor>,
    /// The colour behind it.
    pub background: Option<ThemeColor>,
    /// Bold, dim, italic, underline, reverse.
    pub modifiers: Modifier,
    /// The modifiers where there are no colours.
    pub(super) plain: Modifier,
}

impl ThemeColor {
    /// The colour, if it is one.
    pub const fn color(self) -> Option<anstyle::Color> {
        match self {
            Self::Default => None,
            Self::Color { color, .. } => Some(color),
        }
    }

    /// The colour that a terminal of `depth` colours shows for it on `behind`.
    pub(super) fn on(self, behind: Option<Self>, depth: ColorDepth) -> Option<anstyle::Color> {
        match self {
            Self::Color { named: Some(name), .. } if depth == ColorDepth::Ansi16 => Some(name.into()),
            ink => reduce(ink.color()?, behind.and_then(|behind| behind.on(None, depth)), depth),
        }
    }
}

impl Paint {
    /// This paint on a terminal of `depth` colours, in front of `behind`.
    pub(super) fn style(self, depth: ColorDepth, behind: Option<ThemeColor>) -> Style {
        if depth == ColorDepth::None {
            return Style::new().add_modifier(self.plain);
        }
        let reduced =
            |ink: ThemeColor, behind: Option<ThemeColor>| ink.on(behind, depth).map_or(Color::Reset, drawn);
        Style {
            fg: self.foreground.map(|ink| reduced(ink, self.background.or(behind))),
            bg: self.background.map(|ink| reduced(ink, None)),
            ..Style::new().add_modifier(self.modifiers)
        }
    }

    /// This paint, with the modifiers of `plain` where there are no colours and it has none of its own.
    pub(super) fn or_plain(self, plain: Self) -> Self {
        Self { plain: if self.modifiers.is_empty() { plain.modifiers } else { self.modifiers }, ..self }
    }
}

/// Reads `[colour] [on colour] [modifier...]`. The error has the word's place in the text.
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
    fn a_paint_has_colours_and_modifiers() {
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
    fn a_wrong_word_is_named_and_placed() {
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
    fn sixteen_colours_have_the_name_that_the_theme_gives() {
        let style = |text: &str, depth| parse(text).unwrap().style(depth, None);
        assert_eq!(style("#ff8800/yellow", ColorDepth::Ansi16).fg, Some(Color::Yellow));
        assert_eq!(style("#ff8800/yellow", ColorDepth::TrueColor).fg, Some(Color::Rgb(255, 136, 0)));
        assert_eq!(style("#ff8800", ColorDepth::Ansi16).fg, Some(Color::LightRed));
    }

    #[test]
    fn without_colours_only_modifiers_are_left() {
        let (paint, plain) = (parse("#ff8800 on #000000").unwrap(), parse("reverse").unwrap());
        assert_eq!(paint.or_plain(plain).style(ColorDepth::None, None), Style::new().reversed());
        let bold = parse("#ff8800 bold").unwrap();
        assert_eq!(bold.or_plain(plain).style(ColorDepth::None, None), Style::new().bold());
    }
}
