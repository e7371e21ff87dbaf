//! Finding the four files of a data set in a directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::DataError;

/// The standard file names: training images and labels, test images and labels.
const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// Subdirectories that are searched: the directory itself and torchvision's layouts.
const SUBDIRECTORIES: [&str; 3] = ["", "raw", "FashionMNIST/raw"];

/// The four files of a data set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Files {
    /// The directory that contains them.
    pub(super) dir: PathBuf,
    /// Their paths, in the order of the standard names.
    pub(super) paths: [PathBuf; 4],
}

impl Files {
    /// Finds the files in `dir` or one of the subdirectories; the first that contains any of them is used.
    pub(super) fn find(dir: &Path) -> Result<Self, DataError> {
        fs::read_dir(dir).map_err(|source| DataError::Directory { dir: dir.into(), source })?;
        for subdirectory in SUBDIRECTORIES {
            let candidate = if subdirectory.is_empty() { dir.to_path_buf() } else { dir.join(subdirectory) };
            match NAMES.map(|name| find_spelling(&candidate, name)) {
                [Some(a), Some(b), Some(c), Some(d)] => {
                    return Ok(Self { dir: candidate, paths: [a, b, c, d] });
                }
                found if found.iter().any(Option::is_some) => {
                    let missing = NAMES
                        .into_iter()
                        .zip(found)
                        .filter_map(|(name, path)| path.is_none().then_some(name));
                    return Err(DataError::Missing { dir: candidate, missing: missing.collect() });
                }
                _ => {}
            }
        }
        Err(DataError::Missing { dir: dir.into(), missing: NAMES.to_vec() })
    }
}

/// The path of the file `name` in one of its accepted spellings; plain files are preferred to compressed ones.
fn find_spelling(dir: &Path, name: &str) -> Option<PathBuf> {
    let dotted = name.replace("-idx", ".idx");
    [name, &dotted]
        .into_iter()
        .flat_map(|name| [name.to_owned(), format!("{name}.gz")])
        .map(|name| dir.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(dir: &Path, names: &[&str]) {
        fs::create_dir_all(dir).unwrap();
        for name in names {
            fs::write(dir.join(name), "").unwrap();
        }
    }

    #[test]
    fn finds_every_spelling() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        touch(
            dir,
            &[
                "train-images-idx3-ubyte",
                "train-images-idx3-ubyte.gz",
                "train-labels-idx1-ubyte.gz",
                "t10k-images.idx3-ubyte",
                "t10k-labels.idx1-ubyte.gz",
            ],
        );
        let files = Files::find(dir).unwrap();
        let names = files.paths.map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
        assert_eq!(
            names,
            [
                "train-images-idx3-ubyte",
                "train-labels-idx1-ubyte.gz",
                "t10k-images.idx3-ubyte",
                "t10k-labels.idx1-ubyte.gz"
            ]
        );
    }

    #[test]
    fn finds_torchvision_layouts() {
        for layout in ["raw", "FashionMNIST/raw"] {
            let root = tempfile::tempdir().unwrap();
            let dir = root.path().join(layout);
            touch(&dir, &NAMES);
            assert_eq!(Files::find(root.path()).unwrap().dir, dir);
        }
    }

    #[test]
    fn missing_files_are_named() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        let error = Files::find(dir).unwrap_err();
        assert!(error.is_absent());

        touch(dir, &NAMES[..2]);
        let error = Files::find(dir).unwrap_err();
        assert!(!error.is_absent());
        let expected = format!("{}: missing t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (", dir.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }

    #[test]
    fn a_path_that_is_not_a_directory_is_rejected() {
        let root = tempfile::tempdir().unwrap();
        assert!(Files::find(&root.path().join("none")).unwrap_err().is_absent());
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Files::find(&file).unwrap_err();
        assert!(!error.is_absent());
        let expected = format!("{}: cannot open directory: ", file.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
