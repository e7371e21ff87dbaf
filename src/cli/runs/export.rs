//! `runs export`: metrics of runs for other programs and documents.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::find::{find, query_error};
use super::value_table::{Audience, OutputFormat, Table, as_json};
use crate::cli::CliError;
use crate::metrics::text;
use crate::run::{
    EpochMetric, EpochReport, Field, ListedRun, Listing, Query, RunManifest, Schedule, Setting, StepRow,
    Store, widen,
};

const EXAMPLES: &str = "\
Examples:
  cnn-tui runs export one two > epochs.csv                              Metrics per epoch as CSV
  cnn-tui runs export one --what steps --json                           Loss per step as JSON
  cnn-tui runs export one two --what summary --format markdown          A table for a report

Use `runs tensorboard` for TensorBoard event files, and `runs weights` for weights to load in PyTorch.";

/// Export metrics as CSV, JSON or Markdown.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExportCommand {
    /// Run IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID", required_unless_present = "query")]
    ids: Vec<String>,
    /// Export the matching runs, for example `tag:night and state = finished`; see `runs --fields`.
    #[arg(long, short, value_name = "QUERY", conflicts_with = "ids")]
    query: Option<String>,
    /// What to export.
    #[arg(long, value_enum, default_value_t = What::Epochs)]
    what: What,
    /// Output format.
    #[arg(long, value_enum, default_value_t = OutputFormat::Csv)]
    format: OutputFormat,
    /// Same as `--format json`.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// One row per epoch, with every metric.
    Epochs,
    /// One row per step, with its training loss.
    Steps,
    /// One row per run, with every field.
    Summary,
}

impl ExportCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let runs = match &self.query {
            Some(query) => matching(store, query)?,
            None => self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, _>>()?,
        };
        let format = if self.json { OutputFormat::Json } else { self.format };
        let audience = if format == OutputFormat::Markdown { Audience::People } else { Audience::Programs };
        let table = match self.what {
            What::Summary => summary(&runs, audience),
            What::Epochs | What::Steps => from_journals(&runs, self.what, audience)?,
        };
        table.write(format, out)
    }
}

/// The runs that match a query, in the order of their creation.
fn matching(store: &Store, query: &str) -> Result<Vec<ListedRun>, CliError> {
    let parsed: Query = query.parse().map_err(|error| query_error(query, &error))?;
    let mut runs: Vec<_> =
        store.list().into_iter().filter_map(Listing::run).filter(|run| parsed.matches(run)).collect();
    runs.reverse();
    Ok(runs)
}

/// Every field of every run. For programs, settings that can change also have their original value.
fn summary(runs: &[ListedRun], audience: Audience) -> Table {
    let has_original =
        |field: &Field| audience == Audience::Programs && field.setting().is_some_and(Setting::is_changeable);
    let row = |run: &ListedRun| {
        let values = Field::all().map(|field| audience.value(field, field.of(run)));
        let originals = Field::all().filter(has_original).map(|field| as_json(field.of(run).original()));
        values.chain(originals).collect()
    };
    let originals = Field::all().filter(has_original).map(|field| format!("{field}_original"));
    Table {
        headings: Field::all().map(|field| field.name().to_owned()).chain(originals).collect(),
        rows: runs.iter().map(row).collect(),
    }
}

/// A row per epoch or step. Every row has the run's id, its name, and the settings in which the runs differ.
fn from_journals(runs: &[ListedRun], what: What, audience: Audience) -> Result<Table, CliError> {
    let differs = |field: &Field| {
        let value = |run: &ListedRun| field.of(run);
        (field.setting().is_some() || field.name() == "data")
            && runs.iter().any(|run| value(run) != value(&runs[0]))
    };
    let differing: Vec<Field> = Field::all().filter(differs).collect();
    let columns: Vec<&str> = match what {
        What::Epochs => {
            ["epoch", "step"].into_iter().chain(EpochMetric::all().map(|metric| metric.key)).collect()
        }
        What::Steps | What::Summary => vec!["step", "loss", "learning_rate", "time"],
    };
    let mut rows = Vec::new();
    for run in runs {
        let mut identity = vec![json!(run.dir.id().as_str()), json!(run.manifest.name)];
        identity.extend(differing.iter().map(|field| audience.value(*field, field.of(run))));
        let (history, damaged) = run.dir.history_and_damage()?;
        warn_of_damage(run, damaged);
        let mut push = |cells: Vec<Value>| rows.push(identity.iter().cloned().chain(cells).collect());
        if what == What::Epochs {
            history.reports().for_each(|report| push(epoch(report, audience)));
        } else {
            with_rates(&history.steps, &run.manifest).for_each(|(row, rate)| {
                let loss = if row.loss.is_finite() { json!(widen(row.loss)) } else { Value::Null };
                push(vec![json!(row.step), loss, json!(rate.map(widen)), json!(row.time)]);
            });
        }
    }
    let settings = differing.iter().map(|field| field.name());
    let headings = ["run", "name"].into_iter().chain(settings).chain(columns);
    Ok(Table { headings: headings.map(str::to_owned).collect(), rows })
}

/// Says on standard error that lines are left out.
pub(super) fn warn_of_damage(run: &ListedRun, damaged: u64) {
    if damaged > 0 {
        let (lines, path) = (text::number_of(damaged, "line"), run.dir.journal_path());
        let _ =
            writeln!(io::stderr(), "cnn-tui: {}: {lines} could not be read and are left out", path.display());
    }
}

/// The steps with their learning rates. The journal has the rate of the last step of each report. It is the same for the
/// other steps of the report, since a report ends where the rate changes, unless the schedule changes it at every step.
fn with_rates<'a>(
    steps: &'a [StepRow],
    manifest: &RunManifest,
) -> impl Iterator<Item = (&'a StepRow, Option<f32>)> {
    let mut rates: Vec<Option<f32>> = steps.iter().map(|row| row.learning_rate).collect();
    if manifest.config.schedule == Schedule::Cosine {
        let scheduled = manifest.learning_rates();
        for (rate, row) in rates.iter_mut().zip(steps) {
            *rate = rate.or_else(|| scheduled(row.step));
        }
    } else {
        for index in (1..rates.len()).rev() {
            rates[index - 1] = rates[index - 1].or(rates[index]);
        }
    }
    steps.iter().zip(rates)
}

fn epoch(report: &EpochReport, audience: Audience) -> Vec<Value> {
    [json!(report.epoch), json!(report.step)]
        .into_iter()
        .chain(EpochMetric::all().map(|metric| audience.metric(metric, metric.of(report))))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;
    use crate::app::{Column, RunView, Smoothing};
    use crate::run::{Event, JournalEntry, NewRun, Provenance, Query, RunConfig, Update};

    /// The metric `trial` exists only in tests. It is declared in `run/protocol/epoch.rs` and named nowhere else but here.
    #[test]
    fn a_declared_metric_is_exported_queried_listed_and_drawn() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let new = NewRun::new(jiff::Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
        let dir = store.create(&new).unwrap();
        let report = EpochReport { epoch: 1, step: 10, trial: 0.25, ..EpochReport::default() };
        let entry = JournalEntry { time: 1.0, event: Event::Epoch(report) };
        dir.journal().unwrap().append(slice::from_ref(&entry)).unwrap();
        let mut manifest = dir.manifest().unwrap();
        manifest.apply(entry.time, &entry.event);
        dir.write_manifest(&manifest).unwrap();

        for format in [OutputFormat::Csv, OutputFormat::Json, OutputFormat::Markdown] {
            let ids = vec![dir.id().to_string()];
            let mut out = Vec::new();
            ExportCommand { ids, query: None, what: What::Epochs, format, json: false }
                .run(&store, &mut out)
                .unwrap();
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains("trial") && out.contains("0.25"), "{out}");
        }

        let run = store.entry(&dir).unwrap();
        assert!("trial = 0.25 and trial < 0.5".parse::<Query>().unwrap().matches(&run));
        let column: Column = "trial".parse().unwrap();
        assert!(Column::all().any(|known| known == column));
        let field = Field::named("trial").unwrap();
        assert_eq!(field.in_words(field.of(&run)), "0.2500");

        let metric = EpochMetric::all().find(|metric| metric.label == "trial").unwrap();
        let mut view = RunView::new(dir.id().clone(), Smoothing::default());
        view.update(Update { entries: vec![entry], ..Update::default() });
        let points =
            view.by_epoch(metric).points().iter().map(|point| (point.x, point.y)).collect::<Vec<_>>();
        assert_eq!(points, [(10.0, 0.25)]);
    }
}
