//! Finding the files of a data set, by their names.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::DataError;
use crate::strings::{printable, printable_path};

/// The files of a data set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Files {
    /// The directory that contains them.
    pub(super) dir: PathBuf,
    /// The name of the data set: what its file names begin with, or else the name of the directory.
    pub(super) name: String,
    /// Their format.
    pub(super) format: Format,
    /// Their paths, in the order of [`Format::parts`].
    pub(super) paths: Vec<PathBuf>,
}

/// A file format of data sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    /// IDX files with images or labels.
    Idx,
    /// NumPy archives with one array each, as KMNIST has them.
    NpzParts,
    /// One NumPy archive with all arrays, as MedMNIST and Keras have them.
    Npz,
    /// CSV files with a label and 784 pixels per line, as Kaggle has them.
    Csv,
}

impl Format {
    /// The usual names of its files.
    pub(super) fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Idx => &[
                "train-images-idx3-ubyte",
                "train-labels-idx1-ubyte",
                "t10k-images-idx3-ubyte",
                "t10k-labels-idx1-ubyte",
            ],
            Self::NpzParts => &["train-imgs.npz", "train-labels.npz", "test-imgs.npz", "test-labels.npz"],
            Self::Npz => &["data.npz"],
            Self::Csv => &["train.csv", "test.csv"],
        }
    }
}

/// A file of a data set, by its name.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    format: Format,
    /// What comes before the part in the name, such as `emnist-digits`; may be empty.
    set: String,
    /// Index in [`Format::parts`].
    index: usize,
}

impl Part {
    /// `None` if the name is not one of a data file. Case does not matter, `.idx` is the same as `-idx`, and a `.gz`
    /// suffix of IDX files is ignored.
    fn of(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let unzipped = name.strip_suffix(".gz").unwrap_or(&name);
        let idx = ["idx3-ubyte", "idx1-ubyte"].into_iter().find_map(|suffix| unzipped.strip_suffix(suffix));
        if let Some(stem) = idx {
            let (set, index) = set_and_array(stem)?;
            return Some(Self { format: Format::Idx, set, index });
        }
        if let Some(stem) = name.strip_suffix(".npz") {
            return Some(match set_and_array(stem) {
                Some((set, index)) => Self { format: Format::NpzParts, set, index },
                None => Self { format: Format::Npz, set: stem.to_owned(), index: 0 },
            });
        }
        let (set, index) = set_and_split(name.strip_suffix(".csv")?)?;
        Some(Self { format: Format::Csv, set, index })
    }
}

/// Takes one of the words off the end of a name; returns the rest and the word's index.
fn without_last_word<'a>(name: &'a str, words: &[&str]) -> Option<(&'a str, usize)> {
    let separators = ['-', '_', '.'];
    let name = name.trim_end_matches(separators);
    let (index, rest) =
        words.iter().enumerate().find_map(|(index, word)| Some((index, name.strip_suffix(word)?)))?;
    (rest.is_empty() || rest.ends_with(separators)).then(|| (rest.trim_end_matches(separators), index))
}

/// `fashion-mnist_train` is split 0 of `fashion-mnist`.
fn set_and_split(stem: &str) -> Option<(String, usize)> {
    let (set, index) = without_last_word(stem, &["train", "test", "t10k"])?;
    Some((set.to_owned(), index.min(1)))
}

/// `emnist-digits-train-labels-` is array 1 of `emnist-digits`.
fn set_and_array(stem: &str) -> Option<(String, usize)> {
    let (split, index) = without_last_word(stem, &["images", "labels", "imgs"])?;
    let (set, split) = set_and_split(split)?;
    Some((set, 2 * split + index % 2))
}

/// The files of every set in a directory, as far as there are any.
type Sets = BTreeMap<(Format, String), Vec<Option<PathBuf>>>;

impl Files {
    /// Finds the data set at `path`: a directory with its files, a directory above that, or one of its files.
    pub(super) fn find(path: &Path) -> Result<Self, DataError> {
        let found = fs::metadata(path)
            .map_err(|source| broken_link(path).unwrap_or_else(|| cannot_open(path, source)))?;
        if found.is_file() {
            return Self::with_file(path);
        }
        for dir in [path, &path.join("raw")] {
            if let Some(files) = Self::in_dir(dir)? {
                return Ok(files);
            }
        }
        let entries = entries(path).map_err(|source| cannot_open(path, source))?;
        let mut sets = Vec::new();
        let mut failure = None;
        for dir in entries.iter().filter(|dir| dir.is_dir()) {
            for dir in [dir, &dir.join("raw")] {
                match Self::in_dir(dir) {
                    Ok(Some(files)) => sets.push(files),
                    Ok(None) => {}
                    // Another directory need not be a data set at all.
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
        }
        match (sets.pop(), failure) {
            (Some(files), _) if sets.is_empty() => Ok(files),
            (Some(last), _) => {
                sets.push(last);
                Err(DataError::Ambiguous {
                    dir: path.into(),
                    choices: sets.into_iter().map(|files| files.dir).collect(),
                })
            }
            (None, Some(error)) => Err(error),
            (None, None) => Err(DataError::NoSet { dir: path.into(), found: listing(&entries) }),
        }
    }

    /// The set that this file belongs to.
    fn with_file(file: &Path) -> Result<Self, DataError> {
        let part = file.file_name().and_then(|name| Part::of(&name.to_string_lossy()));
        let Some(Part { format, set, .. }) = part else {
            return Err(DataError::UnknownFile { file: file.into() });
        };
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut sets = scan(dir)?;
        let paths = sets.remove(&(format, set.clone())).unwrap_or_default();
        Self::complete(dir, format, set, paths)
    }

    /// The set in this directory; `None` if it has no data file or does not exist.
    fn in_dir(dir: &Path) -> Result<Option<Self>, DataError> {
        let sets = match scan(dir) {
            Err(DataError::Directory { source, .. })
                if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            sets => sets?,
        };
        let is_complete = |paths: &Vec<Option<PathBuf>>| paths.iter().all(Option::is_some);
        let (mut whole, partial): (Vec<_>, Vec<_>) =
            sets.into_iter().partition(|(_, paths)| is_complete(paths));
        // Files without a name of their own belong to the directory: other sets beside them are extra.
        if let Some(index) = whole.iter().position(|((_, set), _)| set.is_empty()) {
            whole.swap(0, index);
            whole.truncate(1);
        }
        if whole.len() > 1 {
            let choices = whole.into_iter().filter_map(|(_, paths)| paths.into_iter().flatten().next());
            return Err(DataError::Ambiguous { dir: dir.into(), choices: choices.collect() });
        }
        let found = |(_, paths): &(_, Vec<Option<PathBuf>>)| paths.iter().flatten().count();
        let best = whole.pop().or_else(|| partial.into_iter().max_by_key(found));
        best.map(|((format, set), paths)| Self::complete(dir, format, set, paths)).transpose()
    }

    /// The set, unless a file is missing.
    fn complete(
        dir: &Path,
        format: Format,
        set: String,
        paths: Vec<Option<PathBuf>>,
    ) -> Result<Self, DataError> {
        let missing: Vec<_> = format
            .parts()
            .iter()
            .enumerate()
            .filter(|(index, _)| paths.get(*index).is_none_or(Option::is_none))
            .map(|(_, name)| if set.is_empty() { (*name).to_owned() } else { format!("{set}-{name}") })
            .collect();
        if !missing.is_empty() {
            return Err(DataError::Missing { dir: dir.into(), missing });
        }
        let name = if set.is_empty() { name_of(dir) } else { set };
        Ok(Self { dir: dir.into(), name, format, paths: paths.into_iter().flatten().collect() })
    }
}

/// The data files in a directory. Plain files are preferred to compressed ones.
fn scan(dir: &Path) -> Result<Sets, DataError> {
    let mut sets = Sets::new();
    for path in entries(dir).map_err(|source| cannot_open(dir, source))? {
        let part = path.file_name().and_then(|name| Part::of(&name.to_string_lossy()));
        let Some(Part { format, set, index }) = part else { continue };
        if let Some(error) = broken_link(&path) {
            return Err(error);
        }
        if !path.is_file() {
            continue;
        }
        let place = &mut sets.entry((format, set)).or_insert_with(|| vec![None; format.parts().len()])[index];
        let is_compressed =
            |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
        if place.as_ref().is_none_or(|other| is_compressed(other) && !is_compressed(&path)) {
            *place = Some(path);
        }
    }
    Ok(sets)
}

/// What is in a directory, by name, without hidden files.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

/// The error for a symbolic link whose target does not exist; `None` for everything else.
fn broken_link(path: &Path) -> Option<DataError> {
    let target = fs::read_link(path).ok()?;
    (!path.exists()).then(|| DataError::BrokenLink { link: path.into(), target })
}

fn cannot_open(dir: &Path, source: io::Error) -> DataError {
    DataError::Directory { dir: dir.into(), source }
}

/// The first names of a directory, for an error message.
fn listing(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 4;
    let names = paths.iter().take(SHOWN).filter_map(|path| {
        let name = printable(&path.file_name()?.to_string_lossy());
        Some(if path.is_dir() { format!("{name}/") } else { name })
    });
    let names = names.collect::<Vec<_>>().join(", ");
    match paths.len() {
        0 => "it is empty".to_owned(),
        count if count > SHOWN => format!("it has {names} and {} more", count - SHOWN),
        _ => format!("it has {names}"),
    }
}

/// The name of a directory, or of its parent if it is torchvision's `raw`.
fn name_of(dir: &Path) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.into());
    let name = dir.components().rev().find_map(|component| match component {
        Component::Normal(name) if name != "raw" => Some(printable_path(Path::new(name))),
        _ => None,
    });
    name.unwrap_or_else(|| "unnamed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn touch(dir: &Path, names: &[&str]) {
        fs::create_dir_all(dir).unwrap();
        for name in names {
            fs::write(dir.join(name), "").unwrap();
        }
    }

    fn names(files: &Files) -> Vec<String> {
        files.paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn finds_every_spelling() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        touch(
            dir,
            &[
                "Train-Images-idx3-ubyte",
                "train-images-idx3-ubyte.gz",
                "train-labels-idx1-ubyte.gz",
                "t10k-images.idx3-ubyte",
                "TEST-LABELS.IDX1-UBYTE.GZ",
            ],
        );
        assert_eq!(
            names(&Files::find(dir).unwrap()),
            [
                "Train-Images-idx3-ubyte",
                "train-labels-idx1-ubyte.gz",
                "t10k-images.idx3-ubyte",
                "TEST-LABELS.IDX1-UBYTE.GZ"
            ]
        );
    }

    #[test]
    fn finds_every_layout() {
        for layout in ["", "raw", "FashionMNIST/raw", "data"] {
            let root = tempfile::tempdir().unwrap();
            let dir = root.path().join(layout);
            touch(&dir, Format::Idx.parts());
            touch(root.path(), &["notes.txt"]);
            assert_eq!(Files::find(root.path()).unwrap().dir, dir.components().collect::<PathBuf>());
        }
    }

    #[test]
    fn finds_every_format() {
        for (format, files, name) in [
            (
                Format::NpzParts,
                &[
                    "kmnist-test-imgs.npz",
                    "kmnist-test-labels.npz",
                    "kmnist-train-imgs.npz",
                    "kmnist-train-labels.npz",
                ][..],
                "kmnist",
            ),
            (Format::Npz, &["pneumoniamnist.npz"], "pneumoniamnist"),
            (Format::Csv, &["fashion-mnist_test.csv", "fashion-mnist_train.csv"], "fashion-mnist"),
            (
                Format::Idx,
                &[
                    "emnist-digits-test-images-idx3-ubyte",
                    "emnist-digits-test-labels-idx1-ubyte",
                    "emnist-digits-train-images-idx3-ubyte",
                    "emnist-digits-train-labels-idx1-ubyte",
                ],
                "emnist-digits",
            ),
        ] {
            let root = tempfile::tempdir().unwrap();
            touch(root.path(), files);
            touch(root.path(), &["kmnist_classmap.csv", "README"]);
            // The directory, or any of the files.
            for given in [root.path().to_owned(), root.path().join(files[0])] {
                let found = Files::find(&given).unwrap();
                assert_eq!(
                    (found.format, found.name.as_str(), found.paths.len()),
                    (format, name, files.len())
                );
            }
        }
    }

    #[test]
    fn several_sets_are_listed() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        touch(&dir.join("MNIST/raw"), Format::Idx.parts());
        touch(&dir.join("FashionMNIST/raw"), Format::Idx.parts());
        let error = Files::find(dir).unwrap_err();
        let dir = dir.display();
        assert_eq!(
            error.to_string(),
            format!(
                "{dir}: several data sets; choose one: --data {dir}/FashionMNIST/raw or --data {dir}/MNIST/raw"
            )
        );
        assert!(!error.is_absent());

        let root = tempfile::tempdir().unwrap();
        touch(root.path(), &["bloodmnist.npz", "pathmnist.npz"]);
        let error = Files::find(root.path()).unwrap_err().to_string();
        assert!(error.contains("/bloodmnist.npz or --data ") && error.ends_with("/pathmnist.npz"), "{error}");
        assert_eq!(names(&Files::find(&root.path().join("pathmnist.npz")).unwrap()), ["pathmnist.npz"]);
    }

    #[test]
    fn what_is_missing_and_what_is_there_are_named() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        let error = Files::find(dir).unwrap_err();
        assert!(error.is_absent());
        assert!(error.to_string().contains("no data set (it is empty)"), "{error}");

        touch(dir, &["a.png", "b.png", "c.png", "d.png", "e.png"]);
        let error = Files::find(dir).unwrap_err();
        assert!(error.to_string().contains("(it has a.png, b.png, c.png, d.png and 1 more)"), "{error}");

        touch(dir, &Format::Idx.parts()[..2]);
        let error = Files::find(dir).unwrap_err();
        assert!(!error.is_absent());
        let expected = format!("{}: missing t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; ", dir.display());
        assert!(error.to_string().starts_with(&expected), "{error}");

        let error = Files::find(&dir.join("a.png")).unwrap_err();
        assert!(error.to_string().contains("a.png: not a data file"), "{error}");
    }

    #[test]
    fn a_broken_link_is_called_that() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        touch(dir, &Format::Idx.parts()[..3]);
        symlink("/gone/labels", dir.join("t10k-labels-idx1-ubyte")).unwrap();
        symlink("/gone", dir.join("link")).unwrap();
        for (path, link, target) in [
            (dir.to_owned(), dir.join("t10k-labels-idx1-ubyte"), "/gone/labels"),
            (dir.join("link"), dir.join("link"), "/gone"),
        ] {
            let error = Files::find(&path).unwrap_err();
            assert!(!error.is_absent());
            assert_eq!(
                error.to_string(),
                format!("{}: broken link; its target {target} does not exist", link.display())
            );
        }
    }

    #[test]
    fn sets_are_named_after_their_directory() {
        for (dir, name) in [
            ("/data/MNIST", "MNIST"),
            ("/data/MNIST/raw", "MNIST"),
            ("/data/fashion_mnist", "fashion_mnist"),
            ("/data/My Letters", "My Letters"),
            ("/data/a\u{1b}b", "a\u{fffd}b"),
            ("/", "unnamed"),
        ] {
            assert_eq!(name_of(Path::new(dir)), name, "{dir}");
        }
    }

    #[test]
    fn a_directory_that_does_not_exist_is_absent() {
        let root = tempfile::tempdir().unwrap();
        assert!(Files::find(&root.path().join("none")).unwrap_err().is_absent());
    }
}
