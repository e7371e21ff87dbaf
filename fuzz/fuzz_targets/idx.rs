//! Any bytes, as images and as labels: refused with an error or read whole, never a panic.
//!
//! `cargo +nightly fuzz run idx`, with [cargo-fuzz](https://rust-fuzz.github.io/book/cargo-fuzz.html).

#![no_main]

use std::path::Path;

use cnn_tui::data::CLASSES;
use cnn_tui::data::idx::{self, Content};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let name = Path::new("fuzz");
    if let Ok(images) = idx::parse(Content::Images, name, bytes) {
        assert_eq!(images.len() % Content::Images.item_len(), 0);
    }
    if let Ok(labels) = idx::parse(Content::Labels, name, bytes) {
        assert!(labels.iter().all(|&label| usize::from(label) < CLASSES));
    }
});
