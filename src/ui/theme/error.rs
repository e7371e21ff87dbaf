//! What can be wrong with a theme file.

use super::roles;

/// A theme file that cannot be used: where it is wrong, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {problem}", shown(path))]
pub struct ThemeError {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a theme, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not TOML.
    #[error("{}", shown(.0))]
    Syntax(String),
    /// A role that does not exist.
    #[error("unknown role '{}': the roles are {}", shown(.0), roles::names().join(", "))]
    Role(String),
    /// A paint that is not a text.
    #[error("'{}' must be a text in quotes, such as \"#7cc4ff bold\"", shown(.0))]
    Kind(String),
    /// A word of a paint that is neither a colour nor a modifier.
    #[error(
        "bad colour '{}': write [colour] [on colour] [modifier...], a colour as #rrggbb, as default or by a \
         name such as red or bright-red, a modifier as bold, dim, italic, underline or reverse",
        shown(.0)
    )]
    Word(String),
    /// A role that the file does not fill.
    #[error(
        "role '{0}' is missing: add it, or take what is missing from a built-in theme with base = \"dark\""
    )]
    Missing(&'static str),
    /// A base that is no built-in theme.
    #[error("there is no built-in theme '{}' to be the base: there are {known}", shown(name))]
    Base {
        /// What the file asks for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Two files with one name.
    #[error("the name '{}' is taken by another theme file", shown(.0))]
    Taken(String),
}

/// A file's words as they may reach a terminal: control characters are spelled out.
fn shown(text: &str) -> String {
    let spelled = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(spelled).collect()
}

impl ThemeError {
    /// A problem at a byte of a file's text.
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
