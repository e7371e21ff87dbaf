//! Reading the directory of runs.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use super::listing::{ListedRun, Listing, Origin};
use crate::run::dir::{RunDir, RunError};
use crate::run::disk::{FileError, sanitize};

/// The names of all possible runs in a directory: directories and links, which may lead to another disk.
pub(crate) fn names(root: &Path) -> Result<Vec<String>, FileError> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(FileError::io("read", root))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FileError::io("read", root))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.file_type().is_ok_and(|kind| !kind.is_file()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Reads the run in the directory `name` under `root`.
pub(crate) fn list_one(origin: Origin, root: &Path, name: &str) -> Listing {
    let read = || {
        let dir = RunDir::under(root, name.parse()?);
        let (manifest, state) = dir.read()?;
        Ok(Listing::Run(Arc::new(ListedRun { dir, manifest, state, origin })))
    };
    read().unwrap_or_else(|error: RunError| Listing::Broken {
        name: sanitize(name).into_owned(),
        reason: error.to_string(),
    })
}
