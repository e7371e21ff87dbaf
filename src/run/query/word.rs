//! Words as queries write them.

use super::field::Field;

/// What ends a word that is not quoted.
pub(super) fn ends_word(character: char) -> bool {
    character.is_whitespace() || "()=!<>~\"".contains(character)
}

/// A word as it must be written to mean itself.
pub(super) fn written(word: &str) -> String {
    let plain = word.contains(char::is_alphanumeric)
        && !word.contains(ends_word)
        && !word.contains([':', '\\'])
        && !["and", "or", "not"].contains(&word.to_lowercase().as_str())
        && Field::named(word).is_none();
    if plain { word.to_owned() } else { format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")) }
}
