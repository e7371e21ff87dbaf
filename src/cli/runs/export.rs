//! `runs export` and `runs diff`: metrics of runs for other programs and documents.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value as Json, json};

use super::find::find;
use crate::cli::CliError;
use crate::run::{EpochMetric, EpochReport, Field, RunEntry, RunError, Store, Value};

/// Export metrics as CSV, JSON or Markdown.
#[derive(Debug, Args)]
#[command(
    after_help = "Use `runs tensorboard` for TensorBoard event files, and `runs weights` for weights to load in PyTorch."
)]
pub(super) struct ExportCommand {
    /// Run IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
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

/// Show how runs differ.
#[derive(Debug, Args)]
pub(super) struct DiffCommand {
    /// Run IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID", required = true, num_args = 2..)]
    ids: Vec<String>,
    /// Print JSON, one object per line.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object per line.
    Json,
    /// A Markdown table.
    Markdown,
}

/// Rows with headings.
struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<Json>>,
}

impl ExportCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let runs = self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, _>>()?;
        let is_read = self.format == OutputFormat::Markdown && !self.json;
        let table = match self.what {
            What::Summary => summary(&runs, if is_read { in_words } else { as_json }),
            What::Epochs | What::Steps => from_journals(&runs, self.what)?,
        };
        table.write(if self.json { OutputFormat::Json } else { self.format }, out)
    }
}

impl DiffCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let runs = self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, _>>()?;
        let names = runs.iter().map(|run| run.record.name.clone());
        let headings = ["field".to_owned()].into_iter().chain(names).collect();
        let row = |field: Field| {
            let values: Vec<Value> = runs.iter().map(|run| field.of(run)).collect();
            let differ = values.iter().any(|value| *value != values[0]);
            let write = if self.json { as_json } else { in_words };
            let cells = values.into_iter().map(|value| write(field, value));
            differ.then(|| [json!(field.name())].into_iter().chain(cells).collect())
        };
        // Name, ID and creation time always differ.
        let is_compared = |field: &Field| !["name", "id", "created"].contains(&field.name());
        let rows = Field::all().filter(is_compared).filter_map(row).collect();
        let table = Table { headings, rows };
        if self.json { table.write(OutputFormat::Json, out) } else { table.print(out) }
    }
}

/// A value for programs. Whole numbers are written as integers.
#[expect(clippy::cast_possible_truncation, reason = "a whole number of that size is exact")]
fn as_json(_: Field, value: Value) -> Json {
    match value {
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 2_f64.powi(53) => {
            json!(number as i64)
        }
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Words(words) => json!(words.join(" ")),
        Value::None => Json::Null,
    }
}

/// A value for people.
fn in_words(field: Field, value: Value) -> Json {
    json!(field.in_words(value))
}

fn summary(runs: &[RunEntry], write: fn(Field, Value) -> Json) -> Table {
    let row = |run| Field::all().map(|field| write(field, field.of(run))).collect();
    Table {
        headings: Field::all().map(|field| field.name().to_owned()).collect(),
        rows: runs.iter().map(row).collect(),
    }
}

fn from_journals(runs: &[RunEntry], what: What) -> Result<Table, RunError> {
    let columns: Vec<&str> = match what {
        What::Epochs => {
            ["epoch", "step"].into_iter().chain(EpochMetric::all().map(|metric| metric.key)).collect()
        }
        What::Steps | What::Summary => vec!["step", "loss"],
    };
    let mut rows = Vec::new();
    for run in runs {
        let id = run.dir.id().as_str();
        let history = run.dir.history()?;
        if what == What::Epochs {
            rows.extend(history.reports().map(|report| epoch(id, report)));
        } else {
            rows.extend(history.steps.iter().map(|row| vec![json!(id), json!(row.step), json!(row.loss)]));
        }
    }
    Ok(Table { headings: ["run"].into_iter().chain(columns).map(str::to_owned).collect(), rows })
}

fn epoch(id: &str, report: &EpochReport) -> Vec<Json> {
    let place = [json!(id), json!(report.epoch), json!(report.step)];
    place.into_iter().chain(EpochMetric::all().map(|metric| json!(metric.of(report)))).collect()
}

impl Table {
    fn write(&self, form: OutputFormat, out: &mut impl Write) -> Result<(), CliError> {
        match form {
            OutputFormat::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                let written = writer.write_record(&self.headings).and_then(|()| {
                    self.rows.iter().try_for_each(|row| writer.write_record(row.iter().map(cell)))
                });
                written.map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => error,
                    other => io::Error::other(format!("{other:?}")),
                })?;
                writer.flush()?;
            }
            OutputFormat::Json => {
                for row in &self.rows {
                    let object: Map<_, _> = self.headings.iter().cloned().zip(row.iter().cloned()).collect();
                    writeln!(out, "{}", Json::Object(object))?;
                }
            }
            OutputFormat::Markdown => {
                let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
                writeln!(out, "{}", line(self.headings.clone()))?;
                writeln!(out, "|{}", "-|".repeat(self.headings.len()))?;
                for row in &self.rows {
                    writeln!(
                        out,
                        "{}",
                        line(row.iter().map(|value| cell(value).replace('|', "\\|")).collect())
                    )?;
                }
            }
        }
        Ok(())
    }

    /// Prints aligned columns for people.
    fn print(&self, out: &mut impl Write) -> Result<(), CliError> {
        let lines: Vec<Vec<String>> = [self.headings.clone()]
            .into_iter()
            .chain(self.rows.iter().map(|row| row.iter().map(cell).collect()))
            .collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..self.headings.len()).map(width).collect();
        for line in lines {
            let cells = line.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}"));
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A value as text; empty if there is none or it is not finite.
fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
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
        let mut manifest = dir.record().unwrap();
        manifest.apply(entry.time, &entry.event);
        dir.write_record(&manifest).unwrap();

        for format in [OutputFormat::Csv, OutputFormat::Json, OutputFormat::Markdown] {
            let ids = vec![dir.id().to_string()];
            let mut out = Vec::new();
            ExportCommand { ids, what: What::Epochs, format, json: false }.run(&store, &mut out).unwrap();
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
        view.update(Update { records: vec![entry], ..Update::default() });
        let points =
            view.by_epoch(metric).points().iter().map(|point| (point.x, point.y)).collect::<Vec<_>>();
        assert_eq!(points, [(10.0, 0.25)]);
    }
}
