//! `queue`: the queue of runs to train.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;

use super::CliError;
use super::sweep::{jobs, non_default_settings};
use crate::metrics::text;
use crate::run::{Queue, RunId, Store};
use crate::shell;

const EXAMPLES: &str = "\
Examples:
  cnn-tui queue                       Show the queue
  cnn-tui queue pause                 Start no more runs for now
  cnn-tui queue resume                Start the queued runs
  cnn-tui queue jobs 2                Train two runs at a time
  cnn-tui queue move calm-otter 1     Train calm-otter next";

/// Show and change the queue of runs to train.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct QueueCommand {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<QueueSubcommand>,
}

#[derive(Debug, Subcommand)]
enum QueueSubcommand {
    /// Start no more runs for now; running ones continue.
    Pause,
    /// Start the queued runs, after a pause or a reboot.
    Resume,
    /// Set how many runs train at the same time.
    Jobs {
        /// Number of runs, from 1 to 64.
        #[arg(value_name = "N", value_parser = jobs)]
        jobs: usize,
    },
    /// Move a run to another position.
    Move {
        /// Run ID or name, or a unique prefix of one.
        #[arg(value_name = "ID")]
        run: String,
        /// New position, from 1.
        #[arg(value_name = "POSITION")]
        position: usize,
    },
    /// Remove runs from the queue and move them to the trash (undo with `runs restore`).
    Rm {
        /// Run IDs or names, or unique prefixes of them.
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Remove all queued runs and move them to the trash (undo with `runs restore`).
    Empty,
    /// Internal: the queue worker process.
    #[command(hide = true)]
    Work,
}

impl QueueCommand {
    /// Runs the command.
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        match self.command {
            None => return print(store, self.json, out),
            Some(QueueSubcommand::Work) => return Ok(shell::work_on_queue(store)?),
            Some(QueueSubcommand::Pause) => store.change_queue(|queue| queue.paused = true)?,
            Some(QueueSubcommand::Resume) => {
                store.resume_queue()?;
                shell::launch_queue(store)?;
            }
            Some(QueueSubcommand::Jobs { jobs }) => store.change_queue(|queue| queue.jobs = jobs)?,
            Some(QueueSubcommand::Move { run, position }) => {
                let id = queued(store, &run)?;
                store.change_queue(|queue| {
                    queue.shift(&id, isize::MIN);
                    queue.shift(&id, position.saturating_sub(1).cast_signed());
                })?;
            }
            Some(QueueSubcommand::Rm { ids }) => {
                let ids = ids.iter().map(|id| queued(store, id)).collect::<Result<Vec<_>, _>>()?;
                store.delete_queued(&ids).map(drop)?;
            }
            Some(QueueSubcommand::Empty) => store.delete_queued(&store.queue()?.runs).map(drop)?,
        }
        print(store, false, out)
    }
}

/// Resolves a query to a queued run.
fn queued(store: &Store, query: &str) -> Result<RunId, CliError> {
    let dir = store.resolve(query)?;
    if store.queue()?.position(dir.id()).is_none() {
        let name = dir.manifest()?.name;
        return Err(CliError::Usage(format!("{name} is not in the queue; run `cnn-tui queue` to show it")));
    }
    Ok(dir.id().clone())
}

fn print(store: &Store, json: bool, out: &mut impl Write) -> Result<(), CliError> {
    let queue = store.queue()?;
    let has_worker = store.has_queue_worker();
    if json {
        let Queue { runs, jobs, paused, .. } = queue;
        let queue = json!({ "runs": runs, "jobs": jobs, "paused": paused, "has_worker": has_worker });
        writeln!(out, "{queue}")?;
        return Ok(());
    }
    if queue.runs.is_empty() {
        let what = if queue.paused {
            "the queue is empty and paused; run `cnn-tui queue resume` to start queued runs"
        } else {
            "the queue is empty; run `cnn-tui sweep` to queue runs"
        };
        writeln!(out, "{what}")?;
        return Ok(());
    }
    let status = match (queue.paused, has_worker) {
        (true, _) => "paused; run `cnn-tui queue resume` to continue",
        (false, true) => "running",
        (false, false) => "not running; run `cnn-tui queue resume` to start it",
    };
    let waiting = text::number_of(queue.runs.len() as u64, "run");
    let jobs = text::number_of(queue.jobs as u64, "run");
    writeln!(out, "{waiting} queued, {jobs} at a time, {status}")?;
    for (index, id) in queue.runs.iter().enumerate() {
        // Skips runs that were deleted in the meantime.
        let Ok(manifest) = store.run(id).and_then(|dir| dir.manifest()) else { continue };
        writeln!(out, "{:>3}  {:<20} {}", index + 1, manifest.name, non_default_settings(&manifest.config))?;
    }
    Ok(())
}
