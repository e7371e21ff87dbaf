//! Any bytes as terminal input: never a panic, and pieces of any size give the same keys as the whole.
//!
//! `cargo +nightly fuzz run input`, with [cargo-fuzz](https://rust-fuzz.github.io/book/cargo-fuzz.html).

#![no_main]

use cnn_tui::shell::InputParser;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: (Vec<u8>, Vec<u8>)| {
    let (first, second) = pieces;
    let mut parser = InputParser::default();
    let mut inputs = parser.parse(&first);
    inputs.extend(parser.parse(&second));
    let whole = InputParser::default().parse(&[first, second].concat());
    assert_eq!(inputs, whole);
    parser.expire();
    parser.expire();
    assert_eq!(parser.parse(b"q").len(), 1);
});
