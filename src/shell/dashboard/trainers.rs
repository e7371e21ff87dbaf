//! The trainer processes that the dashboard starts.

use std::process::Child;
use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::Msg;
use crate::run::RunDir;
use crate::shell::trainer::{launch, record_failed_start};
use crate::shell::{ShellError, StartedBy};

/// Starts a trainer for this run and shows it.
pub(super) fn start_trainer(dir: RunDir, sender: &UnboundedSender<Msg>) {
    match launch(&dir, StartedBy::Dashboard) {
        Ok(trainer) => {
            let _ = sender.send(Msg::Started(dir.id().clone()));
            reap(dir, trainer, sender.clone());
        }
        Err(error) => drop(sender.send(Msg::Failed(error.to_string()))),
    }
}

/// Waits on a thread for a trainer to exit, and reports it if it failed without a recorded reason.
pub(super) fn reap(dir: RunDir, mut trainer: Child, sender: UnboundedSender<Msg>) {
    let wait = move || {
        let Ok(exit) = trainer.wait() else { return };
        let silent = dir.manifest().is_ok_and(|manifest| manifest.reason.is_none());
        if silent && exit.code().is_some_and(|code| code != 0) {
            let error = ShellError::Exited { exit, log: dir.trainer_log() };
            record_failed_start(&dir, &error);
            let _ = sender.send(Msg::Failed(error.to_string()));
        }
    };
    // The trainer keeps running even if the thread cannot be created.
    let _ = thread::Builder::new().name("reap".to_owned()).spawn(wait);
}
