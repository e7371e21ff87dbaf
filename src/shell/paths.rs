//! Locations of files on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::app::ViewState;
use crate::run::{Store, write_atomic};
use crate::shell::ShellError;

fn project() -> Result<ProjectDirs, ShellError> {
    ProjectDirs::from("", "", "cnn-tui").ok_or(ShellError::NoHome)
}

/// Opens the run store at `root`, or by default in the data directory.
pub fn store(root: Option<PathBuf>) -> Result<Store, ShellError> {
    let root = match root {
        Some(root) => root,
        None => project()?.data_dir().join("runs"),
    };
    // Absolute, because trainers run in another working directory.
    let store = Store::open(std::path::absolute(root).map_err(ShellError::Runs)?);
    Ok(match references() {
        Some(references) => store.with_references(references),
        None => store,
    })
}

/// The reference runs in the repository that the program was built from, if it still exists.
fn references() -> Option<PathBuf> {
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("runs");
    runs.is_dir().then_some(runs)
}

/// The directory of the user's settings and themes; `None` if the user has no home directory.
pub fn config_dir() -> Option<PathBuf> {
    Some(project().ok()?.config_dir().to_owned())
}

/// The directory of state that outlives the program but is neither a setting nor a run.
pub(super) fn state_dir() -> Option<PathBuf> {
    let project = project().ok()?;
    Some(project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_owned())
}

fn view_state_path() -> Option<PathBuf> {
    Some(state_dir()?.join("dashboard.json"))
}

/// The view state of the last session; the default if there is none.
pub(super) fn read_view_state() -> ViewState {
    let bytes = view_state_path().and_then(|path| fs::read(path).ok()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Saves the view state for the next session. Failing to is not an error.
pub(super) fn write_view_state(view_state: &ViewState) {
    if let (Some(path), Ok(bytes)) = (view_state_path(), serde_json::to_vec_pretty(view_state)) {
        if let Some(parent) = path.parent() {
            let _ = fs::create_dir_all(parent);
        }
        let _ = write_atomic(&path, &bytes);
    }
}
