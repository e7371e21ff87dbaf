//! Where things lie on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::app::ViewState;
use crate::run::{Store, write_atomic};
use crate::shell::ShellError;

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

/// What the program keeps from one start to the next that is neither a setting nor a run.
pub(super) fn state_dir() -> Option<PathBuf> {
    let project = project().ok()?;
    Some(project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_owned())
}

fn view_state_path() -> Option<PathBuf> {
    Some(state_dir()?.join("dashboard.json"))
}

/// How the dashboard was used last; as at first where that is not known.
pub(super) fn read_view_state() -> ViewState {
    let bytes = view_state_path().and_then(|path| fs::read(path).ok()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Keeps how the dashboard is used, as far as that can be done.
pub(super) fn write_view_state(state: &ViewState) {
    if let (Some(path), Ok(bytes)) = (view_state_path(), serde_json::to_vec_pretty(state)) {
        if let Some(parent) = path.parent() {
            let _ = fs::create_dir_all(parent);
        }
        let _ = write_atomic(&path, &bytes);
    }
}
