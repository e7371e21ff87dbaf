//! Sanitizing text from files, which must not control the terminal. (`data` and the themes have their own rules, since
//! they must not depend on runs.)

use std::borrow::Cow;
use std::fmt::Display;

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
pub(crate) fn sanitized(text: String) -> String {
    match sanitize(&text) {
        Cow::Owned(clean) => clean,
        Cow::Borrowed(_) => text,
    }
}

/// The [sanitized](sanitize) text of a value that may quote a file, such as a parser's error.
pub(crate) fn display(value: &impl Display) -> String {
    sanitized(value.to_string())
}

/// For `#[serde(deserialize_with)]`: a [sanitized](sanitize) string.
pub(crate) fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(sanitized)
}

/// For `#[serde(deserialize_with)]`: a [sanitized](sanitize) string that may be absent.
pub(crate) fn option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(sanitized))
}

/// For `#[serde(deserialize_with)]`: a list of [sanitized](sanitize) strings.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(sanitized).collect())
}

/// For `#[serde(deserialize_with)]`: a list of [sanitized](sanitize) strings that may be absent.
pub(crate) fn option_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let list = Option::<Vec<String>>::deserialize(deserializer)?;
    Ok(list.map(|list| list.into_iter().map(sanitized).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "plain", "5×5, 1→10", "日本語", "é\u{301}", "👩‍🔬"] {
            assert!(matches!(sanitize(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn control_and_bidi_characters_are_removed() {
        assert_eq!(sanitize("a\u{1b}[2Jb"), "a[2Jb");
        assert_eq!(sanitize("\u{9b}2J\u{90}\u{7f}\0\u{7}x"), "2Jx");
        assert_eq!(sanitize("gnp\u{202e}evil\u{2066}\u{200f}\u{61c}"), "gnpevil");
        assert_eq!(sanitize("one\ttwo\nthree\u{2028}four\r"), "one two three four");
    }

    proptest! {
        #[test]
        fn clean_text_stays(text in any::<String>()) {
            let clean = sanitize(&text).into_owned();
            prop_assert!(!clean.chars().any(char::is_control));
            prop_assert_eq!(sanitize(&clean), clean.as_str());
        }
    }
}
