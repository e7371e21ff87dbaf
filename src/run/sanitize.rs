//! The one home of the rule that text from a file never controls the terminal.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// Makes text from a file, a flag or another machine safe to show on one line of a terminal.
///
/// Control characters (C0 with ESC, DEL, C1) and the characters that reorder text (bidirectional marks, embeddings,
/// overrides and isolates) are removed; tabs and line breaks become a space. Everything else stays as it is, and text
/// that needs no change is borrowed.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().filter_map(|c| match c {
        '\t' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        c => is_plain(c).then_some(c),
    });
    Cow::Owned(shown.collect())
}

/// Whether a terminal only draws this character.
fn is_plain(c: char) -> bool {
    !matches!(
        c,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// [`sanitize`] for text that is already owned: no copy where nothing changes.
pub(super) fn sanitized(text: String) -> String {
    match sanitize(&text) {
        Cow::Owned(clean) => clean,
        Cow::Borrowed(_) => text,
    }
}

/// For `#[serde(deserialize_with)]`: a [sanitized](sanitize) string.
pub(super) fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(sanitized)
}

/// For `#[serde(deserialize_with)]`: a [sanitized](sanitize) string that may be absent.
pub(super) fn option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(sanitized))
}

/// For `#[serde(deserialize_with)]`: a list of [sanitized](sanitize) strings.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(sanitized).collect())
}
