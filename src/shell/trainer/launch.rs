//! Starting trainers as processes of their own.

use std::process::{Child, Command, Stdio};

use super::process::StartedBy;
use crate::run::{RecordedStatus, RunDir, RunManifest};
use crate::shell::ShellError;

/// Starts a trainer for the run in this directory. It outlives this process; its output is appended to
/// `trainer.log`. If a new run cannot be started, it has failed.
pub fn launch(dir: &RunDir, started_by: StartedBy) -> Result<Child, ShellError> {
    try_launch(dir, started_by).inspect_err(|error| record_failed_start(dir, error))
}

/// The same, which can be tried again.
pub(super) fn try_launch(dir: &RunDir, started_by: StartedBy) -> Result<Child, ShellError> {
    let program = std::env::current_exe().map_err(ShellError::Launch)?;
    let log = dir.open_trainer_log()?;
    let errors = log.try_clone().map_err(ShellError::Launch)?;
    Command::new(program)
        .arg("trainer")
        .arg(dir.path())
        .args((started_by == StartedBy::Dashboard).then_some("--dashboard"))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .current_dir("/")
        .spawn()
        .map_err(ShellError::Launch)
}

/// Records why the trainer of a new run could not begin, unless it did: nothing would start the run again.
pub fn record_failed_start(dir: &RunDir, error: &ShellError) {
    let Ok(_lock) = dir.lock() else { return };
    if let Ok(record) = dir.record()
        && record.status == RecordedStatus::Queued
    {
        let failed =
            RunManifest { status: RecordedStatus::Failed, reason: Some(error.to_string()), ..record };
        // If this fails too, the error is still printed.
        let _ = dir.write_record(&failed);
    }
}
