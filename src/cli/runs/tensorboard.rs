//! `runs tensorboard`.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{CliError, find};
use crate::run::{FileError, RunEntry, RunError, Store};

/// Write what runs measured for TensorBoard: loss, accuracy and learning rate, by step.
#[derive(Debug, Args)]
pub(super) struct TensorboardCommand {
    /// The runs: their ids, their names, or how their ids begin.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Where to: each run gets a new directory in this one, called as the run. `tensorboard --logdir DIR` shows them.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// As JSON, one object a line.
    #[arg(long)]
    json: bool,
}

impl TensorboardCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let mut runs: Vec<RunEntry> = Vec::new();
        for id in &self.ids {
            let run = find(store, id)?;
            if runs.iter().all(|other| other.dir != run.dir) {
                runs.push(run);
            }
        }
        let directories: Vec<_> = runs.iter().map(|run| self.to.join(name(run, &runs))).collect();
        // All are looked for before the first is written.
        if let Some(path) = directories.iter().find(|path| path.symlink_metadata().is_ok()) {
            return Err(RunError::from(FileError::AlreadyExists { path: path.clone() }).into());
        }
        for (run, directory) in runs.iter().zip(&directories) {
            let file = run.dir.write_event_file(directory)?;
            if self.json {
                writeln!(out, "{}", json!({ "run": run.dir.id(), "file": file }))?;
            } else {
                writeln!(out, "{}: {}", run.record.name, file.display())?;
            }
        }
        if !self.json {
            writeln!(out, "`tensorboard --logdir {}` shows what is there", self.to.display())?;
        }
        Ok(())
    }
}

/// What a run's directory is called: as the run, or where a second run is called so or no file can be, as its id.
fn name<'a>(run: &'a RunEntry, runs: &[RunEntry]) -> &'a str {
    let name = &run.record.name;
    let is_the_only_one = runs.iter().filter(|other| other.record.name == *name).count() == 1;
    let is_a_file_name = Path::new(name).file_name() == Some(OsStr::new(name)) && name.len() < 256;
    if is_the_only_one && is_a_file_name { name } else { run.dir.id().as_str() }
}
