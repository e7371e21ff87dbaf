//! Parsing of queries.

use std::ops::Range;

use jiff::civil::Date;

use super::expr::{Expr, Literal, Operator, QueryError};
use super::field::Field;
use super::token::{Token, TokenKind, tokens};
use crate::run::dir::StateName;
use crate::run::protocol::Unit;

/// Maximum nesting of a query, so that input cannot exhaust the stack.
const DEPTH: usize = 64;

/// Parses a query; `None` if it is empty.
pub(super) fn parse(text: &str) -> Result<Option<Expr>, QueryError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens: &tokens, index: 0, end: text.len(), depth: 0 };
    let expr = parser.or_expr()?;
    match parser.next() {
        None => Ok(Some(expr)),
        Some(Token { kind: TokenKind::Close, at }) => {
            Err(QueryError { at: at.clone(), message: "unmatched `)`; remove it".to_owned() })
        }
        Some(token) => Err(wrong(token, "`and`, `or` or the end of the query")),
    }
}

fn wrong(token: &Token, wanted: &str) -> QueryError {
    QueryError { at: token.at.clone(), message: format!("expected {wanted}") }
}

struct Parser<'a> {
    tokens: &'a [Token],
    index: usize,
    /// Length of the text.
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.index)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.index += usize::from(token.is_some());
        token
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Token { kind: TokenKind::Word(word, false), .. }) if word.eq_ignore_ascii_case(keyword))
    }

    fn missing(&self, wanted: &str) -> QueryError {
        QueryError { at: self.end..self.end, message: format!("expected {wanted}") }
    }

    fn or_expr(&mut self) -> Result<Expr, QueryError> {
        let mut expr = self.and_expr()?;
        while self.is_keyword("or") {
            self.index += 1;
            expr = Expr::Or(Box::new(expr), Box::new(self.and_expr()?));
        }
        Ok(expr)
    }

    fn and_expr(&mut self) -> Result<Expr, QueryError> {
        let mut expr = self.term()?;
        loop {
            if self.is_keyword("and") {
                self.index += 1;
            } else if self.is_keyword("or")
                || !matches!(self.peek(), Some(Token { kind: TokenKind::Word(..) | TokenKind::Open, .. }))
            {
                return Ok(expr);
            }
            expr = Expr::And(Box::new(expr), Box::new(self.term()?));
        }
    }

    fn term(&mut self) -> Result<Expr, QueryError> {
        let at = self.peek().map_or(self.end..self.end, |token| token.at.clone());
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(QueryError {
                at,
                message: "too many nested conditions; use fewer parentheses or `not`".to_owned(),
            });
        }
        let expr = self.term_within_depth(at);
        self.depth -= 1;
        expr
    }

    fn term_within_depth(&mut self, at: Range<usize>) -> Result<Expr, QueryError> {
        if self.is_keyword("not") {
            self.index += 1;
            return Ok(Expr::Not(Box::new(self.term()?)));
        }
        match self.next() {
            None => Err(self.missing("a condition, such as `best_acc > 0.88`")),
            Some(Token { kind: TokenKind::Open, .. }) => {
                let expr = self.or_expr()?;
                match self.next() {
                    Some(Token { kind: TokenKind::Close, .. }) => Ok(expr),
                    Some(token) => Err(wrong(token, "`and`, `or` or `)`")),
                    None => Err(QueryError { at, message: "missing `)` for this `(`".to_owned() }),
                }
            }
            Some(Token { kind: TokenKind::Word(word, quoted), at }) => self.condition(word, *quoted, at),
            Some(token) => Err(wrong(token, "a condition, such as `best_acc > 0.88`")),
        }
    }

    fn condition(&mut self, word: &str, quoted: bool, at: &Range<usize>) -> Result<Expr, QueryError> {
        if !quoted && ["and", "or"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword)) {
            return Err(QueryError {
                at: at.clone(),
                message: format!("expected a condition before '{word}'"),
            });
        }
        let operator = match self.peek() {
            Some(Token { kind: TokenKind::Operator(operator), .. }) => *operator,
            Some(Token { kind: TokenKind::Colon, .. }) => Operator::Equal,
            _ if !quoted && Field::named(word).is_some() => {
                let after = self.peek().map_or(self.end..self.end, |token| token.at.clone());
                let message = format!("expected =, :, !=, <, <=, >, >= or ~ after '{word}'");
                return Err(QueryError { at: after, message });
            }
            // Such as `&&`.
            _ if !quoted && !word.contains(char::is_alphanumeric) => {
                let message = format!("'{word}' is not an operator; use `and`, `or` and `not`");
                return Err(QueryError { at: at.clone(), message });
            }
            _ => return Ok(Expr::Anywhere(word.to_owned())),
        };
        let Some(field) = Field::named(word).filter(|_| !quoted) else {
            let all = || "; run `cnn-tui runs --fields` to list them".to_owned();
            let near = nearest(word).map_or_else(all, |near| format!("; did you mean `{near}`?"));
            return Err(QueryError { at: at.clone(), message: format!("unknown field '{word}'{near}") });
        };
        self.index += 1;
        match self.next() {
            Some(Token { kind: TokenKind::Word(value, _), at }) => {
                // `run.json` calls it `running`.
                let is_training = field.name() == "state" && value.eq_ignore_ascii_case("running");
                let text = if is_training { StateName::Training.as_str() } else { value }.to_owned();
                let literal = Literal { text, number: number(value).or_else(|| date(value)) };
                match refusal(field, operator, &literal) {
                    Some(message) => Err(QueryError { at: at.clone(), message }),
                    None => Ok(Expr::Compare(field, operator, literal)),
                }
            }
            Some(token) => Err(wrong(token, "a value")),
            None => Err(self.missing("a value")),
        }
    }
}

/// Parses a number with a unit, and converts durations to seconds and percentages to fractions.
fn number(text: &str) -> Option<f64> {
    let units = [("%", 0.01), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0)];
    let with_unit =
        |(unit, factor): (&str, f64)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor);
    text.parse().ok().or_else(|| units.into_iter().find_map(with_unit))
}

/// Midnight of a day in UTC, in seconds since 1970.
fn date(text: &str) -> Option<f64> {
    let day = text.parse::<Date>().ok()?;
    Some(day.duration_since(Date::constant(1970, 1, 1)).as_secs_f64())
}

/// Why a field can never have this value; `None` if it can.
pub(super) fn refusal(field: Field, operator: Operator, literal: &Literal) -> Option<String> {
    let name = field.name();
    if operator == Operator::Contains {
        return None;
    }
    if let Some(unit) = field.unit()
        && literal.number.is_none()
    {
        let wanted = match unit {
            Unit::Date => "a date, such as 2026-11-24",
            Unit::Seconds => "a duration, such as 90s, 5m or 2h",
            _ => "a number",
        };
        return Some(format!("expected {wanted} for '{name}'"));
    }
    let is_state = |state: &StateName| state.as_str().eq_ignore_ascii_case(&literal.text);
    if name == "state" && !StateName::ALL.iter().any(is_state) {
        let states = StateName::ALL.map(StateName::as_str);
        return Some(format!("unknown state '{}'; the states are {}", literal.text, states.join(", ")));
    }
    None
}

/// The field that shares the longest beginning with `word`, at least two letters.
fn nearest(word: &str) -> Option<&'static str> {
    let likeness = |name: &str| {
        let same = name.chars().zip(word.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        (same, std::cmp::Reverse(name.len().abs_diff(word.len())))
    };
    Field::all().map(Field::name).filter(|name| likeness(name).0 >= 2).max_by_key(|name| likeness(name))
}
