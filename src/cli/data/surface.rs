//! What pictures are drawn on.

use std::io::{self, IsTerminal as _};

use crate::ui::{ColorDepth, Glyphs};

/// How the shades of a picture are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shading {
    /// Half blocks in 24-bit colour.
    TrueColour,
    /// Half blocks in the 24 greys of the 256-colour palette.
    Greys,
    /// Ten ASCII characters from light to dense.
    Ascii,
}

/// A terminal, or what stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surface {
    /// Columns.
    pub width: usize,
    /// The best that it shows.
    pub ink: Shading,
}

impl Surface {
    /// Columns where nobody says how many there are.
    pub const DEFAULT_WIDTH: usize = 80;

    /// The process's standard output, with the symbols and colours that its terminal has.
    pub fn of_stdout(glyphs: Glyphs, depth: ColorDepth) -> Self {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Self { width: Self::DEFAULT_WIDTH, ink: Shading::Ascii };
        }
        let columns = rustix::termios::tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_col));
        let width = if columns == 0 { Self::DEFAULT_WIDTH } else { columns };
        Self { width, ink: Shading::of(glyphs, depth) }
    }
}

impl Shading {
    /// The best ink of a terminal with these symbols and colours.
    pub fn of(glyphs: Glyphs, depth: ColorDepth) -> Self {
        match (glyphs, depth) {
            (Glyphs::Unicode, ColorDepth::TrueColor) => Self::TrueColour,
            (Glyphs::Unicode, ColorDepth::Ansi256) => Self::Greys,
            _ => Self::Ascii,
        }
    }
}
