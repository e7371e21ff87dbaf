//! NPZ, NumPy's archive: a ZIP file with an array in each of its `.npy` files.
//!
//! Images are unsigned bytes of shape `[n, 28, 28]`, `[n, 28, 28, 1]` or `[n, 784]`; labels are whole numbers of shape
//! `[n]` or `[n, 1]`. The format of an array: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! Headers are not trusted: no more is read than the shape announces, and the number of items is limited.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zip::ZipArchive;
use zip::result::ZipError;

use super::idx::{Content, MAX_ITEMS};
use super::image::{CLASSES, PIXELS, SIDE};
use crate::strings::{printable, printable_path};

/// The names of the arrays in an archive of a whole set: training images and labels, test images and labels. First those
/// of MedMNIST, then those of Keras.
const ARRAYS: [[&str; 2]; 4] = [
    ["train_images", "x_train"],
    ["train_labels", "y_train"],
    ["test_images", "x_test"],
    ["test_labels", "y_test"],
];

/// The largest header that is read: NumPy writes 118 bytes for arrays of this kind.
const MAX_HEADER: usize = 4096;

/// Why an archive cannot be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum NpzError {
    /// The file could not be opened.
    #[error("cannot read {}: {source}", printable_path(.file))]
    Io { file: PathBuf, source: io::Error },
    /// It is not a ZIP archive, or a damaged one.
    #[error("{}: not a NumPy archive, or a damaged one; download or copy it again", printable_path(.file))]
    Archive {
        file: PathBuf,
        /// The error in the archive.
        source: ZipError,
    },
    /// An array is missing.
    #[error("{}: no array {expected} (found {found}); save the data under that name", printable_path(.file))]
    NoArray {
        file: PathBuf,
        expected: String,
        /// The arrays in the file.
        found: String,
    },
    /// An array cannot be used.
    #[error("{}: array {}: {source}", printable_path(.file), printable(.array))]
    Array {
        file: PathBuf,
        /// The name of the array.
        array: String,
        /// What is wrong with it.
        source: ArrayError,
    },
}

/// Why an array cannot be used.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum ArrayError {
    /// The array could not be read or decompressed.
    #[error("cannot read the values: {0}; download or copy the file again")]
    Io(#[from] io::Error),
    /// It has no valid header.
    #[error("not a NumPy array; download or copy the file again")]
    NoHeader,
    /// Its values have another type.
    #[error("values of type {found}; only {expected} are supported")]
    Type {
        /// The type of its values.
        found: String,
        expected: &'static str,
    },
    /// It has another shape.
    #[error("shape {found}; only {expected} are supported")]
    Shape { found: String, expected: String },
    /// A label is not one of the ten classes.
    #[error(
        "label {index} is {found}; only data sets with {CLASSES} classes, labelled 0 to 9, are supported"
    )]
    Label {
        /// Index of the label, from 0.
        index: usize,
        found: i128,
    },
}

/// Reads an archive of a whole set: training images and labels, test images and labels.
pub(super) fn read_set(file: &Path) -> Result<[Vec<u8>; 4], NpzError> {
    let mut archive = Archive::open(file)?;
    let mut read = |index: usize| {
        let content = if index.is_multiple_of(2) { Content::Images } else { Content::Labels };
        archive.read(content, &ARRAYS[index])
    };
    Ok([read(0)?, read(1)?, read(2)?, read(3)?])
}

/// Reads an archive with a single array.
pub(super) fn read_part(content: Content, file: &Path) -> Result<Vec<u8>, NpzError> {
    Archive::open(file)?.read(content, &["arr_0"])
}

struct Archive<'a> {
    file: &'a Path,
    zip: ZipArchive<BufReader<File>>,
}

impl<'a> Archive<'a> {
    fn open(file: &'a Path) -> Result<Self, NpzError> {
        let input = File::open(file).map_err(|source| NpzError::Io { file: file.into(), source })?;
        let zip = ZipArchive::new(BufReader::new(input))
            .map_err(|source| NpzError::Archive { file: file.into(), source })?;
        Ok(Self { file, zip })
    }

    /// Reads the array with one of these names.
    fn read(&mut self, content: Content, names: &[&str]) -> Result<Vec<u8>, NpzError> {
        let has = |name: &&&str| self.zip.index_for_name(&format!("{name}.npy")).is_some();
        let Some(name) = names.iter().find(has) else {
            let found = self.zip.file_names().filter_map(Result::ok);
            let found: Vec<_> = found.map(|name| printable(name.trim_end_matches(".npy"))).collect();
            return Err(NpzError::NoArray {
                file: self.file.into(),
                expected: names.join(" or "),
                found: if found.is_empty() { "none".to_owned() } else { found.join(", ") },
            });
        };
        let array = self
            .zip
            .by_name(&format!("{name}.npy"))
            .map_err(|source| NpzError::Archive { file: self.file.into(), source })?;
        read_array(content, array).map_err(|source| NpzError::Array {
            file: self.file.into(),
            array: (*name).to_owned(),
            source,
        })
    }
}

/// Reads the items of an array: pixels, or labels as bytes.
fn read_array(content: Content, mut input: impl Read) -> Result<Vec<u8>, ArrayError> {
    let Header { kind, is_column_major, shape } = Header::read(&mut input)?;
    let (items, fits) = match (content, &shape[..]) {
        (Content::Images, &[items, rows, columns] | &[items, rows, columns, 1]) => {
            (items, [rows, columns] == [SIDE as u64; 2])
        }
        (Content::Images, &[items, pixels]) => (items, pixels == PIXELS as u64),
        (Content::Labels, &[items] | &[items, 1]) => (items, true),
        _ => (0, false),
    };
    let is_transposed = content == Content::Images && is_column_major;
    if is_transposed || !fits || items > u64::from(MAX_ITEMS) {
        return Err(ArrayError::Shape {
            found: shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x")
                + if is_transposed { " in column-major order" } else { "" },
            expected: match content {
                Content::Images => format!("up to {MAX_ITEMS} greyscale images of {SIDE}x{SIDE} pixels"),
                Content::Labels => format!("up to {MAX_ITEMS} labels, one per image,"),
            },
        });
    }
    let whole = kind.size.filter(|size| content == Content::Labels || (*size == 1 && !kind.signed));
    let Some(size) = whole else {
        let expected = match content {
            Content::Images => "unsigned bytes (uint8)",
            Content::Labels => "whole numbers",
        };
        return Err(ArrayError::Type { found: kind.name, expected });
    };
    let len = items * content.item_len() as u64 * size as u64;
    let mut bytes = Vec::new();
    input.take(len).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < len {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    if content == Content::Images {
        return Ok(bytes);
    }
    let label = |(index, bytes)| {
        let found = kind.number(bytes);
        match u8::try_from(found) {
            Ok(label) if usize::from(label) < CLASSES => Ok(label),
            _ => Err(ArrayError::Label { index, found }),
        }
    };
    bytes.chunks_exact(size).enumerate().map(label).collect()
}

/// The header of an array.
struct Header {
    kind: Kind,
    is_column_major: bool,
    shape: Vec<u64>,
}

impl Header {
    /// Reads the header: `{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }`.
    fn read(input: &mut impl Read) -> Result<Self, ArrayError> {
        let mut start = [0; 8];
        input.read_exact(&mut start)?;
        let len = match start {
            [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _] => {
                let mut len = [0; 2];
                input.read_exact(&mut len)?;
                usize::from(u16::from_le_bytes(len))
            }
            [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _] => {
                let mut len = [0; 4];
                input.read_exact(&mut len)?;
                u32::from_le_bytes(len) as usize
            }
            _ => return Err(ArrayError::NoHeader),
        };
        if len > MAX_HEADER {
            return Err(ArrayError::NoHeader);
        }
        let mut text = vec![0; len];
        input.read_exact(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let value = |key: &str| {
            let (_, rest) = text.split_once(&format!("'{key}':"))?;
            Some(rest.trim_start())
        };
        let parsed = || {
            let kind = value("descr")?;
            let kind =
                kind.strip_prefix('\'').and_then(|kind| kind.split_once('\'')).map_or(kind, |(kind, _)| kind);
            let (shape, _) = value("shape")?.strip_prefix('(')?.split_once(')')?;
            let shape = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
            let shape = shape.map(|size| size.parse().ok()).collect::<Option<Vec<u64>>>()?;
            let is_column_major = value("fortran_order")?.starts_with("True");
            Some(Self { kind: Kind::of(kind), is_column_major, shape })
        };
        parsed().ok_or(ArrayError::NoHeader)
    }
}

/// The type of an array's values.
struct Kind {
    /// NumPy's name, such as `float32`.
    name: String,
    /// Bytes per number; `None` if they are not whole numbers.
    size: Option<usize>,
    signed: bool,
    big_endian: bool,
}

impl Kind {
    /// Parses a type such as `<i8`: byte order, letter and bytes.
    fn of(text: &str) -> Self {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let bytes: Option<usize> = digits.parse().ok();
        let letter = text[..text.len() - digits.len()].chars().next_back();
        let whole = bytes.filter(|bytes| matches!(bytes, 1 | 2 | 4 | 8) && matches!(letter, Some('u' | 'i')));
        let name = match (letter, bytes) {
            (Some('u'), Some(bytes @ 1..=8)) => format!("uint{}", 8 * bytes),
            (Some('i'), Some(bytes @ 1..=8)) => format!("int{}", 8 * bytes),
            (Some('f'), Some(bytes @ 1..=16)) => format!("float{}", 8 * bytes),
            (Some('b'), Some(1)) => "bool".to_owned(),
            _ => printable(&text.chars().take(20).collect::<String>()),
        };
        Self { name, size: whole, signed: letter == Some('i'), big_endian: text.starts_with('>') }
    }

    /// The number with these bytes, at most eight.
    fn number(&self, bytes: &[u8]) -> i128 {
        let add = |sum: i128, byte: &u8| sum << 8 | i128::from(*byte);
        let number =
            if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) };
        let sign = 1 << (8 * bytes.len() - 1);
        if self.signed && number >= sign { number - 2 * sign } else { number }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn array(kind: &str, shape: &str, values: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let len = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), values].concat()
    }

    fn archive(dir: &Path, arrays: &[(&str, Vec<u8>)]) -> PathBuf {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in arrays {
            zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let path = dir.join("set.npz");
        std::fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
        path
    }

    #[test]
    fn sets_of_medmnist_and_keras_are_read() {
        let root = tempfile::tempdir().unwrap();
        let images = || array("|u1", "2, 28, 28", &[[1; PIXELS], [2; PIXELS]].concat());
        for names in [0, 1] {
            let name = |index: usize| ARRAYS[index][names];
            let labels = array("<i8", "2, 1", &[[3, 0, 0, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0, 0]].concat());
            let test = array("|u1", "1, 784", &[7; PIXELS]);
            let path = archive(
                root.path(),
                &[
                    (name(0), images()),
                    (name(1), labels),
                    (name(2), test),
                    (name(3), array(">u2", "1,", &[0, 4])),
                    ("val_images", images()),
                ],
            );
            let [train, train_labels, test, test_labels] = read_set(&path).unwrap();
            assert_eq!(train, [[1; PIXELS], [2; PIXELS]].concat());
            assert_eq!((train_labels, test, test_labels), (vec![3, 9], vec![7; PIXELS], vec![4]));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let root = tempfile::tempdir().unwrap();
        let message = |content, bytes| {
            let path = archive(root.path(), &[("arr_0", bytes)]);
            read_part(content, &path).unwrap_err().to_string()
        };
        for (content, bytes, want) in [
            (
                Content::Images,
                array("<f4", "1, 28, 28", &[]),
                "values of type float32; only unsigned bytes (uint8) are",
            ),
            (
                Content::Images,
                array("|u1", "1, 28, 28, 3", &[]),
                "shape 1x28x28x3; only up to 1000000 greyscale",
            ),
            (
                Content::Images,
                array("|u1", "1, 28, 28", &[0; 5]),
                "cannot read the values: unexpected end of file",
            ),
            (Content::Labels, array("<i4", "1", &[255; 4]), "label 0 is -1; only data sets with 10 classes"),
            (Content::Labels, array("|u1", "2", &[0, 10]), "label 1 is 10; only"),
            (Content::Labels, array("<U5", "2", &[]), "values of type <U5; only whole numbers are"),
            (
                Content::Labels,
                array("|u1", "99999999999", &[]),
                "shape 99999999999; only up to 1000000 labels",
            ),
            (Content::Labels, b"nonsense".to_vec(), "not a NumPy array"),
        ] {
            let message = message(content, bytes);
            assert!(message.contains("set.npz: array arr_0: ") && message.contains(want), "{message}");
        }
        let path = archive(root.path(), &[("images", Vec::new())]);
        let error = read_set(&path).unwrap_err().to_string();
        assert!(error.contains("no array train_images or x_train (found images); "), "{error}");
        std::fs::write(&path, "text").unwrap();
        assert!(matches!(read_set(&path), Err(NpzError::Archive { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..200), header in any::<bool>()) {
            let start: &[u8] = if header { b"\x93NUMPY\x01\x00\x40\x00" } else { b"" };
            let bytes = [start, &bytes].concat();
            let _ = read_array(Content::Labels, &bytes[..]);
            let _ = read_array(Content::Images, &bytes[..]);
        }

        #[test]
        fn numbers_of_every_width_are_read(number in -128_i64..128, big in any::<bool>()) {
            for size in [1_usize, 2, 4, 8] {
                let kind = Kind::of(&format!("{}i{size}", if big { '>' } else { '<' }));
                let bytes = if big { number.to_be_bytes()[8 - size..].to_vec() } else { number.to_le_bytes()[..size].to_vec() };
                prop_assert_eq!(kind.number(&bytes), i128::from(number));
            }
        }
    }
}
