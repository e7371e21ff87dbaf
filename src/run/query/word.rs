//! Quoting of words in queries.

use super::field::Field;

/// Whether a character ends an unquoted word.
pub(super) fn ends_word(character: char) -> bool {
    character.is_whitespace() || "()=!<>~\"".contains(character)
}

/// Quotes a word for a query if necessary.
pub(super) fn written(word: &str) -> String {
    let plain = word.contains(char::is_alphanumeric)
        && !word.contains(ends_word)
        && !word.contains([':', '\\'])
        && !["and", "or", "not"].contains(&word.to_lowercase().as_str())
        && Field::named(word).is_none();
    if plain { word.to_owned() } else { format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")) }
}
