//! Text helpers that several layers share: digit grouping, hexadecimal, and text that is safe to print.

use std::fmt::Write as _;
use std::path::Path;

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
    fn hexadecimal_has_two_digits_per_byte() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
