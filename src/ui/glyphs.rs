//! Every symbol of the interface, in Unicode and in 7-bit ASCII.

use std::fmt;
use std::str::FromStr;

use ratatui::symbols::border;

/// The set of symbols to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Glyphs {
    /// Unicode: box drawing, braille, half blocks and shades.
    Unicode,
    /// Printable ASCII only.
    Ascii,
}

/// The name of a set of symbols that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown glyphs '{0}'; use auto, unicode or ascii")]
pub struct UnknownGlyphs(String);

/// Declares the symbols: one method each, and a list of all of them.
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

            /// Every symbol of the table.
            #[cfg(test)]
            fn table(self) -> Vec<&'static str> {
                vec![$(self.$name()),*]
            }
        }
    };
}

glyphs! {
    /// Tick on the vertical axis.
    tick: "┤", "+";
    /// Corner where the axes meet.
    corner: "└", "+";
    /// Horizontal line.
    horizontal: "─", "-";
    /// Vertical line.
    vertical: "│", "|";
    /// Completed part of a progress bar.
    bar: "━", "#";
    /// Half a cell at the end of the completed part.
    bar_half: "╸", "#";
    /// Remaining part of a progress bar.
    bar_track: "─", ".";
    /// Vertical line of the crosshair.
    reading: "╎", "|";
    /// Flag for a changed setting.
    changed: "┆", ":";
    /// Flag for a pause.
    paused: "‖", "H";
    /// Best value, drawn above its point.
    best: "▾", "v";
    /// Best value, drawn below its point.
    best_below: "▴", "^";
    /// NaN; failed run.
    cross: "×", "x";
    /// Test set; running.
    dot: "●", "o";
    /// Training set.
    small_dot: "·", ".";
    /// Paused or waiting.
    ring: "○", "o";
    /// Finished.
    check: "✓", "+";
    /// Stopped by a person.
    square: "■", "#";
    /// Symbol of the sixth compared run.
    diamond: "◆", "*";
    /// Symbol of the seventh compared run.
    plus: "+", "+";
    /// Symbol of the eighth compared run.
    hollow: "□", "=";
    /// Separator between items on one line.
    separator: "·", "|";
    /// Points left.
    left: "◂", "<";
    /// Points right; selected row.
    right: "▸", ">";
    /// Ascending order.
    ascending: "▴", "^";
    /// Descending order.
    descending: "▾", "v";
    /// Multiplication sign, as in `24×24`.
    times: "×", "x";
    /// Arrow from the old to the new value.
    arrow: "→", "->";
    /// Plus-minus sign.
    plus_minus: "±", "+-";
    /// Division sign.
    divide: "÷", "/";
    /// Ellipsis for cut text.
    ellipsis: "…", "..";
}

impl Glyphs {
    /// Every set.
    pub const ALL: [Self; 2] = [Self::Unicode, Self::Ascii];

    /// Its name in options and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unicode => "unicode",
            Self::Ascii => "ascii",
        }
    }

    /// Detects the set from environment variables; `env` looks one up.
    ///
    /// As in the C library, the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides. The Linux console gets ASCII:
    /// its font has 512 glyphs and no braille.
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

    /// Degrees Celsius.
    pub const fn celsius(self) -> &'static str {
        match self {
            Self::Unicode => "°C",
            Self::Ascii => "C",
        }
    }

    /// Bars of a sparkline, from low to high.
    pub const fn levels(self) -> [&'static str; 8] {
        match self {
            Self::Unicode => ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            Self::Ascii => ["_", ".", ":", "-", "=", "+", "*", "#"],
        }
    }

    /// Shades for positive values, from small to large.
    pub const fn positive_shades(self) -> [&'static str; 4] {
        match self {
            Self::Unicode => ["░", "▒", "▓", "█"],
            Self::Ascii => [".", "+", "*", "#"],
        }
    }

    /// Shades for negative values, from small to large: lines, so that the shape alone shows the sign.
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
    fn run_symbols_differ_without_color() {
        for glyphs in Glyphs::ALL {
            assert!(glyphs.positive_shades().iter().all(|shade| !glyphs.negative_shades().contains(shade)));
        }
    }

    #[test]
    fn glyphs_are_detected_from_locale_and_terminal() {
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
            "unknown glyphs 'fancy'; use auto, unicode or ascii"
        );
    }
}
