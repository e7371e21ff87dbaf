//! Keys, independent of the terminal library.

use std::fmt;
use std::str::FromStr;

/// A key that was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A printable character.
    Char(char),
    /// A letter with Control.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Backspace.
    Backspace,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Char(' ') => f.write_str("space"),
            Self::Char(character) => write!(f, "{character}"),
            Self::Ctrl(character) => write!(f, "^{}", character.to_ascii_uppercase()),
            Self::Enter => f.write_str("enter"),
            Self::Esc => f.write_str("esc"),
            Self::Backspace => f.write_str("backspace"),
            Self::Tab => f.write_str("tab"),
            Self::BackTab => f.write_str("shift-tab"),
            Self::Up => f.write_str("up"),
            Self::Down => f.write_str("down"),
            Self::Left => f.write_str("left"),
            Self::Right => f.write_str("right"),
            Self::PageUp => f.write_str("pgup"),
            Self::PageDown => f.write_str("pgdn"),
            Self::Home => f.write_str("home"),
            Self::End => f.write_str("end"),
        }
    }
}

/// The name of a key that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown key '{0}'; use a character, ^ and a letter for ctrl, or a name such as space, enter, esc, tab, left or pgup"
)]
pub struct UnknownKey(String);

impl FromStr for Key {
    type Err = UnknownKey;

    /// Parses a key as it is displayed.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        const NAMED: [Key; 14] = [
            Key::Char(' '),
            Key::Enter,
            Key::Esc,
            Key::Backspace,
            Key::Tab,
            Key::BackTab,
            Key::Up,
            Key::Down,
            Key::Left,
            Key::Right,
            Key::PageUp,
            Key::PageDown,
            Key::Home,
            Key::End,
        ];
        if let Some(key) = NAMED.into_iter().find(|key| key.to_string() == name) {
            return Ok(key);
        }
        let mut characters = name.chars();
        match (characters.next(), characters.next(), characters.next()) {
            (Some(character), None, None) if !character.is_control() => Ok(Self::Char(character)),
            (Some('^'), Some(letter), None) if letter.is_ascii_alphabetic() => {
                Ok(Self::Ctrl(letter.to_ascii_lowercase()))
            }
            _ => Err(UnknownKey(name.to_owned())),
        }
    }
}
