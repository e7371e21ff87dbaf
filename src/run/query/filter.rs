//! Parsed queries.

use std::fmt;

use super::expr::{Expr, QueryError};
use super::parse;
use crate::run::store::ListedRun;

/// A parsed query. The empty one matches every run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query(Option<Expr>);

impl std::str::FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        parse::parse(text).map(Self)
    }
}

impl Query {
    #[cfg(test)]
    pub(super) fn of(expr: Expr) -> Self {
        Self(Some(expr))
    }

    /// Whether it matches every run.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether it matches this run.
    pub fn matches(&self, run: &ListedRun) -> bool {
        self.0.as_ref().is_none_or(|expr| expr.matches(run))
    }
}

/// Text that parses as the same query.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |expr| expr.fmt(f))
    }
}
