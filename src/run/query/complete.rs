//! Completion of queries.

use std::ops::Range;

use super::field::Field;
use super::token::{Token, TokenKind, tokens};
use super::word::written;
use crate::run::dir::StateName;

/// A completion at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The byte range that it replaces.
    pub replaces: Range<usize>,
    /// The completed word.
    pub word: String,
    /// A short description; empty for values.
    pub about: &'static str,
}

/// Completions at `cursor`, a byte offset of `text`: field names where a condition can start, and `values` of a field
/// after its operator.
pub fn complete(text: &str, cursor: usize, values: impl Fn(Field) -> Vec<String>) -> Vec<Completion> {
    let before = text.get(..cursor).unwrap_or(text);
    let Ok(tokens) = tokens(before) else { return Vec::new() };
    let (part, replaces, done) = match tokens.split_last() {
        Some((Token { kind: TokenKind::Word(word, false), at }, done)) if at.end == before.len() => {
            (word.as_str(), at.clone(), done)
        }
        _ => ("", before.len()..before.len(), &tokens[..]),
    };
    let fits = |word: &str| word.len() > part.len() && word.to_lowercase().starts_with(&part.to_lowercase());
    let field = match done {
        [
            ..,
            Token { kind: TokenKind::Word(name, false), .. },
            Token { kind: TokenKind::Operator(_) | TokenKind::Colon, .. },
        ] => Field::named(name),
        _ => None,
    };
    let found: Vec<(String, &'static str)> = match field {
        Some(field) if field.name() == "state" => {
            StateName::ALL.iter().map(|state| (state.as_str().to_owned(), "")).collect()
        }
        Some(field) => values(field).into_iter().map(|value| (written(&value), "")).collect(),
        None => {
            let keywords = [("and", "both are true"), ("or", "at least one is true"), ("not", "is not true")];
            let keywords = keywords.map(|(keyword, about)| (keyword.to_owned(), about));
            let fields = Field::all().map(|field| (field.name().to_owned(), field.about()));
            fields.chain(keywords.into_iter().filter(|_| !part.is_empty())).collect()
        }
    };
    let fitting = found.into_iter().filter(|(word, _)| fits(word));
    fitting.map(|(word, about)| Completion { replaces: replaces.clone(), word, about }).collect()
}
