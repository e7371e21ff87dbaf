//! Kaggle's CSV files of images: one per line, its label and then its 784 pixels from 0 to 255.
//!
//! The first line may name the columns: `label,pixel1,...,pixel784`.

use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};
use thiserror::Error;

use super::idx::MAX_ITEMS;
use super::image::{CLASSES, PIXELS};
use crate::strings::{printable, printable_path};

/// Why a CSV file cannot be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum CsvError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", printable_path(.file))]
    Csv {
        file: PathBuf,
        /// The error, with the line.
        source: csv::Error,
    },
    /// The images have no labels.
    #[error(
        "{}: no labels (Kaggle withholds them in competitions); use a set whose test file has labels",
        printable_path(.file)
    )]
    NoLabels { file: PathBuf },
    /// A line has another number of columns.
    #[error(
        "{}: line {line}: expected {} columns (a label and {PIXELS} pixels), found {found}",
        printable_path(.file), PIXELS + 1
    )]
    Columns {
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        found: usize,
    },
    /// A value is not a whole number in its range.
    #[error("{}: line {line}: expected {expected}, found {}", printable_path(.file), printable(.found))]
    Value {
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What the value should be.
        expected: String,
        found: String,
    },
    /// There are more images than [`MAX_ITEMS`].
    #[error("{}: more than {MAX_ITEMS} images; only sets of up to {MAX_ITEMS} are supported", printable_path(.file))]
    TooMany { file: PathBuf },
}

/// Reads pixels and labels.
pub(super) fn read(file: &Path) -> Result<(Vec<u8>, Vec<u8>), CsvError> {
    let failed = |source| CsvError::Csv { file: file.into(), source };
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).from_path(file).map_err(failed)?;
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let line = record.position().map_or(1, csv::Position::line);
        if record.len() == PIXELS {
            return Err(CsvError::NoLabels { file: file.into() });
        }
        if record.len() != PIXELS + 1 {
            return Err(CsvError::Columns { file: file.into(), line, found: record.len() });
        }
        let is_heading = line == 1 && record.iter().any(|value| value.iter().any(u8::is_ascii_alphabetic));
        if is_heading {
            continue;
        }
        if labels.len() == MAX_ITEMS as usize {
            return Err(CsvError::TooMany { file: file.into() });
        }
        let wrong = |expected: String, found: &[u8]| CsvError::Value {
            file: file.into(),
            line,
            expected,
            found: String::from_utf8_lossy(&found[..found.len().min(20)]).into_owned(),
        };
        for (column, value) in record.iter().enumerate() {
            let number = byte(value);
            match (column, number) {
                (0, Some(label)) if usize::from(label) < CLASSES => labels.push(label),
                (0, _) => {
                    let expected = format!("a label from 0 to 9 (only {CLASSES} classes are supported)");
                    return Err(wrong(expected, value));
                }
                (_, Some(pixel)) => images.push(pixel),
                (_, None) => return Err(wrong("a pixel from 0 to 255".to_owned(), value)),
            }
        }
    }
    Ok((images, labels))
}

/// A whole number from 0 to 255.
fn byte(text: &[u8]) -> Option<u8> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn line(label: &str, pixel: &str) -> String {
        format!("{label}{}\n", format!(",{pixel}").repeat(PIXELS))
    }

    fn read_text(text: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("train.csv");
        fs::write(&file, text).unwrap();
        read(&file).map_err(|error| error.to_string().split_once("train.csv: ").unwrap().1.to_owned())
    }

    #[test]
    fn images_and_labels_are_read_with_and_without_headings() {
        let lines = [line("3", "255"), line("9", " 1")].concat();
        let expected = Ok(([[255; PIXELS], [1; PIXELS]].concat(), vec![3, 9]));
        assert_eq!(read_text(&lines), expected);
        assert_eq!(read_text(&format!("{}{lines}", line("label", "pixel"))), expected);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, want) in [
            (
                line("0", "0") + &line("10", "0"),
                "line 2: expected a label from 0 to 9 (only 10 classes are supported), found 10",
            ),
            (line("0", "0") + &line("1", "256"), "line 2: expected a pixel from 0 to 255, found 256"),
            (line("0", "0") + "1,2\n", "line 2: expected 785 columns (a label and 784 pixels), found 2"),
            (line("0", "0")[2..].to_owned(), "no labels (Kaggle withholds them in competitions)"),
            ("name,age\n".to_owned(), "line 1: expected 785 columns (a label and 784 pixels), found 2"),
        ] {
            let error = read_text(&text).unwrap_err();
            assert!(error.starts_with(want), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_rejected(text in "(?s).{0,200}") {
            let _ = read_text(&text);
        }
    }
}
