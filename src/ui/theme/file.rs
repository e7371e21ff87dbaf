//! Reading a theme from a TOML file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Problem, ThemeError};
use super::paint::{self, Paint};
use super::roles::Roles;

/// A named set of paints, one for every role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Theme {
    /// Its name in options and configuration.
    pub name: String,
    /// The paint of every role.
    pub roles: Roles<Paint>,
}

/// One `role = "paint"` entry of the file, with its byte offset.
struct Entry {
    name: String,
    at: usize,
    value: Option<(String, usize)>,
}

/// Parses a theme. Missing roles are taken from its `base`, which is one of `bases`.
pub(super) fn parse(path: &str, text: &str, bases: &[Theme]) -> Result<Theme, ThemeError> {
    let error = |at: usize, problem: Problem| ThemeError::new(path, text, at, problem);
    let (table, wrong) = DeTable::parse_recoverable(text);
    if let Some(first) = wrong.iter().min_by_key(|wrong| wrong.span().map_or(0, |span| span.start)) {
        let at = first.span().map_or(0, |span| span.start);
        return Err(error(at, Problem::Syntax(first.message().trim().to_owned())));
    }
    let mut entries = Vec::new();
    collect(table.into_inner(), "", &mut entries);
    let mut take = |name: &str| -> Result<Option<(String, usize)>, ThemeError> {
        let Some(index) = entries.iter().position(|entry| entry.name == name) else { return Ok(None) };
        let Entry { name, at, value } = entries.swap_remove(index);
        value.map(Some).ok_or_else(|| error(at, Problem::Kind(name)))
    };

    let name = take("name")?.map_or_else(|| stem(path).to_owned(), |(name, _)| name);
    let base = match take("base")? {
        None => Roles::default(),
        Some((name, at)) => {
            let found = bases.iter().find(|theme| theme.name == name);
            let known = || bases.iter().map(|theme| theme.name.as_str()).collect::<Vec<_>>().join(", ");
            found.ok_or_else(|| error(at, Problem::Base { known: known(), name }))?.roles.map(Some)
        }
    };
    let roles: Roles<Option<Paint>> = base.try_zip(Roles::<()>::default(), &mut |role, inherited, ()| {
        let Some((words, at)) = take(role)? else { return Ok(inherited) };
        let inside = text.get(at + 1..).is_some_and(|rest| rest.starts_with(&words));
        paint::parse(&words).map(Some).map_err(|(offset, problem)| {
            // With escapes or several lines, the position within the string is unknown.
            error(if inside { at + 1 + offset } else { at }, problem)
        })
    })?;
    if let Some(entry) = entries.iter().min_by_key(|entry| entry.at) {
        return Err(error(entry.at, Problem::Role(entry.name.clone())));
    }
    let roles = roles.try_zip(Roles::<()>::default(), &mut |role, paint, ()| {
        paint.ok_or_else(|| error(text.len(), Problem::Missing(role)))
    })?;
    Ok(Theme { name, roles })
}

/// Collects the entries of a table and its subtables under dotted names.
fn collect(table: DeTable<'_>, prefix: &str, entries: &mut Vec<Entry>) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let (key_at, at) = (key.span().start, Spanned::span(&value).start);
        match value.into_inner() {
            DeValue::Table(inner) => collect(inner, &format!("{name}."), entries),
            DeValue::String(text) => {
                entries.push(Entry { name, at: key_at, value: Some((text.into_owned(), at)) });
            }
            _ => entries.push(Entry { name, at: key_at, value: None }),
        }
    }
}

/// The file name without directory and extension.
fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.strip_suffix(".toml").unwrap_or(file)
}
