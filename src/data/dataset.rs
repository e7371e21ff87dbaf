//! Data sets: a training and a test split with their origin.

use std::ffi::OsString;
use std::fmt;
use std::path::{self, Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::DataError;
use super::files::Files;
use super::idx::{self, Content};
use super::image::CLASSES;
use super::split::{Split, SplitError};
use crate::strings::{group_thousands, hex, printable, printable_path};

const FASHION_MNIST: &str = "fashion-mnist";

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
/// As a command-line argument, `built-in` is the built-in subset and anything else a directory; use `./built-in` for a
/// directory of that name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The subset of Fashion-MNIST that is compiled into the program.
    BuiltIn,
    /// A directory with the four IDX files.
    Directory(PathBuf),
}

impl From<OsString> for Source {
    fn from(text: OsString) -> Self {
        if text == "built-in" { Self::BuiltIn } else { Self::Directory(text.into()) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Directory(dir) => f.write_str(&printable_path(dir)),
        }
    }
}

/// A training and a test split with their origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// `fashion-mnist` for the full set and its built-in subset, otherwise the directory's name.
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
}

impl Dataset {
    /// Combines two splits. `name` is replaced if the checksum is that of a known data set.
    pub fn new(name: &str, source: Source, train: Split, test: Split) -> Self {
        let checksum = checksum(&train, &test);
        let known = FASHION_CHECKSUMS.contains(&checksum.as_str());
        let name = if known { FASHION_MNIST.to_owned() } else { printable(name) };
        Self { name, source, train, test, checksum }
    }

    /// Reads the data set in `dir`.
    ///
    /// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
    /// `t10k-labels-idx1-ubyte`. `.idx` is accepted instead of `-idx`, each file may be gzip-compressed (`.gz`), and
    /// the files may be in `raw` or `FashionMNIST/raw` below `dir`.
    pub fn open(dir: &Path) -> Result<Self, DataError> {
        let Files { dir: found_in, paths: [train_images, train_labels, test_images, test_labels] } =
            Files::find(dir)?;
        let split = |images: PathBuf, labels: PathBuf| {
            let content = (idx::read(Content::Images, &images)?, idx::read(Content::Labels, &labels)?);
            pair(content, (&images, &labels))
        };
        let (train, test) = (split(train_images, train_labels)?, split(test_images, test_labels)?);
        let absolute = path::absolute(dir).unwrap_or_else(|_| dir.into());
        Ok(Self::new(&name_of(&found_in), Source::Directory(absolute), train, test))
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

    /// Reads the data set at `source`.
    pub fn load(source: &Source) -> Result<Self, DataError> {
        match source {
            Source::BuiltIn => Self::built_in(),
            Source::Directory(dir) => Self::open(dir),
        }
    }

    /// Name and number of training images: `fashion-mnist 60,000`, or `fashion-mnist 6,000 (built in)`.
    pub fn describe(&self) -> String {
        let origin = if self.source == Source::BuiltIn { " (built in)" } else { "" };
        format!("{} {}{origin}", self.name, group_thousands(&self.train.len().to_string()))
    }

    /// Class names by label; digits unless the data set is Fashion-MNIST.
    pub fn class_names(&self) -> &'static [&'static str; CLASSES] {
        if self.name == FASHION_MNIST { &FASHION } else { &DIGITS }
    }
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

/// The name of the data set in `dir`: the directory's name, or its parent's if it is torchvision's `raw`.
fn name_of(dir: &Path) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.into());
    let name = dir.components().rev().find_map(|component| match component {
        Component::Normal(name) if name != "raw" => Some(name.to_string_lossy()),
        _ => None,
    });
    let Some(name) = name else { return "unnamed".to_owned() };
    let letters: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    match letters.as_str() {
        "fashionmnist" => FASHION_MNIST.to_owned(),
        "mnist" | "kmnist" => letters,
        _ => name.into_owned(),
    }
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
        assert_eq!(set.class_names()[usize::from(set.test.label(0))], "Ankle boot");
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
        assert_eq!(set.checksum, tiny("b", Source::Directory("c".into())).checksum);
        assert_ne!(set.checksum, Dataset::new("a", Source::BuiltIn, set.test, set.train).checksum);
    }

    #[test]
    fn data_sets_are_named_after_their_directory() {
        for (dir, name) in [
            ("/data/MNIST", "mnist"),
            ("/data/MNIST/raw", "mnist"),
            ("/data/kmnist", "kmnist"),
            ("/data/FashionMNIST/raw", "fashion-mnist"),
            ("/data/fashion_mnist", "fashion-mnist"),
            ("/data/My Letters", "My Letters"),
            ("/", "unnamed"),
        ] {
            assert_eq!(name_of(Path::new(dir)), name, "{dir}");
        }
        assert_eq!(tiny("a\u{1b}b", Source::BuiltIn).name, "a\u{fffd}b");
    }

    #[test]
    fn only_fashion_mnist_has_class_names() {
        assert_eq!(tiny("mnist", Source::BuiltIn).class_names()[3], "3");
        assert_eq!(tiny("fashion-mnist", Source::BuiltIn).class_names()[3], "Dress");
    }

    #[test]
    fn sources_parse_from_arguments_and_json() {
        let directory = Source::Directory("./built-in".into());
        assert_eq!(Source::from(OsString::from("built-in")), Source::BuiltIn);
        assert_eq!(Source::from(OsString::from("./built-in")), directory);
        for source in [Source::BuiltIn, directory] {
            let json = serde_json::to_string(&source).unwrap();
            assert_eq!(serde_json::from_str::<Source>(&json).unwrap(), source);
        }
    }
}
