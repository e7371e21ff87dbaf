//! Data sets: a training and a test split with their origin.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{self, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::csv_file;
use super::error::DataError;
use super::files::{Files, Format};
use super::idx::{self, Content};
use super::image::CLASSES;
use super::npz;
use super::split::{Split, SplitError};
use crate::strings::{group_thousands, hex, printable, printable_path};

const FASHION_MNIST: &str = "fashion-mnist";

/// A text file beside the data with a class name per line, in the order of the labels.
const CLASSES_FILE: &str = "classes.txt";
/// The longest [`CLASSES_FILE`] that is read, in bytes.
const MAX_CLASSES_FILE: u64 = 4096;

/// Class names of Fashion-MNIST, by label.
const FASHION: [&str; CLASSES] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Class names of any other data set.
const DIGITS: [&str; CLASSES] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// [`Dataset::checksum`] of the full Fashion-MNIST and of the built-in subset.
const FASHION_CHECKSUMS: [&str; 2] = [
    "14410854cf7a289477dcfc7df3f8ec24741e281cdcc425ede0d9a748ca630214",
    "85f8f7ec81f8f85fee3e30a67dbbc5892ad6397e06c5f077b4dfe494a2ae8d2d",
];

/// The built-in files with their names for error messages, in the order of the checksum.
const BUILT_IN: [(&str, &[u8]); 4] = [
    ("built-in train-images-idx3-ubyte.gz", include_bytes!("builtin/train-images-idx3-ubyte.gz")),
    ("built-in train-labels-idx1-ubyte.gz", include_bytes!("builtin/train-labels-idx1-ubyte.gz")),
    ("built-in t10k-images-idx3-ubyte.gz", include_bytes!("builtin/t10k-images-idx3-ubyte.gz")),
    ("built-in t10k-labels-idx1-ubyte.gz", include_bytes!("builtin/t10k-labels-idx1-ubyte.gz")),
];

/// Where to read a data set from.
///
/// As a command-line argument, `built-in` is the built-in subset and anything else a path; use `./built-in` for a
/// directory of that name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The subset of Fashion-MNIST that is compiled into the program.
    BuiltIn,
    /// A directory with the files of a data set, or one of these files.
    Path(PathBuf),
}

impl From<OsString> for Source {
    fn from(text: OsString) -> Self {
        if text == "built-in" { Self::BuiltIn } else { Self::Path(text.into()) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Path(path) => f.write_str(&printable_path(path)),
        }
    }
}

/// A training and a test split with their origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// `fashion-mnist` for the full set and its built-in subset; otherwise what its file names begin with, or the
    /// directory's name.
    pub name: String,
    /// Where it was read from.
    pub source: Source,
    /// The training images.
    pub train: Split,
    /// The test images.
    pub test: Split,
    /// SHA-256 in hexadecimal over the four uncompressed IDX files: training images, training labels, test images, test
    /// labels. Equals `zcat train-images* train-labels* t10k-images* t10k-labels* | sha256sum`.
    pub checksum: String,
    /// Class names by label: those in `classes.txt` beside the data, or of Fashion-MNIST if the checksum is one of its
    /// own, otherwise digits.
    pub classes: [String; CLASSES],
}

impl Dataset {
    /// Combines two splits. `name` is replaced if the checksum is that of a known data set.
    pub fn new(name: &str, source: Source, train: Split, test: Split) -> Self {
        let checksum = checksum(&train, &test);
        let known = FASHION_CHECKSUMS.contains(&checksum.as_str());
        let name = if known { FASHION_MNIST.to_owned() } else { printable(name) };
        let classes = if known { FASHION } else { DIGITS }.map(str::to_owned);
        Self { name, source, train, test, checksum, classes }
    }

    /// Reads the data set at `path`: a directory, or one of its files.
    ///
    /// These are read, in the directory, in a directory below it, or in `raw` below either:
    ///
    /// - four IDX files, named like `train-images-idx3-ubyte`, each with or without `.gz`;
    /// - a NumPy archive (`.npz`) with the arrays of MedMNIST or Keras, or four with one array each, as KMNIST has them;
    /// - Kaggle's `train.csv` and `test.csv`.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let files = Files::find(path)?;
        let file = |index: usize| files.paths[index].as_path();
        let (train, test) = match files.format {
            Format::Idx => {
                let read = |images: usize| pair_files(idx::read, file(images), file(images + 1));
                (read(0)?, read(2)?)
            }
            Format::NpzParts => {
                let read = |images: usize| pair_files(npz::read_part, file(images), file(images + 1));
                (read(0)?, read(2)?)
            }
            Format::Npz => {
                let [train_images, train_labels, test_images, test_labels] = npz::read_set(file(0))?;
                let pair = |content| pair(content, (file(0), file(0)));
                (pair((train_images, train_labels))?, pair((test_images, test_labels))?)
            }
            Format::Csv => {
                let read = |index: usize| pair(csv_file::read(file(index))?, (file(index), file(index)));
                (read(0)?, read(1)?)
            }
        };
        let absolute = path::absolute(path).unwrap_or_else(|_| path.into());
        let set = Self::new(&files.name, Source::Path(absolute), train, test);
        Ok(match read_classes(&files.dir.join(CLASSES_FILE))? {
            Some(classes) => Self { classes, ..set },
            None => set,
        })
    }

    /// The built-in subset: the first 6,000 training and 1,000 test images of Fashion-MNIST.
    pub fn built_in() -> Result<Self, DataError> {
        let split = |[images, labels]: [(&str, &[u8]); 2]| {
            let (images, labels) = ((Path::new(images.0), images.1), (Path::new(labels.0), labels.1));
            let content = (
                idx::parse(Content::Images, images.0, images.1)?,
                idx::parse(Content::Labels, labels.0, labels.1)?,
            );
            pair(content, (images.0, labels.0))
        };
        let [train_images, train_labels, test_images, test_labels] = BUILT_IN;
        let (train, test) = (split([train_images, train_labels])?, split([test_images, test_labels])?);
        Ok(Self::new(FASHION_MNIST, Source::BuiltIn, train, test))
    }

    /// Name and number of training images: `fashion-mnist 60,000`, or `fashion-mnist 6,000 (built in)`.
    pub fn describe(&self) -> String {
        let origin = if self.source == Source::BuiltIn { " (built in)" } else { "" };
        format!("{} {}{origin}", self.name, group_thousands(&self.train.len().to_string()))
    }
}

/// Reads an image file and a label file with `read`, and pairs their contents.
fn pair_files<E>(
    read: impl Fn(Content, &Path) -> Result<Vec<u8>, E>,
    images: &Path,
    labels: &Path,
) -> Result<Split, DataError>
where
    DataError: From<E>,
{
    pair((read(Content::Images, images)?, read(Content::Labels, labels)?), (images, labels))
}

/// Pairs the contents of an image file and a label file.
fn pair(
    (images, labels): (Vec<u8>, Vec<u8>),
    (images_file, labels_file): (&Path, &Path),
) -> Result<Split, DataError> {
    Split::new(images, labels).map_err(|source: SplitError| DataError::Split {
        images: images_file.into(),
        labels: labels_file.into(),
        source,
    })
}

/// Computes [`Dataset::checksum`].
fn checksum(train: &Split, test: &Split) -> String {
    let mut hash = Sha256::new();
    for split in [train, test] {
        // IDX has a 32-bit count, so a larger one cannot come from a file.
        let count = u32::try_from(split.len()).unwrap_or(u32::MAX);
        hash.update(Content::Images.header(count));
        hash.update(split.images().as_flattened());
        hash.update(Content::Labels.header(count));
        hash.update(split.labels());
    }
    hex(&hash.finalize())
}

/// Reads class names, one per line. Labels beyond the last line keep their digit.
fn read_classes(file: &Path) -> Result<Option<[String; CLASSES]>, DataError> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|input| input.take(MAX_CLASSES_FILE).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DataError::Classes { file: file.into(), problem: source.to_string() }),
        Ok(_) => {}
    }
    let text = String::from_utf8_lossy(&bytes);
    let names: Vec<_> =
        text.lines().map(|line| printable(line.trim())).filter(|name| !name.is_empty()).collect();
    if !(1..=CLASSES).contains(&names.len()) {
        let problem = format!("has {} class names; write 1 to {CLASSES}, one per line", names.len());
        return Err(DataError::Classes { file: file.into(), problem });
    }
    let mut classes = DIGITS.map(str::to_owned);
    for (class, name) in classes.iter_mut().zip(names) {
        *class = name;
    }
    Ok(Some(classes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::PIXELS;

    fn tiny(name: &str, source: Source) -> Dataset {
        let split = |label| Split::new(vec![label; PIXELS], vec![label]).unwrap();
        Dataset::new(name, source, split(1), split(2))
    }

    #[test]
    fn built_in_set_has_its_size_and_checksum() {
        let set = Dataset::built_in().unwrap();
        assert_eq!((set.train.len(), set.test.len()), (6000, 1000));
        assert_eq!(set.describe(), "fashion-mnist 6,000 (built in)");
        assert_eq!(set.checksum, FASHION_CHECKSUMS[1]);
        assert_eq!(set.classes[usize::from(set.test.label(0))], "Ankle boot");
    }

    #[test]
    fn mismatched_files_are_both_named() {
        let root = tempfile::tempdir().unwrap();
        let file = |name: &str, header: Vec<u8>, items: &[u8]| {
            fs::write(root.path().join(name), [&header, items].concat()).unwrap();
        };
        for half in ["train", "t10k"] {
            file(&format!("{half}-images-idx3-ubyte"), Content::Images.header(1), &[0; PIXELS]);
            file(&format!("{half}-labels-idx1-ubyte"), Content::Labels.header(2), &[0; 2]);
        }
        let error = Dataset::open(root.path()).unwrap_err();
        let expected = format!(
            "{dir}/train-images-idx3-ubyte and {dir}/train-labels-idx1-ubyte: 1 images but 2 labels; \
             take both files from the same set",
            dir = root.path().display()
        );
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn checksum_covers_both_splits_and_not_the_name() {
        let set = tiny("a", Source::BuiltIn);
        assert_eq!(set.checksum.len(), 64);
        assert_eq!(set.checksum, tiny("b", Source::Path("c".into())).checksum);
        assert_ne!(set.checksum, Dataset::new("a", Source::BuiltIn, set.test, set.train).checksum);
    }

    #[test]
    fn class_names_follow_from_the_content_and_not_from_the_name() {
        for name in ["mnist", "fashion-mnist"] {
            assert_eq!(tiny(name, Source::BuiltIn).classes[3], "3");
        }
        assert_eq!(Dataset::built_in().unwrap().classes[3], "Dress");
    }

    #[test]
    fn class_names_are_read_from_a_file_beside_the_data() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("fashion_mnist");
        fs::create_dir(&dir).unwrap();
        for half in ["train", "t10k"] {
            let file = |kind: &str, content: Vec<u8>| {
                fs::write(dir.join(format!("{half}-{kind}")), content).unwrap();
            };
            file("images-idx3-ubyte", [Content::Images.header(1), vec![0; PIXELS]].concat());
            file("labels-idx1-ubyte", [Content::Labels.header(1), vec![1]].concat());
        }
        let set = Dataset::open(root.path()).unwrap();
        assert_eq!((set.name.as_str(), set.classes[1].as_str()), ("fashion_mnist", "1"));

        fs::write(dir.join("classes.txt"), "cat\n dog \n\nb\u{1b}ird\n").unwrap();
        let set = Dataset::open(&dir).unwrap();
        assert_eq!(set.classes[..4], ["cat", "dog", "b\u{fffd}ird", "3"]);

        fs::write(dir.join("classes.txt"), "x\n".repeat(11)).unwrap();
        let error = Dataset::open(&dir).unwrap_err().to_string();
        assert!(error.ends_with("classes.txt: has 11 class names; write 1 to 10, one per line"), "{error}");
    }

    #[test]
    fn sources_parse_from_arguments_and_json() {
        let directory = Source::Path("./built-in".into());
        assert_eq!(Source::from(OsString::from("built-in")), Source::BuiltIn);
        assert_eq!(Source::from(OsString::from("./built-in")), directory);
        for source in [Source::BuiltIn, directory] {
            let json = serde_json::to_string(&source).unwrap();
            assert_eq!(serde_json::from_str::<Source>(&json).unwrap(), source);
        }
    }
}
