//! `sweep`: every combination of several settings, queued.

use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use super::options::check_preset;
use super::train::check_labels;
use super::{CliError, TrainOptions};
use crate::metrics::text;
use crate::run::{Axis, NewRun, RunConfig, Store, SweepError, sweep};
use crate::shell::{self, Untrained};

const EXAMPLES: &str = "\
Values are separated by commas. A range includes both ends: 1..5, '0.1..0.5 step 0.1' or '1e-4..1e-1 times 10'.

Examples:
  cnn-tui sweep seed=1..5                                Repeat a run with five seeds
  cnn-tui sweep lr=0.003,0.01,0.03 --tag rates           Three learning rates, with a tag
  cnn-tui sweep lr=0.01,0.03 seed=1..3                   Two learning rates with three seeds each
  cnn-tui sweep lr='1e-4..1 times 10' --epochs 5         A logarithmic range
  cnn-tui sweep dropout='0.1..0.5 step 0.1' --jobs 2     A linear range, two runs at a time";

/// Train a run for every combination of values, one after another in the background. Options apply to every run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SweepCommand {
    /// Settings to vary, each with its values, such as seed=1..3 or lr=0.003,0.01,0.03.
    #[arg(value_name = "SETTING=VALUES", required = true)]
    axes: Vec<String>,
    #[command(flatten)]
    options: TrainOptions,
    /// Tag for the runs (repeatable).
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
    /// Runs to train at the same time; also applies to later sweeps [default: the last value, initially 1].
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<usize>,
    /// Also queue combinations that were already trained or are queued.
    #[arg(long)]
    again: bool,
    /// Print JSON, one object per line.
    #[arg(long)]
    json: bool,
}

/// Parses a number of runs that train at the same time.
pub(super) fn jobs(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|jobs| (1..=64).contains(jobs))
        .ok_or_else(|| "must be between 1 and 64".to_owned())
}

impl SweepCommand {
    /// Creates the runs and queues them.
    pub(super) fn run(
        self,
        store: &Store,
        defaults: TrainOptions,
        out: &mut impl Write,
    ) -> Result<(), CliError> {
        let config = self.options.or(defaults).into_config()?;
        let sweep_error = |error: SweepError| CliError::Usage(error.to_string());
        let axes = self.axes.iter().map(|axis| axis.parse().map_err(sweep_error));
        let configs = sweep(&config, &axes.collect::<Result<Vec<Axis>, _>>()?).map_err(sweep_error)?;
        let configs = configs.into_iter().map(shell::with_absolute_data).collect::<Result<Vec<_>, _>>()?;
        configs.iter().try_for_each(check_preset)?;
        let checksums = shell::check_all(&configs)?;
        let tags = self.tags;
        check_labels(None, &tags)?;
        let Untrained { new: configs, known } = if self.again {
            Untrained { new: configs, known: Vec::new() }
        } else {
            shell::untrained(store, configs.into_iter().zip(checksums))
        };
        for (config, name) in &known {
            writeln!(io::stderr(), "cnn-tui: skipped {}: same as {name}", non_default_settings(config))?;
        }
        if configs.is_empty() {
            return Err(CliError::Usage(
                "every combination is already trained or queued; use --again to train them again".to_owned(),
            ));
        }
        let new = |config| NewRun { tags: tags.clone(), ..shell::new_run(config) };
        let runs = configs.into_iter().map(new).collect::<Vec<_>>();
        let runs = shell::queue_runs(store, &runs, self.jobs)?;
        for run in &runs {
            let manifest = run.manifest()?;
            if self.json {
                writeln!(
                    out,
                    "{}",
                    json!({ "queued": manifest.id, "name": manifest.name, "config": manifest.config })
                )?;
            } else {
                writeln!(out, "{:<20} {}", manifest.name, non_default_settings(&manifest.config))?;
            }
        }
        let queue = store.queue()?;
        if !self.json {
            let paused = if queue.paused {
                "; the queue is paused, run `cnn-tui queue resume` to start it"
            } else {
                ""
            };
            writeln!(out, "{} queued{paused}", text::number_of(runs.len() as u64, "run"))?;
        }
        Ok(())
    }
}

/// The settings that differ from their defaults, on one line.
pub(super) fn non_default_settings(config: &RunConfig) -> String {
    let changes = config.changes().into_iter().map(|(setting, value)| format!("{setting} {value}"));
    changes.collect::<Vec<_>>().join("  ")
}
