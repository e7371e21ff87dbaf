//! Errors in theme files.

use super::roles;

/// An error in a theme file, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {problem}", shown(path))]
pub struct ThemeError {
    /// Path of the file.
    pub path: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Character in the line, counted from 1.
    pub column: usize,
    /// The error at this position.
    pub problem: Problem,
}

/// An error in a theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Invalid TOML.
    #[error("{}", shown(.0))]
    Syntax(String),
    /// Unknown role.
    #[error("unknown role '{}': the roles are {}", shown(.0), roles::names().join(", "))]
    Role(String),
    /// A value that is not a string.
    #[error("'{}' must be a string in quotes, such as \"#7cc4ff bold\"", shown(.0))]
    Kind(String),
    /// A word that is neither a colour nor a modifier.
    #[error(
        "bad colour '{}': write [colour] [on colour] [modifier...], a colour as #rrggbb, as default or by a \
         name such as red or bright-red, a modifier as bold, dim, italic, underline or reverse",
        shown(.0)
    )]
    Word(String),
    /// A role that neither the file nor its base defines.
    #[error(
        "role '{0}' is missing: add it, or inherit missing roles from a built-in theme with base = \"dark\""
    )]
    Missing(&'static str),
    /// A base that is not a built-in theme.
    #[error("unknown base '{}'; the built-in themes are {known}", shown(name))]
    Base {
        /// The base in the file.
        name: String,
        /// Names of the built-in themes.
        known: String,
    },
    /// Two files define themes of the same name.
    #[error("the name '{}' is taken by another theme file", shown(.0))]
    Taken(String),
}

/// Escapes control characters, so that text from a file cannot control the terminal.
fn shown(text: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

impl ThemeError {
    /// An error at a byte offset of a file's text.
    pub(super) fn new(path: &str, text: &str, at: usize, problem: Problem) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem,
        }
    }
}
