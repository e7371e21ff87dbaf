//! A query language for runs: `preset = cnn and best_acc > 0.88 and not tag:junk`.
//!
//! ```text
//! query     = or_expr
//! or_expr   = and_expr { "or" and_expr }
//! and_expr  = term { [ "and" ] term }
//! term      = "not" term | "(" or_expr ")" | condition
//! condition = FIELD OPERATOR VALUE | "tag" ":" WORD | WORD          (a word alone: in the name, id, tags or notes)
//! OPERATOR  = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"            (~: contains)
//! ```
//!
//! Text is compared without regard to case. Numbers may have a unit of time (`90s`, `5m`, `2h`, `1d`) or `%`, and
//! days are written `2026-11-24`. A run that has no value for a field matches only `!=`.

mod complete;
mod expr;
mod field;
mod filter;
mod parse;
mod recipe;
mod sort;
mod token;
mod word;

pub use complete::{Completion, complete};
pub use expr::QueryError;
pub use field::{Field, FieldValue, FieldVersion};
pub use filter::Query;
pub use recipe::Recipe;
pub use sort::{Sort, UnknownField};

#[cfg(test)]
mod tests;
