//! Where things lie on this machine.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::ShellError;
use crate::run::Store;

fn project() -> Result<ProjectDirs, ShellError> {
    ProjectDirs::from("", "", "cnn-tui").ok_or(ShellError::NoHome)
}

/// The runs: in `root` if there is one, else in the data directory.
pub fn store(root: Option<PathBuf>) -> Result<Store, ShellError> {
    let root = match root {
        Some(root) => root,
        None => project()?.data_dir().join("runs"),
    };
    // Trainers run in another directory.
    let store = Store::open(std::path::absolute(root).map_err(ShellError::Runs)?);
    Ok(match references() {
        Some(references) => store.with_references(references),
        None => store,
    })
}

/// The reference runs of the repository that the program was built in, if it is still there.
fn references() -> Option<PathBuf> {
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("runs");
    runs.is_dir().then_some(runs)
}

/// The user's settings and themes.
pub fn config_dir() -> Result<PathBuf, ShellError> {
    Ok(project()?.config_dir().to_owned())
}
