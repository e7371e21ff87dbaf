//! From the bytes of a terminal to keys and pasted text.
//!
//! A terminal also sends replies to queries that this or an earlier program made. Over SSH and tmux they may arrive
//! late, in pieces, or cut off, and must never be taken for keys. crossterm reads a string sequence such as
//! `ESC ] 11 ; rgb:... ESC \` as typed text, so this parser takes its place. It discards every control string (OSC, DCS,
//! APC, PM, SOS) and every control sequence that is not a key. The forms are those of ECMA-48; see also
//! <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>.

use std::time::Duration;

use crate::app::Key;

/// Something that a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
}

/// How long after ESC a sequence may begin. Then it was the key itself.
const ESC_TIME: Duration = Duration::from_millis(50);
/// How much later a sequence may still begin whose ESC was taken for the key: no one types that fast.
const LATE_TIME: Duration = Duration::from_millis(100);
/// How long an unfinished sequence may be silent before it counts as cut off.
const SILENCE: Duration = Duration::from_secs(3);
/// The longest control sequence whose parameters are kept.
const MAX_PARAMETERS: usize = 32;
/// The longest pasted text that is kept, in bytes.
const MAX_PASTE: usize = 64 * 1024;

/// Begins and ends a bracketed paste, after `ESC [`.
const PASTE_BEGIN: &[u8] = b"200";
const PASTE_END: &[u8] = b"\x1b[201~";

const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;

/// Parses terminal input, in pieces of any size.
#[derive(Debug, Default)]
pub struct InputParser {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    /// Between keys.
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After an ESC that was taken for the key.
    LateEscape,
    /// In a control sequence, with its parameters.
    Csi(Vec<u8>),
    /// After `ESC O`, which begins keys of the keypad.
    Ss3,
    /// In a control string; `true` after an ESC that may end it.
    ControlString(bool),
    /// Bytes that belong to the sequence before.
    Skip(u8),
    /// In a character of several bytes: those so far, and its length.
    Utf8(Vec<u8>, usize),
    /// In pasted text.
    Paste(Vec<u8>),
}

impl InputParser {
    /// Parses the next bytes.
    pub fn parse(&mut self, bytes: &[u8]) -> Vec<Input> {
        bytes.iter().filter_map(|byte| self.push(*byte)).collect()
    }

    /// How long to wait for more bytes before calling [`expire`](Self::expire); `None` if there is nothing to wait for.
    pub fn timeout(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Escape => Some(ESC_TIME),
            State::LateEscape => Some(LATE_TIME),
            _ => Some(SILENCE),
        }
    }

    /// Gives up on an unfinished sequence. After ESC, that is the key itself; everything else is discarded.
    pub fn expire(&mut self) -> Option<Input> {
        let before = std::mem::take(&mut self.state);
        let State::Escape = before else { return None };
        self.state = State::LateEscape;
        Some(Input::Key(Key::Esc))
    }

    fn push(&mut self, byte: u8) -> Option<Input> {
        match std::mem::take(&mut self.state) {
            State::Ground => self.begin(byte),
            State::Escape => self.escaped(byte),
            State::LateEscape => match byte {
                b'[' | b']' | b'P' | b'X' | b'^' | b'_' => self.escaped(byte),
                _ => self.begin(byte),
            },
            State::Csi(parameters) => self.csi(parameters, byte),
            State::Ss3 => key_of_final(byte).map(Input::Key),
            State::ControlString(after_escape) => self.control_string(after_escape, byte),
            State::Skip(count) => {
                self.state = if count > 1 { State::Skip(count - 1) } else { State::Ground };
                None
            }
            State::Utf8(bytes, len) => self.utf8(bytes, len, byte),
            State::Paste(text) => self.paste(text, byte),
        }
    }

    /// The first byte of a key or sequence.
    fn begin(&mut self, byte: u8) -> Option<Input> {
        let key = match byte {
            ESC => {
                self.state = State::Escape;
                return None;
            }
            b'\r' => Key::Enter,
            b'\t' => Key::Tab,
            0x08 | 0x7f => Key::Backspace,
            0x01..=0x1a => Key::Ctrl(char::from(byte - 1 + b'a')),
            b' '..=b'~' => Key::Char(char::from(byte)),
            // The eight-bit forms of `ESC P`, `ESC X`, `ESC ]`, `ESC ^`, `ESC _` and `ESC [`.
            0x90 | 0x98 | 0x9d | 0x9e | 0x9f => {
                self.state = State::ControlString(false);
                return None;
            }
            0x9b => {
                self.state = State::Csi(Vec::new());
                return None;
            }
            0xc2..=0xf4 => {
                let len = match byte {
                    ..=0xdf => 2,
                    0xe0..=0xef => 3,
                    _ => 4,
                };
                self.state = State::Utf8(vec![byte], len);
                return None;
            }
            _ => return None,
        };
        Some(Input::Key(key))
    }

    /// The byte after ESC.
    fn escaped(&mut self, byte: u8) -> Option<Input> {
        self.state = match byte {
            b'[' => State::Csi(Vec::new()),
            b'O' => State::Ss3,
            b']' | b'P' | b'X' | b'^' | b'_' => State::ControlString(false),
            ESC => State::Escape,
            // A key with Alt, or the end of a string whose beginning is lost.
            b' '..=b'~' => State::Ground,
            _ => return self.begin(byte),
        };
        None
    }

    fn csi(&mut self, mut parameters: Vec<u8>, byte: u8) -> Option<Input> {
        match byte {
            ESC => self.state = State::Escape,
            CAN | SUB => {}
            b' '..=b'?' => {
                if parameters.len() <= MAX_PARAMETERS {
                    parameters.push(byte);
                }
                self.state = State::Csi(parameters);
            }
            // A function key of the Linux console: one more byte.
            b'[' if parameters.is_empty() => self.state = State::Skip(1),
            // A report of the mouse in its oldest form: three more bytes.
            b'M' if parameters.is_empty() => self.state = State::Skip(3),
            b'~' if parameters == PASTE_BEGIN => self.state = State::Paste(Vec::new()),
            b'~' => return key_of_number(&parameters).map(Input::Key),
            b'@'..=b'}' if parameters.iter().all(|byte| matches!(byte, b'0'..=b'9' | b';')) => {
                return key_of_final(byte).map(Input::Key);
            }
            b'@'..=b'}' => {}
            // Other control characters are executed within a sequence: none of them is a key here.
            _ => self.state = State::Csi(parameters),
        }
        None
    }

    fn control_string(&mut self, after_escape: bool, byte: u8) -> Option<Input> {
        match byte {
            BEL | CAN | SUB => {}
            b'\\' if after_escape => {}
            ESC => self.state = State::ControlString(true),
            // The string was cut off by another sequence.
            _ if after_escape => return self.escaped(byte),
            _ => self.state = State::ControlString(false),
        }
        None
    }

    fn utf8(&mut self, mut bytes: Vec<u8>, len: usize, byte: u8) -> Option<Input> {
        if !matches!(byte, 0x80..=0xbf) {
            // Not a character after all.
            return self.begin(byte);
        }
        bytes.push(byte);
        if bytes.len() < len {
            self.state = State::Utf8(bytes, len);
            return None;
        }
        let character = std::str::from_utf8(&bytes).ok()?.chars().next()?;
        // U+0080 to U+009F are the eight-bit control characters again.
        match character {
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => self.state = State::ControlString(false),
            '\u{9b}' => self.state = State::Csi(Vec::new()),
            _ if character.is_control() => {}
            _ => return Some(Input::Key(Key::Char(character))),
        }
        None
    }

    fn paste(&mut self, mut text: Vec<u8>, byte: u8) -> Option<Input> {
        text.push(byte);
        if let Some(text) = text.strip_suffix(PASTE_END) {
            return Some(Input::Paste(String::from_utf8_lossy(text).into_owned()));
        }
        if text.len() > MAX_PASTE + PASTE_END.len() {
            // Keeps the end, where the mark of the end will be.
            text.drain(MAX_PASTE..text.len() - PASTE_END.len());
        }
        self.state = State::Paste(text);
        None
    }
}

/// The key of a control sequence with this last byte.
fn key_of_final(byte: u8) -> Option<Key> {
    Some(match byte {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'Z' => Key::BackTab,
        b'M' => Key::Enter,
        _ => return None,
    })
}

/// The key of a control sequence such as `ESC [ 5 ~`; modifiers after a semicolon are ignored.
fn key_of_number(parameters: &[u8]) -> Option<Key> {
    let number = parameters.split(|byte| *byte == b';').next()?;
    Some(match number {
        b"1" | b"7" => Key::Home,
        b"4" | b"8" => Key::End,
        b"5" => Key::PageUp,
        b"6" => Key::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(bytes: &[u8]) -> Vec<Input> {
        InputParser::default().parse(bytes)
    }

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let key = |input| match input {
            Input::Key(key) => key,
            Input::Paste(text) => panic!("pasted {text}"),
        };
        parse(bytes).into_iter().map(key).collect()
    }

    #[test]
    fn keys_are_recognized() {
        for (bytes, key) in [
            (&b"q"[..], Key::Char('q')),
            ("é".as_bytes(), Key::Char('é')),
            ("日".as_bytes(), Key::Char('日')),
            ("🦦".as_bytes(), Key::Char('🦦')),
            (b"\r", Key::Enter),
            (b"\t", Key::Tab),
            (b"\x7f", Key::Backspace),
            (b"\x0c", Key::Ctrl('l')),
            (b"\x1b[A", Key::Up),
            (b"\x1bOA", Key::Up),
            (b"\x1b[1;5C", Key::Right),
            (b"\x1b[Z", Key::BackTab),
            (b"\x1b[5~", Key::PageUp),
            (b"\x1b[6;2~", Key::PageDown),
            (b"\x1b[H", Key::Home),
            (b"\x1b[4~", Key::End),
        ] {
            assert_eq!(keys(bytes), [key], "{bytes:?}");
        }
        assert_eq!(keys(b"\x1bq\x1b[3~\x1b[11~\x1b[97;5u\x1b[[A"), [], "unused keys, and keys with Alt");
    }

    #[test]
    fn escape_is_a_key_unless_a_sequence_follows() {
        let mut parser = InputParser::default();
        assert_eq!(parser.parse(b"\x1b"), []);
        assert_eq!(parser.timeout(), Some(ESC_TIME));
        assert_eq!(parser.expire(), Some(Input::Key(Key::Esc)));
        assert_eq!(parser.parse(b"d"), [Input::Key(Key::Char('d'))]);
        assert_eq!(parser.timeout(), None);

        // The rest of a reply comes late.
        parser.parse(b"\x1b");
        parser.expire();
        assert_eq!(parser.parse(b"]11;rgb:2d2d/2d2d/2d2d\x1b\\q"), [Input::Key(Key::Char('q'))]);

        parser.parse(b"\x1b");
        parser.expire();
        assert_eq!(parser.expire(), None);
        assert_eq!(parser.parse(b"X"), [Input::Key(Key::Char('X'))]);
    }

    #[test]
    fn keys_work_again_after_a_sequence_that_was_cut_off() {
        for cut in [&b"\x1b]11;rgb:2d"[..], b"\x1bP1$r", b"\x1b[1;", b"\x1b[200~dd", b"\xe6\x97"] {
            let mut parser = InputParser::default();
            assert_eq!(parser.parse(cut), []);
            assert_eq!((parser.timeout(), parser.expire()), (Some(SILENCE), None));
            assert_eq!(parser.parse(b"q"), [Input::Key(Key::Char('q'))]);
        }
        // Or that is followed by another one.
        assert_eq!(keys(b"\x1b]11;rgb:2d\x1b[A"), [Key::Up]);
        assert_eq!(keys(b"\x1b]11;d\x1b\x1b\\q"), [Key::Char('q')]);
    }

    #[test]
    fn pasted_text_is_not_keys() {
        let long = "x".repeat(MAX_PASTE + 1000);
        let pasted = |text: &str| parse(format!("\x1b[200~{text}\x1b[201~q").as_bytes());
        let expected = |text: &str| [Input::Paste(text.to_owned()), Input::Key(Key::Char('q'))];
        assert_eq!(pasted("new name\nd\x1b[A"), expected("new name\nd\x1b[A"));
        assert_eq!(pasted(""), expected(""));
        let Input::Paste(kept) = &pasted(&long)[0] else { panic!() };
        assert!(kept.len() < MAX_PASTE + 10, "{}", kept.len());
    }

    /// What a terminal may answer: a control string or a control sequence that is not a key.
    fn reply() -> impl Strategy<Value = Vec<u8>> {
        let start = prop::sample::select(vec![
            &b"\x1b]"[..],
            b"\x1bP",
            b"\x1bX",
            b"\x1b^",
            b"\x1b_",
            b"\x9d",
            b"\x90",
            "\u{9d}".as_bytes(),
        ]);
        let content = prop::collection::vec(prop_oneof![0x20_u8..=0x7e, 0x80_u8..=0xff], 0..40);
        // The last one is cut off by the next sequence.
        let end = prop::sample::select(vec![&b"\x1b\\"[..], b"\x07", b"\x1b[0n"]);
        let string = (start, content, end).prop_map(|(start, content, end)| [start, &content, end].concat());
        let sequence = ("\\[[?>=]?[0-9;]{0,40}", prop::sample::select(b"cnRtuyIO".to_vec()))
            .prop_map(|(start, end)| [b"\x1b", start.as_bytes(), &[end]].concat());
        prop_oneof![string, sequence]
    }

    proptest! {
        #[test]
        fn replies_of_a_terminal_are_never_keys(
            replies in prop::collection::vec(reply(), 1..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let bytes = replies.concat();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let mut parser = InputParser::default();
            for piece in cuts.windows(2) {
                prop_assert_eq!(parser.parse(&bytes[piece[0]..piece[1]]), []);
            }
            prop_assert_eq!(parser.parse(b"q"), [Input::Key(Key::Char('q'))]);
        }

        #[test]
        fn pieces_give_what_the_whole_gives(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
            let cut = cut.index(bytes.len() + 1);
            let mut parser = InputParser::default();
            let mut found = parser.parse(&bytes[..cut]);
            found.extend(parser.parse(&bytes[cut..]));
            prop_assert_eq!(found, parse(&bytes));
        }
    }
}
