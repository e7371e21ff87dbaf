//! Prints the table of runs.

use std::io::Write;

use crate::cli::CliError;
use crate::metrics::text;
use crate::run::{Listing, Origin, RunEntry};

/// Prints a header and a line for each run.
pub(super) fn print(listed: &[&Listing], out: &mut impl Write) -> Result<(), CliError> {
    writeln!(
        out,
        "{:<36} {:<16} {:<11} {:<6} {:>7} {:>8}  data",
        "id", "name", "state", "preset", "epochs", "best"
    )?;
    for listed in listed {
        match listed {
            Listing::Run(run) => writeln!(out, "{}", row(run))?,
            Listing::Broken { name, reason } => {
                writeln!(out, "{name:<36} {:<16} {:<11} {reason}", "", "broken")?;
            }
        }
    }
    Ok(())
}

fn row(run: &RunEntry) -> String {
    let RunEntry { dir, record, origin, .. } = run;
    let epochs = format!("{}/{}", record.summary.epoch, record.settings().epochs);
    let best = text::percent(record.summary.best_test_accuracy);
    let data = record.provenance.dataset.as_ref().map_or("-", |data| &data.description);
    let (id, preset) = (dir.id().as_str(), &record.config.preset);
    let origin = if *origin == Origin::Reference { " (reference)" } else { "" };
    let (name, state) = (&record.name, run.state_name());
    // A waiting run shows what it waits for.
    let waits_for = run.state.trouble().map_or(String::new(), |trouble| format!("  {trouble}"));
    format!("{id:<36} {name:<16} {state:<11} {preset:<6} {epochs:>7} {best:>8}  {data}{origin}{waits_for}")
}
