//! Starting trainers as processes of their own.

use std::process::{Child, Command, Stdio};

use crate::run::RunDir;
use crate::shell::ShellError;

/// Starts a trainer for the run in this directory. It outlives this process; its output is appended to
/// `trainer.log`.
pub fn launch(dir: &RunDir) -> Result<Child, ShellError> {
    let program = std::env::current_exe().map_err(ShellError::Launch)?;
    let log = dir.open_trainer_log()?;
    let errors = log.try_clone().map_err(ShellError::Launch)?;
    Command::new(program)
        .arg("trainer")
        .arg(dir.path())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .current_dir("/")
        .spawn()
        .map_err(ShellError::Launch)
}
