//! IDX, the file format of MNIST and its relatives, plain or gzip-compressed.
//!
//! A file starts with big-endian 32-bit numbers: a magic number, the count of items and, for images, rows and columns.
//! One unsigned byte a pixel or a label follows. Two kinds are read: 28x28 images (magic 2051) and labels (magic 2049).
//!
//! The header is a claim, not a fact. Memory grows with the bytes that arrive, no more of them are taken than the count
//! promises plus one, and the count has a limit. So neither a false count nor a gzip bomb can use up the memory.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

use super::dataset::CLASSES;
use super::split::{PIXELS, SIDE};
use super::text::{shown, thousands};

/// The largest count that is read, in images or labels: far above any set of this kind, and 784 MB of images.
pub const MAX_ITEMS: u32 = 1_000_000;

/// Rows and columns as the header has them.
const SIDE_FIELD: u32 = 28;
const _: () = assert!(SIDE_FIELD as usize == SIDE);

/// The first two bytes of every gzip file. An IDX file starts with two zeros.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What an IDX file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Grey images of 28x28 pixels, 784 bytes each, row by row.
    Images,
    /// Labels from 0 to 9, a byte each.
    Labels,
}

impl Content {
    /// The number that such a file starts with: 2051 or 2049.
    pub const fn magic(self) -> u32 {
        match self {
            Self::Images => 2051,
            Self::Labels => 2049,
        }
    }

    /// Bytes an item.
    pub const fn item_len(self) -> usize {
        match self {
            Self::Images => PIXELS,
            Self::Labels => 1,
        }
    }

    /// The header of a file with `count` items.
    pub fn header(self, count: u32) -> Vec<u8> {
        let fields: &[u32] = match self {
            Self::Images => &[self.magic(), count, SIDE_FIELD, SIDE_FIELD],
            Self::Labels => &[self.magic(), count],
        };
        fields.iter().flat_map(|field| field.to_be_bytes()).collect()
    }

    /// Bytes before the first item.
    const fn header_len(self) -> usize {
        match self {
            Self::Images => 16,
            Self::Labels => 8,
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Images => "images",
            Self::Labels => "labels",
        })
    }
}

/// Why a file is not usable IDX.
///
/// Offsets count bytes from the start of the content: for a compressed file, of what it decompresses to.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The system could not open or read the file.
    #[error("{}: cannot be read: {source}", shown(.file))]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file starts with another number: it is no IDX file, or one with other content.
    #[error(
        "{}: byte 0: expected magic number {} ({expected}), found {found} ({found:#010x}); is it the right file?",
        shown(.file), .expected.magic()
    )]
    WrongMagic {
        /// The file.
        file: PathBuf,
        /// What was to be read.
        expected: Content,
        /// The number in the file.
        found: u32,
    },
    /// The header promises more items than [`MAX_ITEMS`].
    #[error(
        "{}: byte 4: expected at most {} {content}, found a count of {}; the header is damaged or the set too large",
        shown(.file), thousands(MAX_ITEMS), thousands(*.found)
    )]
    TooMany {
        /// The file.
        file: PathBuf,
        /// What was to be read.
        content: Content,
        /// The count in the header.
        found: u32,
    },
    /// The images are not 28x28.
    #[error(
        "{}: byte {offset}: expected 28 {axis}, found {found}; only images of 28x28 pixels can be used",
        shown(.file)
    )]
    WrongSide {
        /// The file.
        file: PathBuf,
        /// Where the number is.
        offset: u64,
        /// `rows` or `columns`.
        axis: &'static str,
        /// The number in the header.
        found: u32,
    },
    /// The content ends before the header or the promised items do.
    #[error("{}: ends at byte {found}, expected {expected} bytes; copy or fetch it again", shown(.file))]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Bytes needed.
        expected: u64,
        /// Bytes there.
        found: u64,
    },
    /// The compressed file ends inside its gzip stream.
    #[error("{}: the gzip stream breaks off after byte {offset} of its content; copy or fetch it again", shown(.file))]
    GzipTruncated {
        /// The file.
        file: PathBuf,
        /// Bytes that could be decompressed.
        offset: u64,
    },
    /// The compressed file is not valid gzip, or fails gzip's own checksum.
    #[error(
        "{}: the gzip stream is damaged after byte {offset} of its content ({reason}); copy or fetch it again",
        shown(.file)
    )]
    GzipDamaged {
        /// The file.
        file: PathBuf,
        /// Bytes that could be decompressed.
        offset: u64,
        /// What the decompressor said.
        reason: io::Error,
    },
    /// There is more after the promised items.
    #[error("{}: byte {offset}: expected the end after {} {content}, found more", shown(.file), thousands(*.count))]
    Trailing {
        /// The file.
        file: PathBuf,
        /// The first byte too many.
        offset: u64,
        /// What was read.
        content: Content,
        /// The count in the header.
        count: u32,
    },
    /// A label is none of the ten classes.
    #[error(
        "{}: byte {offset}: expected a label from 0 to 9, found {found} (label number {index}); \
         only sets of ten classes can be used",
        shown(.file)
    )]
    LabelOutOfRange {
        /// The file.
        file: PathBuf,
        /// Where the label is.
        offset: u64,
        /// Which label it is, counted from 0.
        index: usize,
        /// The label.
        found: u8,
    },
}

/// Reads the items of the file at `file`: all pixels or all labels, without the header.
pub fn read(content: Content, file: &Path) -> Result<Vec<u8>, IdxError> {
    let input = File::open(file).map_err(|source| IdxError::Io { file: file.into(), source })?;
    parse(content, file, input)
}

/// Reads the items out of `input`; `file` is its name in errors.
pub fn parse(content: Content, file: &Path, input: impl Read) -> Result<Vec<u8>, IdxError> {
    let mut input = Input::open(file, input)?;
    let count = input.header(content)?;
    let items = input.items(content, count)?;
    if content == Content::Labels
        && let Some(index) = items.iter().position(|&label| usize::from(label) >= CLASSES)
    {
        let offset = (content.header_len() + index) as u64;
        return Err(IdxError::LabelOutOfRange { file: file.into(), offset, index, found: items[index] });
    }
    Ok(items)
}

/// The content of a file, decompressed where need be, as it is read from front to back.
struct Input<'a> {
    file: &'a Path,
    reader: Box<dyn Read + 'a>,
    gzip: bool,
    offset: u64,
}

impl<'a> Input<'a> {
    fn open(file: &'a Path, mut input: impl Read + 'a) -> Result<Self, IdxError> {
        let mut start = Vec::new();
        (&mut input)
            .take(GZIP_MAGIC.len() as u64)
            .read_to_end(&mut start)
            .map_err(|source| IdxError::Io { file: file.into(), source })?;
        let gzip = start == GZIP_MAGIC;
        let whole = Cursor::new(start).chain(input);
        let reader: Box<dyn Read> =
            if gzip { Box::new(MultiGzDecoder::new(BufReader::new(whole))) } else { Box::new(whole) };
        Ok(Self { file, reader, gzip, offset: 0 })
    }

    /// The next bytes, at most `limit` and fewer only at the end.
    fn take(&mut self, limit: u64) -> Result<Vec<u8>, IdxError> {
        let mut bytes = Vec::new();
        let result = (&mut self.reader).take(limit).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        result.map_err(|error| self.failure(error))?;
        Ok(bytes)
    }

    /// Tells a failing disk from a bad gzip stream: only the system's own errors carry a code.
    fn failure(&self, error: io::Error) -> IdxError {
        let file = self.file.into();
        match error.kind() {
            _ if !self.gzip || error.raw_os_error().is_some() => IdxError::Io { file, source: error },
            io::ErrorKind::UnexpectedEof => IdxError::GzipTruncated { file, offset: self.offset },
            _ => IdxError::GzipDamaged { file, offset: self.offset, reason: error },
        }
    }

    /// Reads and checks the header; returns the count.
    fn header(&mut self, content: Content) -> Result<u32, IdxError> {
        let file = self.file.to_path_buf();
        let bytes = self.take(content.header_len() as u64)?;
        let (fields, _) = bytes.as_chunks();
        let mut fields = fields.iter().map(|&field| u32::from_be_bytes(field));

        // A wrong file is named as such even if it is also too short.
        match fields.next() {
            Some(found) if found != content.magic() => {
                return Err(IdxError::WrongMagic { file, expected: content, found });
            }
            _ => {}
        }
        if bytes.len() < content.header_len() {
            let (expected, found) = (content.header_len() as u64, bytes.len() as u64);
            return Err(IdxError::Truncated { file, expected, found });
        }
        let count = fields.next().unwrap_or_default();
        if count > MAX_ITEMS {
            return Err(IdxError::TooMany { file, content, found: count });
        }
        for ((axis, offset), found) in [("rows", 8), ("columns", 12)].into_iter().zip(fields) {
            if found != SIDE_FIELD {
                return Err(IdxError::WrongSide { file, offset, axis, found });
            }
        }
        Ok(count)
    }

    /// Reads `count` items and makes sure that nothing follows.
    fn items(&mut self, content: Content, count: u32) -> Result<Vec<u8>, IdxError> {
        let promised = u64::from(count) * content.item_len() as u64;
        let end = self.offset + promised;
        // The byte too many also makes the decompressor check the checksum at the end of its stream.
        let mut items = self.take(promised + 1)?;
        let file = self.file.to_path_buf();
        if self.offset > end {
            return Err(IdxError::Trailing { file, offset: end, content, count });
        }
        if self.offset < end {
            return Err(IdxError::Truncated { file, expected: end, found: self.offset });
        }
        items.shrink_to_fit();
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn images(count: u32) -> Vec<u8> {
        let pixels = (0..=250).cycle().take(count as usize * PIXELS);
        Content::Images.header(count).into_iter().chain(pixels).collect()
    }

    fn labels(labels: &[u8]) -> Vec<u8> {
        [&Content::Labels.header(labels.len().try_into().unwrap())[..], labels].concat()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn parsed(content: Content, bytes: &[u8]) -> Result<Vec<u8>, IdxError> {
        parse(content, Path::new("some file"), bytes)
    }

    /// The words of the error that `bytes` give.
    fn error(content: Content, bytes: &[u8]) -> String {
        parsed(content, bytes).unwrap_err().to_string()
    }

    /// A file with one byte changed.
    fn with(mut bytes: Vec<u8>, offset: usize, byte: u8) -> Vec<u8> {
        bytes[offset] = byte;
        bytes
    }

    #[test]
    fn plain_and_compressed_files_are_read_alike() {
        for bytes in [images(3), gzip(&images(3))] {
            assert_eq!(parsed(Content::Images, &bytes).unwrap(), images(3)[16..]);
        }
        for bytes in [labels(&[0, 9]), gzip(&labels(&[0, 9])), [gzip(&labels(&[0, 9])), gzip(&[])].concat()] {
            assert_eq!(parsed(Content::Labels, &bytes).unwrap(), [0, 9]);
        }
    }

    #[test]
    fn errors_name_file_offset_and_expectation() {
        let cases = [
            (
                Content::Images,
                labels(&[1, 2]),
                "some file: byte 0: expected magic number 2051 (images), found 2049 (0x00000801); \
                 is it the right file?",
            ),
            (
                Content::Labels,
                b"<!DOCTYPE html>".to_vec(),
                "some file: byte 0: expected magic number 2049 (labels), found 1008813135 (0x3c21444f); \
                 is it the right file?",
            ),
            (
                Content::Labels,
                Content::Labels.header(1_000_001),
                "some file: byte 4: expected at most 1,000,000 labels, found a count of 1,000,001; \
                 the header is damaged or the set too large",
            ),
            (
                Content::Images,
                with(images(1), 11, 32),
                "some file: byte 8: expected 28 rows, found 32; only images of 28x28 pixels can be used",
            ),
            (
                Content::Images,
                with(images(1), 12, 1),
                "some file: byte 12: expected 28 columns, found 16777244; \
                 only images of 28x28 pixels can be used",
            ),
            (
                Content::Labels,
                Vec::new(),
                "some file: ends at byte 0, expected 8 bytes; copy or fetch it again",
            ),
            (
                Content::Images,
                images(2)[..1000].to_vec(),
                "some file: ends at byte 1000, expected 1584 bytes; copy or fetch it again",
            ),
            (
                Content::Images,
                [images(1), vec![0]].concat(),
                "some file: byte 800: expected the end after 1 images, found more",
            ),
            (
                Content::Labels,
                labels(&[0, 9, 10]),
                "some file: byte 10: expected a label from 0 to 9, found 10 (label number 2); \
                 only sets of ten classes can be used",
            ),
        ];
        for (content, bytes, text) in cases {
            assert_eq!(error(content, &bytes), text);
            if !bytes.is_empty() {
                assert_eq!(error(content, &gzip(&bytes)), text);
            }
        }
    }

    #[test]
    fn damaged_gzip_is_told_from_a_short_one() {
        let whole = gzip(&labels(&[1; 100]));
        let cut = parsed(Content::Labels, &whole[..whole.len() - 1]);
        assert!(matches!(cut, Err(IdxError::GzipTruncated { offset: 108, .. })), "{cut:?}");

        let checksum = whole.len() - 8;
        let damaged = parsed(Content::Labels, &with(whole.clone(), checksum, !whole[checksum]));
        assert!(matches!(damaged, Err(IdxError::GzipDamaged { .. })), "{damaged:?}");

        let tail = parsed(Content::Labels, &[&whole[..], b"tail of something else"].concat());
        assert!(matches!(tail, Err(IdxError::GzipDamaged { .. })), "{tail:?}");
    }

    #[test]
    fn a_failing_disk_is_not_called_damage() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::from_raw_os_error(5))
            }
        }
        let whole = gzip(&labels(&[1; 100]));
        for length in [0, 1, 2, 20] {
            let result = parse(Content::Labels, Path::new("f"), whole[..length].chain(Failing));
            assert!(matches!(result, Err(IdxError::Io { .. })), "{length}: {result:?}");
        }
    }

    #[test]
    fn names_cannot_steer_the_terminal() {
        let text = parse(Content::Labels, Path::new("a\u{1b}[2Jb"), &[][..]).unwrap_err().to_string();
        assert!(text.starts_with("a\u{fffd}[2Jb: "), "{text}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Content::Labels, Path::new("no/such/file")).unwrap_err();
        assert!(error.to_string().starts_with("no/such/file: cannot be read: "), "{error}");
    }
}
