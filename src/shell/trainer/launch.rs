//! Starting trainers as processes of their own.

use std::io::Write;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::executable::{TrainerExecutable, executable_for};
use super::process::train_run;
use super::wait::StartedBy;
use crate::run::{RunDir, RunManifest, RunStatus};
use crate::shell::ShellError;

/// Starts a trainer for the run in this directory. It outlives this process; its output is appended to
/// `trainer.log`. If a new run cannot be started, it has failed.
pub fn launch(dir: &RunDir, started_by: StartedBy) -> Result<Child, ShellError> {
    try_launch(dir, started_by).inspect_err(|error| record_failed_start(dir, error))
}

/// The same, which can be tried again.
pub(super) fn try_launch(dir: &RunDir, started_by: StartedBy) -> Result<Child, ShellError> {
    let TrainerExecutable { path, warning } =
        executable_for(&dir.manifest()?.config).map_err(ShellError::Launch)?;
    let log = dir.open_trainer_log()?;
    let errors = log.try_clone().map_err(ShellError::Launch)?;
    trainer_command(&path, dir, warning.as_deref())
        .args((started_by == StartedBy::Dashboard).then_some("--dashboard"))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .current_dir("/")
        .spawn()
        .map_err(ShellError::Launch)
}

/// Trains the run in this process, or in the executable for a GPU, which takes the place of this one. `warning` is recorded in
/// the run. Otherwise as [`train_run`].
pub fn train_in_foreground(
    dir: &RunDir,
    warning: Option<&str>,
    out: impl Write,
) -> Result<RunStatus, ShellError> {
    let executable = executable_for(&dir.manifest()?.config).map_err(ShellError::Launch)?;
    let warning = warning.or(executable.warning.as_deref());
    if executable.is_this() {
        return train_run(dir, StartedBy::Foreground, warning, out);
    }
    // It returns only if the other executable cannot be started.
    Err(ShellError::Launch(trainer_command(&executable.path, dir, warning).arg("--foreground").exec()))
}

fn trainer_command(executable: &Path, dir: &RunDir, warning: Option<&str>) -> Command {
    let mut command = Command::new(executable);
    command.arg("trainer").arg(dir.path());
    if let Some(warning) = warning {
        command.arg("--warning").arg(warning);
    }
    command
}

/// Records why the trainer of a new run could not begin, unless it did: nothing would start the run again.
pub fn record_failed_start(dir: &RunDir, error: &ShellError) {
    let Ok(_lock) = dir.lock() else { return };
    if let Ok(manifest) = dir.manifest()
        && manifest.status == RunStatus::Queued
    {
        let failed = RunManifest { status: RunStatus::Failed, reason: Some(error.to_string()), ..manifest };
        // If this fails too, the error is still printed.
        let _ = dir.write_manifest(&failed);
    }
}
