//! IDX, the file format of MNIST and its successors, plain or gzip-compressed.
//!
//! A file starts with big-endian 32-bit numbers: a magic number, the number of items and, for images, rows and columns.
//! One unsigned byte per pixel or label follows. Two kinds are read: 28x28 images (magic 2051) and labels (magic 2049).
//!
//! The header is not trusted. Memory grows with the bytes that are read, at most one byte more is read than the header
//! announces, and the number of items is limited. So neither a false count nor a gzip bomb can exhaust memory.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

use super::image::{CLASSES, PIXELS, SIDE};
use crate::strings::{group_thousands, printable_path};

/// The largest number of images or labels that is read: well above any set of this kind, and 784 MB of images.
pub const MAX_ITEMS: u32 = 1_000_000;

/// Rows and columns as header fields.
#[expect(clippy::cast_possible_truncation, reason = "28 fits")]
const SIDE_FIELD: u32 = SIDE as u32;

/// The first two bytes of every gzip file. An IDX file starts with two zero bytes.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The kind of items in an IDX file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Greyscale images of 28x28 pixels, 784 bytes each, row by row.
    Images,
    /// Labels from 0 to 9, one byte each.
    Labels,
}

impl Content {
    /// The magic number at the start of the file: 2051 for images, 2049 for labels.
    pub const fn magic(self) -> u32 {
        match self {
            Self::Images => 2051,
            Self::Labels => 2049,
        }
    }

    /// Bytes per item: 784 for images, 1 for labels.
    pub const fn item_len(self) -> usize {
        match self {
            Self::Images => PIXELS,
            Self::Labels => 1,
        }
    }

    /// The header of a file with `count` items, 16 bytes for images and 8 for labels.
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

/// Why a file cannot be read as IDX.
///
/// Offsets are in bytes from the start of the decompressed content.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum IdxError {
    /// The file could not be opened or read.
    #[error("cannot read {}: {source}", printable_path(.file))]
    Io { file: PathBuf, source: io::Error },
    /// The magic number does not match: not an IDX file, or one with other content.
    #[error(
        "{}: byte 0: expected magic number {} ({expected}), found {found} ({found:#010x}), {}",
        printable_path(.file), .expected.magic(), describe_magic(*.found)
    )]
    WrongMagic {
        file: PathBuf,
        /// The content that was requested.
        expected: Content,
        /// The magic number in the file.
        found: u32,
    },
    /// The header announces more items than [`MAX_ITEMS`].
    #[error(
        "{}: byte 4: expected at most {} {content}, found {}; the header is damaged or the set is too large",
        printable_path(.file), thousands(MAX_ITEMS), thousands(*.found)
    )]
    TooMany {
        file: PathBuf,
        /// The content that was requested.
        content: Content,
        /// The number of items in the header.
        found: u32,
    },
    /// The images are not 28x28.
    #[error(
        "{}: byte {offset}: expected {SIDE} {axis}, found {found}; only images of {SIDE}x{SIDE} pixels are supported",
        printable_path(.file)
    )]
    WrongSide {
        file: PathBuf,
        /// Offset of the header field.
        offset: u64,
        /// `rows` or `columns`.
        axis: &'static str,
        /// The value of the header field.
        found: u32,
    },
    /// The content ends inside the header or before the announced number of items.
    #[error("{}: ends at byte {found}, expected {expected} bytes; download or copy it again", printable_path(.file))]
    Truncated {
        file: PathBuf,
        /// Bytes that the header announces, itself included.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// The compressed file ends inside its gzip stream.
    #[error("{}: the gzip stream ends early, after {offset} decompressed bytes; download or copy it again", printable_path(.file))]
    GzipTruncated {
        file: PathBuf,
        /// Bytes that were decompressed before.
        offset: u64,
    },
    /// The compressed file is not valid gzip, or fails gzip's own checksum.
    #[error(
        "{}: the gzip stream is damaged after {offset} decompressed bytes ({reason}); download or copy it again",
        printable_path(.file)
    )]
    GzipDamaged {
        file: PathBuf,
        /// Bytes that were decompressed before.
        offset: u64,
        reason: io::Error,
    },
    /// More data follows after the announced number of items.
    #[error(
        "{}: byte {offset}: expected the end of the file after {} {content}, found more data; download or copy it again",
        printable_path(.file), thousands(*.count)
    )]
    Trailing {
        file: PathBuf,
        /// Offset of the first extra byte.
        offset: u64,
        /// The content that was requested.
        content: Content,
        /// The number of items in the header.
        count: u32,
    },
    /// A label is not one of the ten classes.
    #[error(
        "{}: byte {offset}: expected a label from 0 to 9, found {found} (label {index}); \
         only data sets with {CLASSES} classes are supported",
        printable_path(.file)
    )]
    LabelOutOfRange {
        file: PathBuf,
        /// Offset of the label.
        offset: u64,
        /// Index of the label, from 0.
        index: usize,
        found: u8,
    },
}

/// What a magic number says: two zero bytes, the type of the values, and the number of dimensions. Source of the types:
/// <http://yann.lecun.com/exdb/mnist/>.
fn describe_magic(magic: u32) -> String {
    let none = || "which is not an IDX file".to_owned();
    let [0, 0, code, dimensions] = magic.to_be_bytes() else { return none() };
    let kind = match code {
        0x08 => "unsigned bytes",
        0x09 => "signed bytes",
        0x0b => "int16",
        0x0c => "int32",
        0x0d => "float32",
        0x0e => "float64",
        _ => return none(),
    };
    match magic {
        2051 | 2049 => format!("{kind} in {dimensions} dimensions; is it the right file?"),
        _ => format!(
            "{kind} in {dimensions} dimensions; only unsigned bytes are supported, images in 3 and labels in 1"
        ),
    }
}

/// A number with thousands separators.
fn thousands(number: u32) -> String {
    group_thousands(&number.to_string())
}

/// Reads the items of a file: all pixels or all labels, without the header.
pub fn read(content: Content, file: &Path) -> Result<Vec<u8>, IdxError> {
    let input = File::open(file).map_err(|source| IdxError::Io { file: file.into(), source })?;
    parse(content, file, input)
}

/// Reads the items from `input`; `file` is its name in errors.
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

/// The content of a file, decompressed if it is gzip, read sequentially.
struct Input<'a> {
    file: &'a Path,
    reader: Box<dyn Read + 'a>,
    gzip: bool,
    /// Decompressed bytes read so far.
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

    /// Reads the next `limit` bytes; fewer only at the end of the file.
    fn take(&mut self, limit: u64) -> Result<Vec<u8>, IdxError> {
        let mut bytes = Vec::new();
        let result = (&mut self.reader).take(limit).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        result.map_err(|error| self.failure(error))?;
        Ok(bytes)
    }

    /// Distinguishes an I/O error from a damaged gzip stream: only operating system errors have a code.
    fn failure(&self, error: io::Error) -> IdxError {
        let file = self.file.into();
        match error.kind() {
            _ if !self.gzip || error.raw_os_error().is_some() => IdxError::Io { file, source: error },
            io::ErrorKind::UnexpectedEof => IdxError::GzipTruncated { file, offset: self.offset },
            _ => IdxError::GzipDamaged { file, offset: self.offset, reason: error },
        }
    }

    /// Reads and checks the header; returns the number of items.
    fn header(&mut self, content: Content) -> Result<u32, IdxError> {
        let file = self.file.to_path_buf();
        let bytes = self.take(content.header_len() as u64)?;
        let (fields, _) = bytes.as_chunks();
        let mut fields = fields.iter().map(|&field| u32::from_be_bytes(field));

        // Checked before the length: for a wrong file that is also too short, the wrong magic number is the cause.
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

    /// Reads `count` items and checks that nothing follows.
    fn items(&mut self, content: Content, count: u32) -> Result<Vec<u8>, IdxError> {
        let announced = u64::from(count) * content.item_len() as u64;
        let end = self.offset + announced;
        // Asking for one byte more also makes the decompressor verify the checksum at the end of its stream.
        let mut items = self.take(announced + 1)?;
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

    /// The message of the error that `bytes` cause.
    fn error(content: Content, bytes: &[u8]) -> String {
        parsed(content, bytes).unwrap_err().to_string()
    }

    /// A file with one byte changed.
    fn with(mut bytes: Vec<u8>, offset: usize, byte: u8) -> Vec<u8> {
        bytes[offset] = byte;
        bytes
    }

    #[test]
    fn reads_plain_and_compressed_files() {
        for bytes in [images(3), gzip(&images(3))] {
            assert_eq!(parsed(Content::Images, &bytes).unwrap(), images(3)[16..]);
        }
        for bytes in [labels(&[0, 9]), gzip(&labels(&[0, 9])), [gzip(&labels(&[0, 9])), gzip(&[])].concat()] {
            assert_eq!(parsed(Content::Labels, &bytes).unwrap(), [0, 9]);
        }
    }

    #[test]
    fn errors_name_file_offset_and_expected_value() {
        let cases = [
            (
                Content::Images,
                labels(&[1, 2]),
                "some file: byte 0: expected magic number 2051 (images), found 2049 (0x00000801), \
                 unsigned bytes in 1 dimensions; is it the right file?",
            ),
            (
                Content::Images,
                with(images(1), 2, 0x0d),
                "some file: byte 0: expected magic number 2051 (images), found 3331 (0x00000d03), \
                 float32 in 3 dimensions; only unsigned bytes are supported, images in 3 and labels in 1",
            ),
            (
                Content::Labels,
                b"<!DOCTYPE html>".to_vec(),
                "some file: byte 0: expected magic number 2049 (labels), found 1008813135 (0x3c21444f), \
                 which is not an IDX file",
            ),
            (
                Content::Labels,
                Content::Labels.header(1_000_001),
                "some file: byte 4: expected at most 1,000,000 labels, found 1,000,001; \
                 the header is damaged or the set is too large",
            ),
            (
                Content::Images,
                with(images(1), 11, 32),
                "some file: byte 8: expected 28 rows, found 32; only images of 28x28 pixels are supported",
            ),
            (
                Content::Images,
                with(images(1), 12, 1),
                "some file: byte 12: expected 28 columns, found 16777244; \
                 only images of 28x28 pixels are supported",
            ),
            (
                Content::Labels,
                Vec::new(),
                "some file: ends at byte 0, expected 8 bytes; download or copy it again",
            ),
            (
                Content::Images,
                images(2)[..1000].to_vec(),
                "some file: ends at byte 1000, expected 1584 bytes; download or copy it again",
            ),
            (
                Content::Images,
                [images(1), vec![0]].concat(),
                "some file: byte 800: expected the end of the file after 1 images, found more data; \
                 download or copy it again",
            ),
            (
                Content::Labels,
                labels(&[0, 9, 10]),
                "some file: byte 10: expected a label from 0 to 9, found 10 (label 2); \
                 only data sets with 10 classes are supported",
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
    fn truncated_and_damaged_gzip_are_different_errors() {
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
    fn io_errors_are_not_reported_as_gzip_damage() {
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
    fn control_characters_in_file_names_are_replaced() {
        let text = parse(Content::Labels, Path::new("a\u{1b}[2Jb"), &[][..]).unwrap_err().to_string();
        assert!(text.starts_with("a\u{fffd}[2Jb: "), "{text}");
    }

    #[test]
    fn missing_file_is_named() {
        let error = read(Content::Labels, Path::new("no/such/file")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read no/such/file: "), "{error}");
    }
}
