//! The tokens of a query.

use std::ops::Range;

use super::expr::{Operator, QueryError};
use super::word::ends_word;

/// A token and its byte range.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A word without quotation marks, and whether it was quoted, in which case it is not a keyword.
    Word(String, bool),
    Operator(Operator),
    Colon,
    Open,
    Close,
}

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        if character.is_whitespace() {
            at += character.len_utf8();
            continue;
        }
        let operator = Operator::ALL.iter().find(|(_, symbol)| rest.starts_with(symbol));
        let (kind, len) = match character {
            '(' => (TokenKind::Open, 1),
            ')' => (TokenKind::Close, 1),
            '"' => quoted(rest, at)?,
            _ => match operator {
                Some((operator, symbol)) => (TokenKind::Operator(*operator), symbol.len()),
                None if character == '!' => {
                    return Err(QueryError { at: at..at + 1, message: "expected `=` after `!`".to_owned() });
                }
                // Only the first colon of `tag:x` is a token, since times contain colons.
                None if character == ':' => (TokenKind::Colon, 1),
                None => {
                    let end = rest.find(ends_word).unwrap_or(rest.len());
                    let is_tag = ["tag:", "tags:"].iter().any(|tag| rest.starts_with(tag));
                    let end = if is_tag { rest.find(':').unwrap_or(end) } else { end };
                    (TokenKind::Word(rest[..end].to_owned(), false), end)
                }
            },
        };
        tokens.push(Token { kind, at: at..at + len });
        at += len;
    }
    Ok(tokens)
}

/// A quoted word, in which `\` escapes the next character.
fn quoted(rest: &str, at: usize) -> Result<(TokenKind, usize), QueryError> {
    let mut word = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((TokenKind::Word(word, true), index + 1)),
            '\\' => word.extend(characters.next().map(|(_, next)| next)),
            _ => word.push(character),
        }
    }
    Err(QueryError { at: at..at + rest.len(), message: "missing closing `\"`".to_owned() })
}
