//! A language to ask for runs: `preset = cnn and best_acc > 0.88 and not tag:junk`.
//!
//! ```text
//! query      = alternative
//! alternative = both { "or" both }
//! both       = one { [ "and" ] one }
//! one        = "not" one | "(" alternative ")" | condition
//! condition  = FIELD OPERATOR VALUE | "tag" ":" WORD | WORD          (a word alone: in the name, id, tags or notes)
//! OPERATOR   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"            (~: contains)
//! ```
//!
//! Text is compared without regard to case. Numbers may have a unit of time (`90s`, `5m`, `2h`, `1d`) or `%`, and
//! days are written `2026-11-24`. A run that has no answer for a field fulfils only `!=`.

mod parse;
mod token;

use std::fmt;
use std::ops::Range;

use super::field::{Field, Value};
use super::store::RunEntry;

pub use parse::complete;

/// A query that was understood. The empty one asks for every run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query(Option<Expr>);

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What is wrong with it: bytes of the text.
    pub at: Range<usize>,
    /// What would be right.
    pub message: String,
}

/// Something that can stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What it replaces: bytes of the text.
    pub replaces: Range<usize>,
    /// The word.
    pub word: String,
    /// What it is; empty for values.
    pub about: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
enum Expr {
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Compare(Field, Operator, Literal),
    /// In the name, the id, a tag or the notes.
    Anywhere(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// A value as it was written; with what it is as a number, if it is one.
#[derive(Debug, Clone, PartialEq)]
struct Literal {
    text: String,
    number: Option<f64>,
}

impl std::str::FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        parse::parse(text).map(Self)
    }
}

impl Query {
    /// Whether it asks for every run.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether it asks for this run.
    pub fn matches(&self, run: &RunEntry) -> bool {
        self.0.as_ref().is_none_or(|expr| expr.matches(run))
    }
}

impl Expr {
    fn matches(&self, run: &RunEntry) -> bool {
        match self {
            Self::Or(one, other) => one.matches(run) || other.matches(run),
            Self::And(one, other) => one.matches(run) && other.matches(run),
            Self::Not(expr) => !expr.matches(run),
            Self::Compare(field, operator, literal) => operator.holds(&field.of(run), literal),
            Self::Anywhere(word) => {
                let record = &run.record;
                let texts = [run.dir.id().as_str(), &record.name, &record.notes];
                let tags = record.tags.iter().map(String::as_str);
                texts.into_iter().chain(tags).any(|text| contains(text, word))
            }
        }
    }
}

impl Operator {
    const ALL: [(Self, &'static str); 7] = [
        (Self::LessOrEqual, "<="),
        (Self::GreaterOrEqual, ">="),
        (Self::NotEqual, "!="),
        (Self::Equal, "="),
        (Self::Less, "<"),
        (Self::Greater, ">"),
        (Self::Contains, "~"),
    ];

    fn symbol(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _)| *operator == self).map_or("", |(_, symbol)| symbol)
    }

    fn holds(self, value: &Value, literal: &Literal) -> bool {
        match value {
            Value::None => self == Self::NotEqual,
            Value::Number(value) => match (self, literal.number) {
                (Self::Contains, _) => contains(&value.to_string(), &literal.text),
                (_, Some(number)) => self.orders(value.partial_cmp(&number)),
                (_, None) => self == Self::NotEqual,
            },
            Value::Text(value) => match self {
                Self::Contains => contains(value, &literal.text),
                _ => self.orders(Some(value.to_lowercase().cmp(&literal.text.to_lowercase()))),
            },
            Value::Words(words) => {
                let is = |word: &String| match self {
                    Self::Contains => contains(word, &literal.text),
                    _ => word.eq_ignore_ascii_case(&literal.text),
                };
                words.iter().any(is) != (self == Self::NotEqual)
            }
        }
    }

    fn orders(self, order: Option<std::cmp::Ordering>) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match self {
            Self::Equal => order == Some(Equal),
            Self::NotEqual => order != Some(Equal),
            Self::Less => order == Some(Less),
            Self::LessOrEqual => matches!(order, Some(Less | Equal)),
            Self::Greater => order == Some(Greater),
            Self::GreaterOrEqual => matches!(order, Some(Greater | Equal)),
            Self::Contains => false,
        }
    }
}

fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// As text that is understood as the same query.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |expr| expr.fmt(f))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |text: &str| token::written(text);
        match self {
            Self::Or(one, other) => write!(f, "({one} or {other})"),
            Self::And(one, other) => write!(f, "({one} and {other})"),
            Self::Not(expr) => write!(f, "not {expr}"),
            Self::Compare(field, operator, literal) => {
                write!(f, "{field} {} {}", operator.symbol(), word(&literal.text))
            }
            Self::Anywhere(text) => f.write_str(&word(text)),
        }
    }
}

#[cfg(test)]
mod tests;
