//! The IDX reader against generated, damaged and hostile files.

use std::cell::Cell;
use std::io::{self, Read, Write as _};
use std::path::Path;

use cnn_tui::data::PIXELS;
use cnn_tui::data::idx::{self, Content, IdxError};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

const BOTH: [Content; 2] = [Content::Images, Content::Labels];

fn parse(content: Content, input: impl Read) -> Result<Vec<u8>, IdxError> {
    idx::parse(content, Path::new("test"), input)
}

fn file(content: Content, items: &[u8]) -> Vec<u8> {
    let count = u32::try_from(items.len() / content.item_len()).unwrap();
    [&content.header(count)[..], items].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The kind and the items of a valid file.
fn items() -> impl Strategy<Value = (Content, Vec<u8>)> {
    let images = vec(any::<u8>(), 0..8).prop_map(|seeds| {
        let pixels = seeds
            .iter()
            .flat_map(|&seed| (0..=u8::MAX).cycle().take(PIXELS).map(move |at| at.wrapping_mul(seed)));
        (Content::Images, pixels.collect())
    });
    let labels = vec(0..10_u8, 0..500).prop_map(|labels| (Content::Labels, labels));
    prop_oneof![images, labels]
}

/// A valid file, plain or compressed.
fn valid() -> impl Strategy<Value = (Content, Vec<u8>)> {
    (items(), any::<bool>()).prop_map(|((content, items), compressed)| {
        let bytes = file(content, &items);
        (content, if compressed { gzip(&bytes) } else { bytes })
    })
}

proptest! {
    #[test]
    fn written_items_are_read_back((content, items) in items()) {
        let bytes = file(content, &items);
        prop_assert_eq!(parse(content, &bytes[..]).unwrap(), items.clone());
        prop_assert_eq!(parse(content, &gzip(&bytes)[..]).unwrap(), items);
    }

    #[test]
    fn arbitrary_bytes_are_rejected_or_parse_to_whole_items(bytes in vec(any::<u8>(), 0..2000), magic in 0..4_usize) {
        let start: &[u8] = [&[0, 0, 8, 3][..], &[0, 0, 8, 1], &[0x1f, 0x8b, 8], &[]][magic];
        let bytes = [start, &bytes].concat();
        for content in BOTH {
            if let Ok(items) = parse(content, &bytes[..]) {
                prop_assert_eq!(items.len() % content.item_len(), 0);
            }
        }
    }

    #[test]
    fn damaged_files_are_rejected_or_parse_to_valid_items(
        (content, mut bytes) in valid(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(items) = parse(content, &bytes[..]) {
            prop_assert_eq!(items.len() % content.item_len(), 0);
            prop_assert!(content == Content::Images || items.iter().all(|&label| label < 10));
        }
    }

    #[test]
    fn trailing_bytes_are_rejected((content, items) in items(), tail in vec(any::<u8>(), 1..50)) {
        let bytes = [file(content, &items), tail].concat();
        for bytes in [gzip(&bytes), bytes] {
            let trailing = matches!(parse(content, &bytes[..]), Err(IdxError::Trailing { .. }));
            prop_assert!(trailing);
        }
    }
}

#[test]
fn truncation_at_any_byte_is_detected() {
    for (content, items) in [(Content::Images, vec![7; 2 * PIXELS]), (Content::Labels, vec![7; 300])] {
        let whole = file(content, &items);
        for length in 0..whole.len() {
            let result = parse(content, &whole[..length]);
            let found = length as u64;
            assert!(
                matches!(result, Err(IdxError::Truncated { found: f, .. }) if f == found),
                "{length}: {result:?}"
            );
        }
        let whole = gzip(&whole);
        for length in 0..whole.len() {
            let result = parse(content, &whole[..length]);
            let truncated =
                matches!(result, Err(IdxError::Truncated { .. } | IdxError::GzipTruncated { .. }));
            assert!(truncated, "{length}: {result:?}");
        }
    }
}

/// An endless stream of zeros that counts the bytes read.
struct Zeros<'a>(&'a Cell<u64>);

impl Read for Zeros<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(0);
        self.0.set(self.0.get() + buffer.len() as u64);
        Ok(buffer.len())
    }
}

#[test]
fn reading_stops_one_byte_after_the_announced_items() {
    for content in BOTH {
        let taken = Cell::new(0);
        let header = content.header(3);
        let result = parse(content, header.chain(Zeros(&taken)));
        assert!(matches!(result, Err(IdxError::Trailing { .. })), "{result:?}");
        assert_eq!(taken.get(), 3 * content.item_len() as u64 + 1);
    }
}
