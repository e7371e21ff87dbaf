//! A data set to train and test on.

use std::ffi::OsString;
use std::fmt;
use std::path::{self, Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::DataError;
use super::files::Files;
use super::idx::{self, Content};
use super::split::{Split, SplitError};
use super::text::{printable, shown, thousands};
use crate::metrics::text::hex;

/// Classes of every data set.
pub const CLASSES: usize = 10;

const FASHION_MNIST: &str = "fashion-mnist";

/// The classes of Fashion-MNIST, by label.
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

/// The classes of any other set.
const DIGITS: [&str; CLASSES] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// [`Dataset::checksum`] of the full Fashion-MNIST and of the built-in part of it.
const FASHION_CHECKSUMS: [&str; 2] = [
    "14410854cf7a289477dcfc7df3f8ec24741e281cdcc425ede0d9a748ca630214",
    "85f8f7ec81f8f85fee3e30a67dbbc5892ad6397e06c5f077b4dfe494a2ae8d2d",
];

/// The built-in files, in the order of the checksum.
const BUILT_IN: [(&str, &[u8]); 4] = [
    ("built-in train-images-idx3-ubyte.gz", include_bytes!("builtin/train-images-idx3-ubyte.gz")),
    ("built-in train-labels-idx1-ubyte.gz", include_bytes!("builtin/train-labels-idx1-ubyte.gz")),
    ("built-in t10k-images-idx3-ubyte.gz", include_bytes!("builtin/t10k-images-idx3-ubyte.gz")),
    ("built-in t10k-labels-idx1-ubyte.gz", include_bytes!("builtin/t10k-labels-idx1-ubyte.gz")),
];

/// Where a data set comes from.
///
/// As an argument, the word `built-in` means the built-in set and all else a directory; a directory of that name is
/// written `./built-in`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Part of the program.
    BuiltIn,
    /// The directory that holds the files.
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
            Self::Directory(dir) => f.write_str(&shown(dir)),
        }
    }
}

/// A training and a test split with what is known of their origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// `fashion-mnist` for the full set and its built-in part, else the directory's name.
    pub name: String,
    /// Where it was read from.
    pub source: Source,
    /// What is trained on.
    pub train: Split,
    /// What is tested on.
    pub test: Split,
    /// SHA-256, in hexadecimal, over the four files as plain IDX: training images, training labels, test images, test
    /// labels. The same as `zcat train-images* train-labels* t10k-images* t10k-labels* | sha256sum`.
    pub checksum: String,
}

impl Dataset {
    /// Puts two splits together. `name` is used unless the checksum tells a better one.
    pub fn new(name: &str, source: Source, train: Split, test: Split) -> Self {
        let checksum = checksum(&train, &test);
        let known = FASHION_CHECKSUMS.contains(&checksum.as_str());
        let name = if known { FASHION_MNIST.to_owned() } else { printable(name) };
        Self { name, source, train, test, checksum }
    }

    /// Reads the set in `dir`.
    ///
    /// The directory holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
    /// `t10k-labels-idx1-ubyte`. `.idx` may stand for `-idx`, each file may be gzip-compressed, and the files may lie
    /// in `raw` or `FashionMNIST/raw` below the directory.
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

    /// The set in the program itself: the first 6,000 training and 1,000 test images of Fashion-MNIST.
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

    /// Reads the set that `source` names.
    pub fn load(source: &Source) -> Result<Self, DataError> {
        match source {
            Source::BuiltIn => Self::built_in(),
            Source::Directory(dir) => Self::open(dir),
        }
    }

    /// Name and size in a few words: `fashion-mnist 60,000`, or `fashion-mnist 6,000 (built in)`.
    pub fn describe(&self) -> String {
        let origin = if self.source == Source::BuiltIn { " (built in)" } else { "" };
        format!("{} {}{origin}", self.name, thousands(self.train.len() as u64))
    }

    /// The names of the classes, by label: digits where the set is not Fashion-MNIST.
    pub fn class_names(&self) -> &'static [&'static str; CLASSES] {
        if self.name == FASHION_MNIST { &FASHION } else { &DIGITS }
    }
}

/// Makes a split of what two files hold.
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

/// See [`Dataset::checksum`].
fn checksum(train: &Split, test: &Split) -> String {
    let mut hash = Sha256::new();
    for split in [train, test] {
        // A count beyond 32 bits could not be written as IDX; it does not come from a file either.
        let count = u32::try_from(split.len()).unwrap_or(u32::MAX);
        hash.update(Content::Images.header(count));
        hash.update(split.images().as_flattened());
        hash.update(Content::Labels.header(count));
        hash.update(split.labels());
    }
    hex(&hash.finalize())
}

/// What to call the set in `dir`: the directory's name, or its parent's where torchvision calls it `raw`.
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
    fn the_built_in_set_is_what_it_claims() {
        let set = Dataset::built_in().unwrap();
        assert_eq!((set.train.len(), set.test.len()), (6000, 1000));
        assert_eq!(set.describe(), "fashion-mnist 6,000 (built in)");
        assert_eq!(set.checksum, FASHION_CHECKSUMS[1]);
        assert_eq!(set.class_names()[usize::from(set.test.label(0))], "Ankle boot");
    }

    #[test]
    fn files_of_different_sets_are_named() {
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
    fn the_checksum_covers_everything() {
        let set = tiny("a", Source::BuiltIn);
        assert_eq!(set.checksum.len(), 64);
        assert_eq!(set.checksum, tiny("b", Source::Directory("c".into())).checksum);
        assert_ne!(set.checksum, Dataset::new("a", Source::BuiltIn, set.test, set.train).checksum);
    }

    #[test]
    fn sets_are_named_after_their_directory() {
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
    fn only_fashion_has_class_names() {
        assert_eq!(tiny("mnist", Source::BuiltIn).class_names()[3], "3");
        assert_eq!(tiny("fashion-mnist", Source::BuiltIn).class_names()[3], "Dress");
    }

    #[test]
    fn sources_are_read_from_arguments_and_files() {
        let directory = Source::Directory("./built-in".into());
        assert_eq!(Source::from(OsString::from("built-in")), Source::BuiltIn);
        assert_eq!(Source::from(OsString::from("./built-in")), directory);
        for source in [Source::BuiltIn, directory] {
            let json = serde_json::to_string(&source).unwrap();
            assert_eq!(serde_json::from_str::<Source>(&json).unwrap(), source);
        }
    }
}
