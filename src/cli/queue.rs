//! `queue`: what waits to be trained.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;

use super::CliError;
use super::sweep::{changes, jobs};
use crate::metrics::text;
use crate::run::{Queue, RunId, Store};
use crate::shell;

/// Show and change what waits to be trained.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct QueueCommand {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<QueueSubcommand>,
}

#[derive(Debug, Subcommand)]
enum QueueSubcommand {
    /// Start no more runs for now; those that train go on.
    Pause,
    /// Go on after a pause, or after the machine went down.
    Go,
    /// Let so many runs train at the same time.
    Jobs {
        /// How many.
        #[arg(value_name = "N", value_parser = jobs)]
        jobs: usize,
    },
    /// Give a run another place.
    Move {
        /// The run: its id, its name, or how its id begins.
        #[arg(value_name = "ID")]
        run: String,
        /// Its place, from 1.
        #[arg(value_name = "PLACE")]
        place: usize,
    },
    /// Take runs out and throw them away; `runs restore` brings them back.
    Rm {
        /// The runs: their ids, their names, or how their ids begin.
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Take all of them out and throw them away.
    Empty,
    /// What the process does that works on the queue.
    #[command(hide = true)]
    Work,
}

impl QueueCommand {
    /// Does what it says.
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        match self.command {
            None => return print(store, self.json, out),
            Some(QueueSubcommand::Work) => return Ok(shell::work_on_queue(store)?),
            Some(QueueSubcommand::Pause) => store.change_queue(|queue| queue.paused = true)?,
            Some(QueueSubcommand::Go) => {
                store.change_queue(|queue| queue.paused = false)?;
                shell::launch_queue(store)?;
            }
            Some(QueueSubcommand::Jobs { jobs }) => store.change_queue(|queue| queue.jobs = jobs)?,
            Some(QueueSubcommand::Move { run, place }) => {
                let id = queued(store, &run)?;
                store.change_queue(|queue| {
                    queue.shift(&id, isize::MIN);
                    queue.shift(&id, place.saturating_sub(1).cast_signed());
                })?;
            }
            Some(QueueSubcommand::Rm { ids }) => {
                let ids = ids.iter().map(|id| queued(store, id)).collect::<Result<Vec<_>, _>>()?;
                store.unqueue(&ids).map(drop)?;
            }
            Some(QueueSubcommand::Empty) => store.unqueue(&store.queue()?.runs).map(drop)?,
        }
        print(store, false, out)
    }
}

/// The queued run that a person means.
fn queued(store: &Store, query: &str) -> Result<RunId, CliError> {
    let dir = store.resolve(query)?;
    if store.queue()?.place(dir.id()).is_none() {
        let name = dir.record()?.name;
        return Err(CliError::Usage(format!("{name} is not in the queue; `cnn-tui queue` shows what is")));
    }
    Ok(dir.id().clone())
}

fn print(store: &Store, json: bool, out: &mut impl Write) -> Result<(), CliError> {
    let queue = store.queue()?;
    let is_worked_on = store.queue_is_worked_on();
    if json {
        let Queue { runs, jobs, paused, .. } = queue;
        let queue = json!({ "runs": runs, "jobs": jobs, "paused": paused, "is_worked_on": is_worked_on });
        writeln!(out, "{queue}")?;
        return Ok(());
    }
    let how = match (queue.paused, queue.runs.is_empty(), is_worked_on) {
        (true, ..) => "paused; `cnn-tui queue go` goes on",
        (false, true, _) => "nothing waits; `cnn-tui sweep` queues runs",
        (false, false, true) => "at work",
        (false, false, false) => "nobody works on it; `cnn-tui queue go` does",
    };
    let waiting = text::number_of(queue.runs.len() as u64, "run");
    let jobs = text::number_of(queue.jobs as u64, "run");
    writeln!(out, "{waiting} queued, {jobs} at a time, {how}")?;
    for (place, id) in queue.runs.iter().enumerate() {
        // One that was thrown away is passed over.
        let Ok(record) = store.run(id).and_then(|dir| dir.record()) else { continue };
        writeln!(out, "{:>3}  {:<20} {}", place + 1, record.name, changes(&record.config))?;
    }
    Ok(())
}
