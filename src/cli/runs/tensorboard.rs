//! `runs tensorboard`: TensorBoard event files.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::export::warn_of_damage;
use super::find::find;
use crate::cli::CliError;
use crate::run::{EventFile, ListedRun, Store};

const EXAMPLES: &str = "\
Examples:
  cnn-tui runs tensorboard one two --to logs     Export two runs, or add new data
  tensorboard --logdir logs                      View them";

/// Export settings and metrics as TensorBoard event files. Run it again to add new data.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TensorboardCommand {
    /// Run IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Target directory; each run gets a subdirectory named after it.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Print JSON, one object per line.
    #[arg(long)]
    json: bool,
}

impl TensorboardCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let mut runs: Vec<ListedRun> = Vec::new();
        for id in &self.ids {
            let run = find(store, id)?;
            if runs.iter().all(|other| other.dir != run.dir) {
                runs.push(run);
            }
        }
        let directories: Vec<_> = runs.iter().map(|run| self.to.join(directory_name(run, &runs))).collect();
        // Check all of them before writing the first.
        for (run, directory) in runs.iter().zip(&directories) {
            run.dir.check_event_directory(directory)?;
        }
        for (run, directory) in runs.iter().zip(&directories) {
            let EventFile { path, damaged } = run.dir.write_event_file(directory)?;
            warn_of_damage(run, damaged);
            if self.json {
                writeln!(out, "{}", json!({ "run": run.dir.id(), "file": path }))?;
            } else {
                writeln!(out, "{}: {}", run.manifest.name, path.display())?;
            }
        }
        if !self.json {
            writeln!(out, "run `tensorboard --logdir {}` to view them", self.to.display())?;
        }
        Ok(())
    }
}

/// Name of a run's subdirectory: the run's name, or its ID if the name is not unique or not a valid file name.
fn directory_name<'a>(run: &'a ListedRun, runs: &[ListedRun]) -> &'a str {
    let name = &run.manifest.name;
    let is_unique = runs.iter().filter(|other| other.manifest.name == *name).count() == 1;
    let is_a_file_name = Path::new(name).file_name() == Some(OsStr::new(name)) && name.len() < 256;
    if is_unique && is_a_file_name { name } else { run.dir.id().as_str() }
}
