//! What can be wrong with a theme file.
use super::roles;

/// A theme file that cannot be used: where it is wrong, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {problem}")]
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
    #[error("{0}")]
    Syntax(String),
    /// A role that does not exist.
    #[error("unknown role '{role}': the roles are {known}", role = .0, known = roles::names().join(", "))]
    Role(String),
    /// A paint that is not a text.
    #[error("'{0}' must be a text in quotes, such as \"#7cc4ff bold\"")]
    Kind(String),
    /// A word of a paint that is neither a colour nor a modifier.
    #[error(
        "bad colour '{0}': write [colour] [on colour] [modifier...], a colour as #rrggbb, as default or by a \
         name such as red or bright-red, a modifier as bold, dim, italic, underline or reverse"
    )]
    Word(String),
    /// A role that the file does not fill.
    #[error(
        "role '{0}' is missing: add it, or take what is missing from a built-in theme with base = \"dark\""
    )]
    Missing(&'static str),
    /// A base that is no built-in theme.
    #[error("there is no built-in theme '{name}' to be the base: there are {known}")]
    Base {
        /// What the file asks for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Two files with one name.
    #[error("the name '{0}' is taken by another theme file")]
    Taken(String),
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
