//! Following a text file that another process appends to.

use std::fs::Metadata;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::error::FileError;
use super::file;

/// Where the first poll of a file starts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReadFrom {
    /// At the start of the file.
    Beginning,
    /// One window before the end of the file.
    End,
}

/// Reads the complete lines appended to a file since the last poll. The file need not exist, and may be replaced,
/// truncated or removed. At most one window of it is in memory.
#[derive(Debug)]
pub(crate) struct LineReader {
    path: PathBuf,
    /// Maximum number of bytes per poll and per line; longer lines are skipped.
    window: u64,
    start: ReadFrom,
    /// The file that `offset` belongs to; `None` before the first poll and after the file was removed.
    file: Option<FileId>,
    /// Offset of the first line that has not been returned yet.
    offset: u64,
    /// Whether `offset` is inside a line that is being skipped.
    inside: bool,
    /// Whether the file was removed since the last poll.
    gone: bool,
}

/// The lines found by one poll.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Whole lines, each with its line feed.
    bytes: Vec<u8>,
    /// The number of lines that were skipped because of their length.
    pub(crate) too_long: u64,
    /// Whether this is another file, or the file was truncated: the lines are its first ones.
    pub(crate) replaced: bool,
    /// Whether the poll filled its window, so that another one will likely find more.
    pub(crate) more: bool,
}

/// A file's device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    fn of(metadata: &Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }
}

impl Lines {
    /// The lines, without their line feeds.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
    }
}

impl LineReader {
    pub(crate) fn new(path: PathBuf, window: u64, start: ReadFrom) -> Self {
        Self { path, window, start, file: None, offset: 0, inside: false, gone: false }
    }

    /// Reads new whole lines. An incomplete last line is left for a later poll.
    pub(crate) fn poll(&mut self) -> Result<Lines, FileError> {
        let (mut file, metadata) = match file::open(&self.path) {
            Err(error) if error.is_not_found() => {
                self.gone |= self.file.take().is_some();
                return Ok(Lines::default());
            }
            opened => opened?,
        };
        let mut lines = Lines { replaced: self.find_place(&metadata), ..Lines::default() };
        let read = || {
            file.seek(SeekFrom::Start(self.offset))?;
            file.take(self.window).read_to_end(&mut lines.bytes)
        };
        let count = read().map_err(FileError::io("read", &self.path))? as u64;
        lines.more = count == self.window;
        self.keep_whole_lines(&mut lines, count);
        Ok(lines)
    }

    /// Sets the offset for a poll of the file with this metadata. Returns whether it is another file or was truncated.
    fn find_place(&mut self, metadata: &Metadata) -> bool {
        let id = FileId::of(metadata);
        let first = self.file.is_none() && !self.gone;
        let same = self.file == Some(id) && metadata.len() >= self.offset;
        self.file = Some(id);
        self.gone = false;
        if same {
            return false;
        }
        (self.offset, self.inside) = match self.start {
            ReadFrom::End if first && metadata.len() > self.window => (metadata.len() - self.window, true),
            _ => (0, false),
        };
        !first
    }

    /// Keeps the complete lines of a poll of `count` bytes, and moves the offset past them.
    fn keep_whole_lines(&mut self, lines: &mut Lines, count: u64) {
        let bytes = &mut lines.bytes;
        let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        if end == 0 && (self.inside || lines.more) {
            lines.too_long += u64::from(!self.inside);
            self.inside = true;
            self.offset += count;
            bytes.clear();
            return;
        }
        bytes.truncate(end);
        self.offset += end as u64;
        if self.inside && end > 0 {
            self.inside = false;
            let rest = bytes.iter().position(|&byte| byte == b'\n').map_or(0, |first| first + 1);
            bytes.drain(..rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    struct Fixture {
        dir: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            Self { dir: tempfile::tempdir().unwrap() }
        }

        fn path(&self) -> PathBuf {
            self.dir.path().join("lines")
        }

        fn reader(&self, window: u64, start: ReadFrom) -> LineReader {
            LineReader::new(self.path(), window, start)
        }

        fn append(&self, text: &[u8]) {
            OpenOptions::new().append(true).create(true).open(self.path()).unwrap().write_all(text).unwrap();
        }
    }

    fn texts(lines: &Lines) -> Vec<String> {
        lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    #[test]
    fn only_whole_lines_are_returned() {
        let fixture = Fixture::new();
        let mut reader = fixture.reader(100, ReadFrom::Beginning);
        assert!(texts(&reader.poll().unwrap()).is_empty());
        fixture.append(b"one\ntw");
        assert_eq!(texts(&reader.poll().unwrap()), ["one"]);
        assert!(texts(&reader.poll().unwrap()).is_empty());
        fixture.append(b"o\n\nthree\n");
        assert_eq!(texts(&reader.poll().unwrap()), ["two", "", "three"]);
    }

    #[test]
    fn a_replaced_file_is_read_from_its_beginning() {
        let fixture = Fixture::new();
        let mut reader = fixture.reader(100, ReadFrom::Beginning);
        fixture.append(b"one\ntwo\n");
        assert!(!reader.poll().unwrap().replaced);
        fs::write(fixture.path(), "new\n").unwrap();
        let lines = reader.poll().unwrap();
        assert!(lines.replaced);
        assert_eq!(texts(&lines), ["new"]);

        fs::write(fixture.dir.path().join("other"), "other\nand longer\n").unwrap();
        fs::rename(fixture.dir.path().join("other"), fixture.path()).unwrap();
        let lines = reader.poll().unwrap();
        assert!(lines.replaced);
        assert_eq!(texts(&lines), ["other", "and longer"]);

        fs::remove_file(fixture.path()).unwrap();
        assert!(!reader.poll().unwrap().replaced);
        fixture.append(b"back\n");
        let lines = reader.poll().unwrap();
        assert!(lines.replaced);
        assert_eq!(texts(&lines), ["back"]);
        assert!(!reader.poll().unwrap().replaced);
    }

    #[test]
    fn long_lines_are_skipped_and_counted() {
        let fixture = Fixture::new();
        let mut reader = fixture.reader(8, ReadFrom::Beginning);
        fixture.append(b"ok\n");
        fixture.append(&[b'x'; 30]);
        fixture.append(b"\nfine\n");
        let (mut all, mut too_long) = (Vec::new(), 0);
        for _ in 0..10 {
            let lines = reader.poll().unwrap();
            all.extend(texts(&lines));
            too_long += lines.too_long;
        }
        assert_eq!(all, ["ok", "fine"]);
        assert_eq!(too_long, 1);
    }

    #[test]
    fn the_end_of_a_long_file_is_found_at_once() {
        let fixture = Fixture::new();
        fixture.append(b"one\ntwo\nthree\n");
        let mut reader = fixture.reader(12, ReadFrom::End);
        assert_eq!(texts(&reader.poll().unwrap()), ["two", "three"]);
        fixture.append(b"four\n");
        assert_eq!(texts(&reader.poll().unwrap()), ["four"]);
    }

    #[test]
    fn a_directory_is_an_error() {
        let fixture = Fixture::new();
        fs::create_dir(fixture.path()).unwrap();
        assert!(matches!(fixture.reader(8, ReadFrom::Beginning).poll(), Err(FileError::NotAFile { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// However writes and polls interleave, every line that fits the window is returned once and in order.
        #[test]
        fn no_line_is_lost_or_doubled(chunks in prop::collection::vec("[ab\n]{0,12}", 0..12), window in 1_u64..16) {
            let fixture = Fixture::new();
            let mut reader = fixture.reader(window, ReadFrom::Beginning);
            let mut found = Vec::new();
            for chunk in &chunks {
                fixture.append(chunk.as_bytes());
                found.extend(texts(&reader.poll().unwrap()));
            }
            for _ in 0..200 {
                found.extend(texts(&reader.poll().unwrap()));
            }
            let whole = chunks.concat();
            let whole = whole.rfind('\n').map_or("", |last| &whole[..=last]);
            let expected: Vec<&str> = whole.lines().filter(|line| (line.len() as u64) < window).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
