//! The surface that images are drawn on.

use std::io::{self, IsTerminal as _};

use crate::ui::{ColorDepth, Glyphs};

/// How grey values are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shading {
    /// Half blocks in 24-bit colour.
    TrueColour,
    /// Half blocks in the 24 greys of the 256-colour palette.
    Greys,
    /// Ten ASCII characters from light to dense.
    Ascii,
}

/// A terminal, or a file or pipe in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surface {
    /// Width in columns.
    pub width: usize,
    /// The best shading that it supports.
    pub shading: Shading,
}

impl Surface {
    /// Width if it cannot be determined.
    pub const DEFAULT_WIDTH: usize = 80;

    /// Standard output, given the symbols and colours of its terminal.
    pub fn of_stdout(glyphs: Glyphs, depth: ColorDepth) -> Self {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Self { width: Self::DEFAULT_WIDTH, shading: Shading::Ascii };
        }
        let columns = rustix::termios::tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_col));
        let width = if columns == 0 { Self::DEFAULT_WIDTH } else { columns };
        Self { width, shading: Shading::of(glyphs, depth) }
    }
}

impl Shading {
    /// The best shading for a terminal with these symbols and colours.
    pub fn of(glyphs: Glyphs, depth: ColorDepth) -> Self {
        match (glyphs, depth) {
            (Glyphs::Unicode, ColorDepth::TrueColor) => Self::TrueColour,
            (Glyphs::Unicode, ColorDepth::Ansi256) => Self::Greys,
            _ => Self::Ascii,
        }
    }
}
