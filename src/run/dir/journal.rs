//! The journal, `metrics.jsonl`: the events of a run, appended by its trainer.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::run::disk::{FileError, LineReader, ReadFrom, file};
use crate::run::protocol::JournalEntry;

/// Maximum number of bytes that one [`JournalReader::poll`] reads, and maximum length of a line.
const WINDOW: u64 = 4 << 20;
/// Block size of the search for the last line feed.
const CHUNK: u64 = 64 << 10;

/// Appends to a journal. Only for the holder of the run's lock.
#[derive(Debug)]
pub struct JournalWriter {
    file: File,
    path: PathBuf,
    /// The length of all complete lines.
    len: u64,
}

impl JournalWriter {
    /// Opens or creates the journal at `path`, and removes an incomplete last line left by a crash.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let (file, metadata) = file::open_append(path)?;
        let mut writer = Self { file, path: path.to_owned(), len: 0 };
        writer.repair(&metadata).map_err(FileError::io("repair", path))?;
        Ok(writer)
    }

    /// Appends entries with a single write: all of them or, on failure, none, so that it can be retried.
    ///
    /// When this returns, the entries survive a crash of the process; after [`sync`](Self::sync), a power failure.
    pub fn append(&mut self, entries: &[JournalEntry]) -> Result<(), FileError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.try_append(entries).map_err(FileError::io("append to", &self.path))
    }

    /// Whether the file has been removed or replaced.
    pub fn is_replaced(&self) -> bool {
        let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
        let own = self.file.metadata().map(identity);
        let there = std::fs::symlink_metadata(&self.path).map(identity);
        match (own, there) {
            (Ok(own), Ok(there)) => own != there,
            (Ok(_), Err(error)) => error.kind() == io::ErrorKind::NotFound,
            (Err(_), _) => false,
        }
    }

    /// Flushes appended entries to the disk.
    pub fn sync(&mut self) -> Result<(), FileError> {
        self.file.sync_data().map_err(FileError::io("write", &self.path))
    }

    fn try_append(&mut self, entries: &[JournalEntry]) -> io::Result<()> {
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry)?;
            text.push(b'\n');
        }
        self.settle()?;
        self.file.write_all(&text)?;
        self.len += text.len() as u64;
        Ok(())
    }

    /// Truncates the file to complete lines after a failed append or an external truncation.
    fn settle(&mut self) -> io::Result<()> {
        let metadata = self.file.metadata()?;
        if metadata.nlink() == 0 {
            return Err(io::Error::new(io::ErrorKind::NotFound, "it was removed while the run was training"));
        }
        match metadata.len() {
            len if len == self.len => Ok(()),
            len if len > self.len => self.file.set_len(self.len),
            _ => self.repair(&metadata),
        }
    }

    /// Removes everything after the last line feed.
    fn repair(&mut self, metadata: &Metadata) -> io::Result<()> {
        self.len = end_of_lines(&mut self.file, metadata.len())?;
        if self.len < metadata.len() { self.file.set_len(self.len) } else { Ok(()) }
    }
}

/// The offset after the last line feed before `end`.
fn end_of_lines(file: &mut File, mut end: u64) -> io::Result<u64> {
    while end > 0 {
        let begin = end.saturating_sub(CHUNK);
        let mut chunk = Vec::new();
        file.seek(SeekFrom::Start(begin))?;
        file.take(end - begin).read_to_end(&mut chunk)?;
        if let Some(last) = chunk.iter().rposition(|&byte| byte == b'\n') {
            return Ok(begin + last as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

/// Reads a journal incrementally.
#[derive(Debug)]
pub struct JournalReader {
    lines: LineReader,
    damaged: u64,
    unknown_events: u64,
}

/// The entries that one [`JournalReader::poll`] found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JournalBatch {
    /// The new entries, in order.
    pub entries: Vec<JournalEntry>,
    /// Whether the journal was replaced or truncated; then these entries are its first ones and earlier ones do not count.
    pub replaced: bool,
    /// Whether all entries have been read.
    pub caught_up: bool,
}

impl JournalReader {
    /// A reader of the journal at `path`, which need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { lines: LineReader::new(path, WINDOW, ReadFrom::Beginning), damaged: 0, unknown_events: 0 }
    }

    /// Reads the entries that were appended since the last poll, up to 4 MiB of them.
    pub fn poll(&mut self) -> Result<JournalBatch, FileError> {
        let lines = self.lines.poll()?;
        if lines.replaced {
            (self.damaged, self.unknown_events) = (0, 0);
        }
        self.damaged += lines.too_long;
        let mut batch =
            JournalBatch { entries: Vec::new(), replaced: lines.replaced, caught_up: !lines.more };
        for line in lines.iter().filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(entry) => batch.entries.push(entry),
                Err(_) if is_unknown_event(line) => self.unknown_events += 1,
                Err(_) => self.damaged += 1,
            }
        }
        Ok(batch)
    }

    /// The number of lines that were not valid entries, or longer than 4 MiB.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The number of entries of a kind that this version does not know.
    pub fn unknown_events(&self) -> u64 {
        self.unknown_events
    }
}

/// Whether a line has the form of a [`JournalEntry`] with an unknown event.
fn is_unknown_event(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Form {
        #[serde(rename = "time")]
        _time: f64,
        #[serde(rename = "event")]
        _event: IgnoredAny,
    }
    serde_json::from_slice::<Form>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::run::protocol::Event;

    fn entry(step: u64) -> JournalEntry {
        JournalEntry { time: 1.5, event: Event::Resumed { step, position: None } }
    }

    struct Fixture {
        dir: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            Self { dir: tempfile::tempdir().unwrap() }
        }

        fn with(bytes: impl AsRef<[u8]>) -> Self {
            let fixture = Self::new();
            fs::write(fixture.path(), bytes).unwrap();
            fixture
        }

        fn path(&self) -> PathBuf {
            self.dir.path().join("metrics.jsonl")
        }

        fn writer(&self) -> JournalWriter {
            JournalWriter::open(&self.path()).unwrap()
        }

        fn reader(&self) -> JournalReader {
            JournalReader::new(self.path())
        }

        fn entries(&self) -> Vec<JournalEntry> {
            self.reader().poll().unwrap().entries
        }
    }

    fn line(step: u64) -> String {
        format!("{}\n", serde_json::to_string(&entry(step)).unwrap())
    }

    #[test]
    fn a_reader_returns_the_entries_appended_since_the_last_poll() {
        let fixture = Fixture::new();
        let (mut writer, mut reader) = (fixture.writer(), fixture.reader());
        writer.append(&[entry(1), entry(2)]).unwrap();
        let batch = reader.poll().unwrap();
        assert_eq!(
            batch,
            JournalBatch { entries: vec![entry(1), entry(2)], replaced: false, caught_up: true }
        );
        assert!(reader.poll().unwrap().entries.is_empty());
        writer.append(&[]).unwrap();
        writer.append(&[entry(3)]).unwrap();
        writer.sync().unwrap();
        assert_eq!(reader.poll().unwrap().entries, [entry(3)]);
    }

    #[test]
    fn a_torn_last_line_is_ignored_and_repaired() {
        let whole = [line(1), line(2)].concat();
        for torn in 0..whole.len() {
            let fixture = Fixture::with(&whole[..torn]);
            let mut reader = fixture.reader();
            let mut entries = reader.poll().unwrap().entries;
            fixture.writer().append(&[entry(9)]).unwrap();
            entries.extend(reader.poll().unwrap().entries);
            let expected = if torn < line(1).len() { vec![entry(9)] } else { vec![entry(1), entry(9)] };
            assert_eq!(entries, expected, "torn after {torn} bytes");
            assert_eq!((reader.damaged(), fixture.entries()), (0, expected));
        }
    }

    #[test]
    fn a_long_torn_line_is_repaired() {
        let fixture = Fixture::with([line(1), "x".repeat(200_000)].concat());
        fixture.writer().append(&[entry(2)]).unwrap();
        assert_eq!(fixture.entries(), [entry(1), entry(2)]);
    }

    #[test]
    fn the_rest_of_a_failed_append_is_removed_before_the_next() {
        let fixture = Fixture::new();
        let mut writer = fixture.writer();
        writer.append(&[entry(1)]).unwrap();
        fs::OpenOptions::new()
            .append(true)
            .open(fixture.path())
            .unwrap()
            .write_all(line(2).as_bytes())
            .unwrap();
        writer.append(&[entry(3)]).unwrap();
        assert_eq!(fixture.entries(), [entry(1), entry(3)]);
        fs::OpenOptions::new().write(true).open(fixture.path()).unwrap().set_len(10).unwrap();
        writer.append(&[entry(4)]).unwrap();
        assert_eq!(fixture.entries(), [entry(4)], "a line that was cut is removed too");
    }

    #[test]
    fn a_removed_journal_is_an_error_and_not_a_loss() {
        let fixture = Fixture::new();
        let mut writer = fixture.writer();
        fs::remove_file(fixture.path()).unwrap();
        let message = writer.append(&[entry(1)]).unwrap_err().to_string();
        assert!(message.contains("metrics.jsonl: it was removed"), "{message}");
    }

    #[test]
    fn invalid_lines_are_counted_and_hide_no_entry() {
        let newer = "{\"time\":1,\"event\":{\"teleported\":{\"to\":3}}}\n";
        let unit = "{\"time\":1,\"event\":\"rested\"}\n";
        let deep = format!("{}\n", "[".repeat(10_000));
        let text = [&line(1), "garbage\n", newer, "\n", unit, "{\"time\":1}\n", &deep, &line(2)].concat();
        let mut bytes = text.into_bytes();
        bytes.extend(b"\xff\xfe\n");
        let fixture = Fixture::with(bytes);
        let mut reader = fixture.reader();
        assert_eq!(reader.poll().unwrap().entries, [entry(1), entry(2)]);
        assert_eq!((reader.damaged(), reader.unknown_events()), (4, 2));
    }

    #[test]
    fn unknown_fields_of_known_kinds_are_ignored() {
        let fixture =
            Fixture::with("{\"time\":1.5,\"host\":\"x\",\"event\":{\"resumed\":{\"step\":1,\"by\":2}}}\n");
        assert_eq!(fixture.entries(), [entry(1)]);
    }

    #[test]
    fn a_huge_journal_is_read_in_parts() {
        let fixture = Fixture::new();
        let count = 2 * WINDOW / line(1_000_000).len() as u64;
        let entries: Vec<JournalEntry> = (1_000_000..1_000_000 + count).map(entry).collect();
        fixture.writer().append(&entries).unwrap();
        let mut reader = fixture.reader();
        let first = reader.poll().unwrap();
        assert!(!first.caught_up && first.entries.len() < entries.len());
        let mut all = first.entries;
        for _ in 0..3 {
            all.extend(reader.poll().unwrap().entries);
        }
        assert_eq!(all, entries);
        assert!(reader.poll().unwrap().caught_up);
    }

    #[test]
    fn a_replaced_journal_is_reported_as_restarted() {
        let fixture = Fixture::with("garbage\n");
        let mut reader = fixture.reader();
        reader.poll().unwrap();
        assert_eq!(reader.damaged(), 1);
        file::write_atomic(&fixture.path(), line(1).as_bytes()).unwrap();
        let batch = reader.poll().unwrap();
        assert!(batch.replaced);
        assert_eq!((batch.entries, reader.damaged()), (vec![entry(1)], 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_read_and_repaired(bytes in any::<Vec<u8>>()) {
            let fixture = Fixture::with(&bytes);
            fixture.reader().poll().unwrap();
            fixture.writer().append(&[entry(7)]).unwrap();
            prop_assert_eq!(fixture.entries().pop(), Some(entry(7)));
        }
    }
}
