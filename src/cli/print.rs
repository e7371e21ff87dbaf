//! `runs` and `summary`: tables on standard output.

use std::io::Write;

use clap::Args;

use super::CliError;
use super::summary::Summary;
use crate::metrics::text;
use crate::nn::{self, DeviceKind, Kernels};
use crate::run::{Listed, Origin, RunSummary, Store};

/// List the runs.
#[derive(Debug, Args)]
pub(super) struct RunsCommand {}

/// Print a network layer by layer.
#[derive(Debug, Args)]
pub(super) struct SummaryCommand {
    /// The network: `cnn` or `dnn`.
    #[arg(long, value_name = "NAME", default_value = "cnn")]
    preset: String,
    /// Images in a batch.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65536))]
    batch_size: u32,
}

impl RunsCommand {
    /// Prints a line for each run, the newest first.
    #[expect(clippy::unused_self, reason = "every command runs the same way")]
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let runs = store.list();
        if runs.is_empty() {
            writeln!(out, "no runs in {} yet; `cnn-tui train` starts one", store.root().display())?;
            return Ok(());
        }
        writeln!(
            out,
            "{:<36} {:<16} {:<11} {:<6} {:>7} {:>8}  data",
            "id", "name", "state", "preset", "epochs", "best"
        )?;
        for listed in runs {
            match listed {
                Listed::Run(run) => writeln!(out, "{}", row(&run))?,
                Listed::Broken { name, reason } => {
                    writeln!(out, "{name:<36} {:<16} {:<11} {reason}", "", "broken")?;
                }
            }
        }
        Ok(())
    }
}

fn row(RunSummary { dir, record, state, origin }: &RunSummary) -> String {
    let epochs = format!("{}/{}", record.summary.epoch, record.settings().epochs);
    let best = text::percent(record.summary.best_test_accuracy);
    let data = record.provenance.dataset.as_ref().map_or("-", |data| &data.description);
    let (id, preset) = (dir.id().as_str(), &record.config.preset);
    let origin = if *origin == Origin::Reference { " (reference)" } else { "" };
    let name = &record.name;
    let state = if state.trouble().is_some() { "waiting" } else { state.status.as_str() };
    format!("{id:<36} {name:<16} {state:<11} {preset:<6} {epochs:>7} {best:>8}  {data}{origin}")
}

impl SummaryCommand {
    /// Prints the table.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), CliError> {
        let model = nn::build(&self.preset, DeviceKind::Cpu, Kernels::best(), None)
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let summary = Summary { layers: model.layers(), batch_size: self.batch_size as usize };
        writeln!(out, "{summary}")?;
        Ok(())
    }
}
