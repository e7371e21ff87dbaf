//! Numbers, paths and foreign text as words that are safe to print.

use std::path::Path;

/// `text` with each control character replaced: a file name must not be able to steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// `path` as it may be printed.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// `number` with a comma between groups of three digits.
pub(crate) fn thousands(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(printable("a\u{1b}[31mb\n\u{9b}c"), "a\u{fffd}[31mb\u{fffd}\u{fffd}c");
        assert_eq!(shown(Path::new("dir/é\r")), "dir/é\u{fffd}");
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (60_000, "60,000")] {
            assert_eq!(thousands(number), text);
        }
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }
}
