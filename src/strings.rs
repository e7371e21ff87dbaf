//! Text helpers that several layers share: digit grouping, hexadecimal, and text that is safe to print.

use std::fmt::Write as _;
use std::path::Path;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// `text` with control characters replaced by U+FFFD, so that a file name cannot control the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// `path` with control characters replaced, as [`printable`] does.
pub(crate) fn printable_path(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// A decimal number with commas between groups of three digits of its whole part: `-1234.5` becomes `-1,234.5`.
pub(crate) fn group_thousands(number: &str) -> String {
    let whole = number.bytes().position(|byte| byte == b'.').unwrap_or(number.len());
    let mut text = String::with_capacity(number.len() + whole / 3);
    for (index, digit) in number.char_indices() {
        let after_digit = number[..index].ends_with(|before: char| before.is_ascii_digit());
        if after_digit && index < whole && (whole - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The number of terminal cells that `text` occupies.
pub(crate) fn cells_of(text: &str) -> usize {
    text.width()
}

/// `text` cut to this many cells of a terminal. A wide character that fits only in half is left out.
pub(crate) fn cut(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (index, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > cells {
            return &text[..index];
        }
    }
    text
}

/// `text` cut or padded to exactly this many cells of a terminal, on the left or, for numbers, on the right.
pub(crate) fn aligned(text: &str, cells: usize, is_number: bool) -> String {
    let text = cut(text, cells);
    let space = " ".repeat(cells - cells_of(text));
    if is_number { space + text } else { text.to_owned() + &space }
}

/// `bytes` as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(printable("a\u{1b}[31mb\n\u{9b}c"), "a\u{fffd}[31mb\u{fffd}\u{fffd}c");
        assert_eq!(printable_path(Path::new("dir/é\r")), "dir/é\u{fffd}");
    }

    #[test]
    fn thousands_are_grouped_in_the_whole_part() {
        for (number, text) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("60000", "60,000"),
            ("-1234.5678", "-1,234.5678"),
        ] {
            assert_eq!(group_thousands(number), text);
        }
        assert_eq!(group_thousands(&u64::MAX.to_string()), "18,446,744,073,709,551,615");
    }

    #[test]
    fn columns_count_cells_and_not_characters() {
        assert_eq!(aligned("otter", 7, false), "otter  ");
        assert_eq!(aligned("12", 5, true), "   12");
        assert_eq!(aligned("日本語", 8, false), "日本語  ");
        assert_eq!(aligned("日本語", 5, false), "日本 ", "no half of a character");
        assert_eq!(aligned("e\u{301}", 2, false), "e\u{301} ");
        assert_eq!((cut("otters", 3), cells_of("日本")), ("ott", 4));
    }

    #[test]
    fn hexadecimal_has_two_digits_per_byte() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
