//! Query expressions and how they match runs.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use super::field::{Field, FieldValue};
use super::word::written;
use crate::run::store::ListedRun;

/// An invalid query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The byte range of the error.
    pub at: Range<usize>,
    /// The error, or what was expected.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Compare(Field, Operator, Literal),
    /// Matches the name, the id, a tag or the notes.
    Anywhere(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// A value as written and, if it is one, as a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) number: Option<f64>,
}

impl Expr {
    pub(super) fn matches(&self, run: &ListedRun) -> bool {
        match self {
            Self::Or(one, other) => one.matches(run) || other.matches(run),
            Self::And(one, other) => one.matches(run) && other.matches(run),
            Self::Not(expr) => !expr.matches(run),
            Self::Compare(field, operator, literal) => operator.holds(&field.of(run), literal),
            Self::Anywhere(word) => {
                let manifest = &run.manifest;
                let texts = [run.dir.id().as_str(), &manifest.name, &manifest.notes];
                let tags = manifest.tags.iter().map(String::as_str);
                texts.into_iter().chain(tags).any(|text| contains(text, word))
            }
        }
    }
}

impl Operator {
    // The lexer takes the first one that matches, so `<=` precedes `<`.
    pub(super) const ALL: [(Self, &'static str); 7] = [
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

    fn holds(self, value: &FieldValue, literal: &Literal) -> bool {
        match value {
            FieldValue::None => self == Self::NotEqual,
            FieldValue::Number(value) => match (self, literal.number) {
                (Self::Contains, _) => contains(&value.to_string(), &literal.text),
                (_, Some(number)) => self.orders(value.partial_cmp(&number)),
                (_, None) => self == Self::NotEqual,
            },
            FieldValue::Integer(value) => match (self, literal.text.parse::<u64>(), literal.number) {
                (Self::Contains, ..) => contains(&value.to_string(), &literal.text),
                // Exact, also where a float is not.
                (_, Ok(number), _) => self.orders(Some(value.cmp(&number))),
                (_, Err(_), Some(number)) => self.orders((*value as f64).partial_cmp(&number)),
                (_, Err(_), None) => self == Self::NotEqual,
            },
            // Each value was in force for a time; `!=` means that none of them is equal.
            FieldValue::Changed(versions) if self == Self::NotEqual => {
                versions.iter().all(|version| self.holds(&version.value, literal))
            }
            FieldValue::Changed(versions) => {
                versions.iter().any(|version| self.holds(&version.value, literal))
            }
            FieldValue::Text(value) => match self {
                Self::Contains => contains(value, &literal.text),
                _ => self.orders(Some(value.to_lowercase().cmp(&literal.text.to_lowercase()))),
            },
            FieldValue::Words(words) => {
                let is = |word: &String| match self {
                    Self::Contains => contains(word, &literal.text),
                    _ => word.eq_ignore_ascii_case(&literal.text),
                };
                words.iter().any(is) != (self == Self::NotEqual)
            }
        }
    }

    fn orders(self, order: Option<Ordering>) -> bool {
        use Ordering::{Equal, Greater, Less};
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

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(one, other) => write!(f, "({one} or {other})"),
            Self::And(one, other) => write!(f, "({one} and {other})"),
            Self::Not(expr) => write!(f, "not {expr}"),
            Self::Compare(field, operator, literal) => {
                write!(f, "{field} {} {}", operator.symbol(), written(&literal.text))
            }
            Self::Anywhere(text) => f.write_str(&written(text)),
        }
    }
}
