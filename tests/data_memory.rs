//! Memory use of the IDX reader on hostile files, measured by the allocator.
//!
//! A single test, because the allocator counts for the whole process.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![expect(unsafe_code, reason = "memory in use can only be counted by an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use cnn_tui::data::idx::{self, Content, MAX_ITEMS};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

/// The system allocator, counting the bytes in use and their peak.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is forwarded unchanged; the counters do not touch the memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(in_use, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: `memory` is from `alloc` above, which is the system's.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Parses `bytes` and returns the peak memory use.
fn peak(content: Content, bytes: &[u8]) -> usize {
    let before = IN_USE.load(Relaxed);
    PEAK.store(before, Relaxed);
    drop(idx::parse(content, Path::new("test"), bytes));
    PEAK.load(Relaxed) - before
}

fn gzip(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for part in parts {
        encoder.write_all(part).unwrap();
    }
    encoder.finish().unwrap()
}

/// Allowance for buffers and the decompressor's state.
const FIXED: usize = 256 * 1024;

#[test]
fn memory_is_bounded_by_the_size_of_the_file() {
    // A header that announces 784 MB, followed by little.
    let header = Content::Images.header(MAX_ITEMS);
    assert!(peak(Content::Images, &header) < FIXED);
    assert!(peak(Content::Images, &gzip(&[&header, &[0; 1000]])) < FIXED);

    // 64 MB of zeros in 64 kB of gzip, after a header that announces 3 images.
    let zeros = vec![0; 64 << 20];
    let bomb = gzip(&[&Content::Images.header(3), &zeros]);
    assert!(bomb.len() < 128 * 1024);
    assert!(peak(Content::Images, &bomb) < FIXED);

    // The same with the largest allowed number of labels, one byte each.
    let bomb = gzip(&[&Content::Labels.header(MAX_ITEMS), &zeros]);
    assert!(peak(Content::Labels, &bomb) < FIXED + 4 * MAX_ITEMS as usize);

    let noise = vec(any::<u8>(), 0..400);
    let damage = vec((any::<Index>(), any::<u8>()), 0..8);
    let strategy = (noise, damage, any::<bool>(), any::<bool>());
    let mut runner = TestRunner::default();
    let result = runner.run(&strategy, |(noise, damage, compressed, images)| {
        let content = if images { Content::Images } else { Content::Labels };
        let mut bytes = [content.header(MAX_ITEMS), noise].concat();
        if compressed {
            bytes = gzip(&[&bytes]);
        }
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Deflate expands a byte to at most 1,032; a growing vector doubles, and the old half lives until it is copied.
        let bound = FIXED + 3 * if compressed { 1032 * bytes.len() } else { bytes.len() };
        let peak = peak(content, &bytes);
        prop_assert!(peak <= bound, "{} bytes of memory for {} bytes of file", peak, bytes.len());
        Ok(())
    });
    result.unwrap();
}
