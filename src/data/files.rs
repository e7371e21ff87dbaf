//! The four files of a data set in a directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::DataError;

/// The standard names: images and labels for training, then for testing.
const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// How else the names may be written, for error texts.
pub(super) const SPELLINGS: &str = "`.idx` for `-idx` and a `.gz` at the end are fine too";

/// Where the files may lie: in the directory itself, or as torchvision arranges them.
const LAYOUTS: [&str; 3] = ["", "raw", "FashionMNIST/raw"];

/// The four files of a data set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Files {
    /// The directory that they were found in.
    pub(super) dir: PathBuf,
    /// In the order of the standard names.
    pub(super) paths: [PathBuf; 4],
}

impl Files {
    /// Finds the files in `dir`; the first layout with any of them counts.
    pub(super) fn find(dir: &Path) -> Result<Self, DataError> {
        fs::read_dir(dir).map_err(|source| DataError::Directory { dir: dir.into(), source })?;
        for layout in LAYOUTS {
            let place = if layout.is_empty() { dir.to_path_buf() } else { dir.join(layout) };
            match NAMES.map(|name| spelled(&place, name)) {
                [Some(a), Some(b), Some(c), Some(d)] => return Ok(Self { dir: place, paths: [a, b, c, d] }),
                found if found.iter().any(Option::is_some) => {
                    let missing = NAMES
                        .into_iter()
                        .zip(found)
                        .filter_map(|(name, path)| path.is_none().then_some(name));
                    return Err(DataError::Missing { dir: place, missing: missing.collect() });
                }
                _ => {}
            }
        }
        Err(DataError::Missing { dir: dir.into(), missing: NAMES.to_vec() })
    }
}

/// The file called `name` in one of its spellings; a plain one goes before a compressed one.
fn spelled(dir: &Path, name: &str) -> Option<PathBuf> {
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
    fn every_spelling_is_found() {
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
    fn torchvision_layouts_are_found() {
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
        let expected = format!("{} lacks t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (", dir.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }

    #[test]
    fn a_file_is_not_a_directory() {
        let root = tempfile::tempdir().unwrap();
        assert!(Files::find(&root.path().join("none")).unwrap_err().is_absent());
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Files::find(&file).unwrap_err();
        assert!(!error.is_absent());
        let expected = format!("{}: cannot be opened as a directory: ", file.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
