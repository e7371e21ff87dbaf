//! Tables of runs, for people.

use std::io::Write;

use crate::app::Group;
use crate::cli::CliError;
use crate::metrics::{Spread, text};
use crate::run::{Field, ListedRun, Listing, Origin, Setting};
use crate::strings::{aligned, cells_of};

/// Prints rows of cells in aligned columns, `numbers` of which are aligned to the right. The first row has the headings.
pub(super) fn print_columns(
    rows: &[Vec<String>],
    numbers: &[bool],
    out: &mut impl Write,
) -> Result<(), CliError> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let widths = rows.iter().filter_map(|row| row.get(column)).map(|cell| cells_of(cell));
        widths.max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    for row in rows {
        let cell = |(column, cell): (usize, &String)| {
            aligned(cell, widths[column], numbers.get(column).copied().unwrap_or(false))
        };
        let cells: Vec<_> = row.iter().enumerate().map(cell).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// Prints a header and a line for each run.
pub(super) fn print(listed: &[&Listing], out: &mut impl Write) -> Result<(), CliError> {
    let headings = ["id", "name", "state", "preset", "epochs", "best", "data"].map(str::to_owned).to_vec();
    let rows = listed.iter().map(|listed| match listed {
        Listing::Run(run) => row(run),
        Listing::Broken { name, reason } => {
            vec![name.clone(), String::new(), "broken".to_owned(), reason.clone()]
        }
    });
    let rows: Vec<_> = [headings].into_iter().chain(rows).collect();
    print_columns(&rows, &[false, false, false, false, true, true, false], out)
}

fn row(run: &ListedRun) -> Vec<String> {
    let ListedRun { dir, manifest, origin, .. } = run;
    let data = manifest.provenance.dataset.as_ref().map_or("-", |data| &data.description);
    let origin = if *origin == Origin::Reference { " (reference)" } else { "" };
    // A waiting run shows what it waits for.
    let waits_for = run.state.trouble().map_or(String::new(), |trouble| format!("  {trouble}"));
    vec![
        dir.id().to_string(),
        manifest.name.clone(),
        run.state_name().to_string(),
        manifest.config.preset.clone(),
        format!("{}/{}", manifest.summary.epoch, manifest.settings().epochs),
        text::percent(manifest.summary.best_test_accuracy),
        format!("{data}{origin}{waits_for}"),
    ]
}

/// Prints these fields of each run.
pub(super) fn print_fields(
    listed: &[&Listing],
    fields: &[Field],
    out: &mut impl Write,
) -> Result<(), CliError> {
    let headings = fields.iter().map(ToString::to_string).collect();
    let rows = listed.iter().filter_map(|listed| match listed {
        Listing::Run(run) => Some(fields.iter().map(|field| field.in_words(field.of(run))).collect()),
        Listing::Broken { .. } => None,
    });
    let rows: Vec<_> = [headings].into_iter().chain(rows).collect();
    let numbers: Vec<_> = fields.iter().map(|field| field.unit().is_some()).collect();
    print_columns(&rows, &numbers, out)
}

/// Prints a line for each group of runs that differ only by their seed.
pub(super) fn print_groups(groups: &[Group], runs: &[Listing], out: &mut impl Write) -> Result<(), CliError> {
    let headings = ["runs", "finished", "preset", "best_acc", "loss", "settings"].map(str::to_owned).to_vec();
    let spread = |spread: &Spread, write: fn(f64) -> String| match (spread.mean, spread.deviation) {
        (Some(mean), Some(deviation)) => format!("{} ± {}", write(mean), write(deviation)),
        (Some(mean), None) => write(mean),
        (None, _) => "-".to_owned(),
    };
    let rows = groups.iter().filter_map(|group| {
        let Listing::Run(first) = &runs[group.first()] else { return None };
        Some(vec![
            group.indices.len().to_string(),
            group.best.count.to_string(),
            first.manifest.config.preset.clone(),
            spread(&group.best, text::percent),
            spread(&group.loss, text::loss),
            shared_settings(first),
        ])
    });
    let rows: Vec<_> = [headings].into_iter().chain(rows).collect();
    print_columns(&rows, &[true, true, false, true, true, false], out)
}

/// The settings that differ from the defaults or changed during training, except the seed.
fn shared_settings(run: &ListedRun) -> String {
    let notable = run.manifest.notable_settings();
    let fields = Field::all().filter(|field| {
        let is_shared = |setting: &Setting| !["preset", "seed"].contains(&setting.name());
        field.setting().filter(is_shared).is_some_and(|setting| notable.contains(&setting))
    });
    fields.map(|field| format!("{field} {}", field.in_words(field.of(run)))).collect::<Vec<_>>().join("  ")
}
