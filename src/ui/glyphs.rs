//! Every symbol the screen is drawn with, in Unicode and in 7-bit ASCII.

use std::fmt;
use std::str::FromStr;

use ratatui::symbols::border;

/// Which symbols a terminal and its font show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Glyphs {
    /// Box drawing, braille, half blocks and shades.
    Unicode,
    /// The printable half of ASCII.
    Ascii,
}

/// A word that names no set of symbols.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown glyphs '{0}': use unicode or ascii")]
pub struct UnknownGlyphs(String);

/// The one table of symbols: a method for each, and a list of them all.
macro_rules! glyphs {
    ($($(#[$doc:meta])* $name:ident: $unicode:literal, $ascii:literal;)*) => {
        impl Glyphs {
            $($(#[$doc])*
            pub const fn $name(self) -> &'static str {
                match self {
                    Self::Unicode => $unicode,
                    Self::Ascii => $ascii,
                }
            })*

            /// Every symbol of the table, for the tests.
            #[cfg(test)]
            fn table(self) -> Vec<&'static str> {
                vec![$(self.$name()),*]
            }
        }
    };
}

glyphs! {
    /// A tick on a vertical axis.
    tick: "┤", "+";
    /// Where the axes meet.
    corner: "└", "+";
    /// A line across.
    horizontal: "─", "-";
    /// A line down.
    vertical: "│", "|";
    /// The done part of a bar.
    bar: "━", "#";
    /// The last half cell of the done part of a bar.
    bar_half: "╸", "#";
    /// The part of a bar that is still to do.
    bar_track: "─", ".";
    /// A line down on which values are read.
    reading: "╎", "|";
    /// A curve changed its course here: a new learning rate.
    changed: "┆", ":";
    /// A pause.
    paused: "‖", "H";
    /// The best so far, above its point.
    best: "▾", "v";
    /// The best so far, below its point.
    best_below: "▴", "^";
    /// Not a number; failed.
    cross: "×", "x";
    /// A value of the test set; a run that lives.
    dot: "●", "o";
    /// A value of the training set.
    small_dot: "·", ".";
    /// Waiting.
    ring: "○", "o";
    /// Ended well.
    check: "✓", "+";
    /// Stopped.
    square: "■", "#";
    /// One more sign of a curve.
    diamond: "◆", "*";
    /// And one more.
    plus: "+", "+";
    /// And one more.
    hollow: "□", "=";
    /// Between facts on one line.
    separator: "·", "|";
    /// Points to the left.
    left: "◂", "<";
    /// Points to the right; the chosen row.
    right: "▸", ">";
    /// Sorted upwards.
    ascending: "▴", "^";
    /// Sorted downwards.
    descending: "▾", "v";
    /// Between the sides of a rectangle.
    times: "×", "x";
    /// From one thing to the next.
    arrow: "→", "->";
    /// Either sign.
    plus_minus: "±", "+-";
    /// Divided by.
    divide: "÷", "/";
    /// Something was left out.
    ellipsis: "…", "..";
}

impl Glyphs {
    /// Both sets.
    pub const ALL: [Self; 2] = [Self::Unicode, Self::Ascii];

    /// The name under which a person chooses it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unicode => "unicode",
            Self::Ascii => "ascii",
        }
    }

    /// What the environment says about the terminal; `env` looks up a variable.
    ///
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides, as it does for the C library. The Linux
    /// console has a font of 512 glyphs, without braille.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
        let has_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let has_font = !matches!(env("TERM").as_deref(), Some("linux" | "dumb"));
        if has_utf8 && has_font { Self::Unicode } else { Self::Ascii }
    }

    /// The border of a pane.
    pub const fn border(self) -> border::Set<'static> {
        match self {
            Self::Unicode => border::ROUNDED,
            Self::Ascii => border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            },
        }
    }

    /// The steps of a sparkline, from low to high.
    pub const fn levels(self) -> [&'static str; 8] {
        match self {
            Self::Unicode => ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            Self::Ascii => ["_", ".", ":", "-", "=", "+", "*", "#"],
        }
    }

    /// Shades of a positive value, from small to large.
    pub const fn positive_shades(self) -> [&'static str; 4] {
        match self {
            Self::Unicode => ["░", "▒", "▓", "█"],
            Self::Ascii => [".", "+", "*", "#"],
        }
    }

    /// Shades of a negative value, from small to large: lines, so that they are told from positive ones by shape.
    pub const fn negative_shades(self) -> [&'static str; 4] {
        match self {
            Self::Unicode => ["╌", "─", "═", "≡"],
            Self::Ascii => [",", "-", "~", "="],
        }
    }
}

impl fmt::Display for Glyphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Glyphs {
    type Err = UnknownGlyphs;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|glyphs| glyphs.name() == name)
            .ok_or_else(|| UnknownGlyphs(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn every(glyphs: Glyphs) -> Vec<&'static str> {
        let mut all = glyphs.table();
        all.extend(glyphs.levels());
        all.extend(glyphs.positive_shades());
        all.extend(glyphs.negative_shades());
        all
    }

    #[test]
    fn ascii_is_printable_ascii() {
        assert!(every(Glyphs::Ascii).iter().all(|glyph| glyph.bytes().all(|byte| byte.is_ascii_graphic())));
    }

    #[test]
    fn unicode_symbols_are_one_cell_wide() {
        assert!(every(Glyphs::Unicode).iter().all(|glyph| glyph.width() == 1));
    }

    #[test]
    fn signs_are_told_apart_without_colour() {
        for glyphs in Glyphs::ALL {
            assert!(glyphs.positive_shades().iter().all(|shade| !glyphs.negative_shades().contains(shade)));
        }
    }

    #[test]
    fn the_locale_and_the_terminal_decide() {
        let detect = |vars: &[(&str, &str)]| {
            Glyphs::detect(|name| {
                vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(detect(&[("LANG", "ko_KR.UTF-8"), ("TERM", "xterm")]), Glyphs::Unicode);
        assert_eq!(detect(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]), Glyphs::Unicode);
        assert_eq!(detect(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]), Glyphs::Ascii);
        assert_eq!(detect(&[("LANG", "en_US.UTF-8"), ("TERM", "linux")]), Glyphs::Ascii);
        assert_eq!(detect(&[]), Glyphs::Ascii);
        assert_eq!("ascii".parse(), Ok(Glyphs::Ascii));
        assert_eq!(
            "fancy".parse::<Glyphs>().unwrap_err().to_string(),
            "unknown glyphs 'fancy': use unicode or ascii"
        );
    }
}
