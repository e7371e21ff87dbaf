//! `runs` and its subcommands that are not files of their own.

use std::io::Write;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::find::{find, refused};
use super::{export, labels, predict, table, tensorboard, weights};
use crate::app::groups_of;
use crate::cli::CliError;
use crate::metrics::text;
use crate::run::{Event, Field, Listing, Query, RunDir, RunEntry, RunError, Sort, Store, UnknownField};
use crate::shell;

const EXAMPLES: &str = "\
Examples:
  cnn-tui runs                                               List all runs
  cnn-tui runs -q 'preset = cnn and best_acc > 0.88'         List some runs
  cnn-tui runs --sort -best_acc                              The most accurate first
  cnn-tui runs show calm-otter                               Everything about a run
  cnn-tui runs rm calm-otter                                 Move a run to the trash";

const LIST_EXAMPLES: &str = "\
Examples:
  cnn-tui runs list -q 'state = finished and lr > 0.02'      Query by fields
  cnn-tui runs list -q tag:night --json                      Runs with a tag, as JSON
  cnn-tui runs list --sort -best_acc --limit 10              The ten most accurate
  cnn-tui runs list --columns name,lr,seed,best_acc          Other columns
  cnn-tui runs list --group                                  Mean and spread over seeds
  cnn-tui runs list --trash                                  Runs in the trash";

const EXPORT_EXAMPLES: &str = "\
Examples:
  cnn-tui runs export one two > epochs.csv                              Metrics per epoch as CSV
  cnn-tui runs export one --what steps --json                           Loss per step as JSON
  cnn-tui runs export one two --what summary --format markdown          A table for a report";

const TAG_EXAMPLES: &str = "\
Examples:
  cnn-tui runs tag one two --add baseline           Add a tag to two runs
  cnn-tui runs tag one --add good --remove slow     Replace a tag";

/// List, inspect, compare, export and delete runs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct RunsCommand {
    #[command(flatten)]
    list: ListCommand,
    #[command(subcommand)]
    command: Option<RunsSubcommand>,
}

#[derive(Debug, Subcommand)]
enum RunsSubcommand {
    /// List runs, newest first.
    #[command(after_help = LIST_EXAMPLES)]
    List(ListCommand),
    /// Show everything about a run.
    Show(ShowCommand),
    /// Show how runs differ.
    Diff(export::DiffCommand),
    /// Compare the predictions of two runs, with a significance test.
    Predict(predict::PredictCommand),
    /// Export metrics as CSV, JSON or Markdown.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(export::ExportCommand),
    /// Add or remove tags.
    #[command(after_help = TAG_EXAMPLES)]
    Tag(labels::TagCommand),
    /// Rename a run.
    Rename(labels::RenameCommand),
    /// Set the note of a run.
    Note(labels::NoteCommand),
    /// Export settings and metrics as TensorBoard event files. Repeat to append new data.
    Tensorboard(tensorboard::TensorboardCommand),
    /// Export weights as a safetensors file for PyTorch.
    ///
    /// Load it with `model.load_state_dict(safetensors.torch.load_file(FILE))` into a module with the layers of the
    /// preset: conv1, conv2, fc1 and fc2 for `cnn`; fc1, fc2 and fc3 for `dnn`. Normalise pixels with
    /// (x / 255 - 0.1307) / 0.3081.
    Weights(weights::WeightsCommand),
    /// Move runs to the trash (undo with `restore`).
    Rm(RmCommand),
    /// Restore a run from the trash.
    Restore(RestoreCommand),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct ListCommand {
    /// Show only matching runs, for example `preset = cnn and best_acc > 0.88`; see `--fields`.
    #[arg(long, short, value_name = "QUERY", default_value = "", hide_default_value = true)]
    query: String,
    /// Sort by a field; prefix it with `-` for descending order.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Show these fields instead of the usual columns, such as `name,lr,best_acc`; see `--fields`.
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    columns: Vec<String>,
    /// Show one line per group of runs that differ only by seed, with mean and standard deviation.
    #[arg(long, conflicts_with_all = ["columns", "json", "trash"])]
    group: bool,
    /// Show at most this many runs.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// List runs in the trash.
    #[arg(long)]
    trash: bool,
    /// List the fields for queries and sorting instead of runs.
    #[arg(long)]
    fields: bool,
    /// Print JSON, one object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ShowCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    run: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RmCommand {
    /// Run IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RestoreCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    run: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl RunsCommand {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        match self.command {
            None => self.list.run(store, out),
            Some(RunsSubcommand::List(command)) => command.run(store, out),
            Some(RunsSubcommand::Show(command)) => command.run(store, out),
            Some(RunsSubcommand::Diff(command)) => command.run(store, out),
            Some(RunsSubcommand::Predict(command)) => command.run(store, out),
            Some(RunsSubcommand::Export(command)) => command.run(store, out),
            Some(RunsSubcommand::Tag(command)) => command.run(store, out),
            Some(RunsSubcommand::Rename(command)) => command.run(store, out),
            Some(RunsSubcommand::Note(command)) => command.run(store, out),
            Some(RunsSubcommand::Tensorboard(command)) => command.run(store, out),
            Some(RunsSubcommand::Weights(command)) => command.run(store, out),
            Some(RunsSubcommand::Rm(command)) => command.run(store, out),
            Some(RunsSubcommand::Restore(command)) => command.run(store, out),
        }
    }
}

impl ListCommand {
    fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        if self.fields {
            for field in Field::all() {
                writeln!(out, "{field:<16} {}", field.about())?;
            }
            return Ok(());
        }
        let query: Query = self.query.parse().map_err(|error| refused(&self.query, &error))?;
        let sort = self.sort.as_deref().map(sort).transpose()?;
        let listed = if self.trash {
            store.deleted().into_iter().map(|run| Listing::Run(Arc::new(run))).collect()
        } else {
            store.list()
        };
        let fits = |listed: &Listing| match listed {
            Listing::Run(run) => query.matches(run),
            Listing::Broken { .. } => query.is_empty(),
        };
        let mut listed: Vec<&Listing> = listed.iter().filter(|listed| fits(listed)).collect();
        if let Some(sort) = sort {
            sort.sort(&mut listed, |listed| *listed);
        }
        listed.truncate(self.limit.unwrap_or(usize::MAX));
        let fields = self.columns.iter().map(|name| field(name.trim())).collect::<Result<Vec<_>, _>>()?;
        if self.json {
            for listed in &listed {
                writeln!(
                    out,
                    "{}",
                    if fields.is_empty() { as_json(listed) } else { fields_json(listed, &fields) }
                )?;
            }
            return Ok(());
        }
        if listed.is_empty() {
            let root = store.root().display();
            if self.trash || !query.is_empty() {
                writeln!(out, "no matching runs in {root}")?;
            } else {
                writeln!(out, "no runs in {root} yet; run `cnn-tui train` to start one")?;
            }
            return Ok(());
        }
        if self.group {
            let runs: Vec<Listing> = listed.into_iter().cloned().collect();
            return table::print_groups(&groups_of(&runs), &runs, out);
        }
        if fields.is_empty() {
            table::print(&listed, out)
        } else {
            table::print_fields(&listed, &fields, out)
        }
    }
}

fn sort(text: &str) -> Result<Sort, CliError> {
    text.parse().map_err(|UnknownField(name)| unknown_field(&name))
}

fn field(name: &str) -> Result<Field, CliError> {
    Field::named(name).ok_or_else(|| unknown_field(name))
}

fn unknown_field(name: &str) -> CliError {
    CliError::Usage(format!("unknown field '{name}'; run `cnn-tui runs --fields` to list them"))
}

/// These fields of a run.
fn fields_json(listed: &Listing, fields: &[Field]) -> Value {
    match listed {
        Listing::Run(run) => {
            let pairs = fields.iter().map(|field| (field.name().to_owned(), export::as_json(field.of(run))));
            Value::Object(pairs.collect())
        }
        Listing::Broken { .. } => as_json(listed),
    }
}

fn as_json(listed: &Listing) -> Value {
    match listed {
        Listing::Run(run) => run_json(run),
        Listing::Broken { name, reason } => json!({ "id": name, "broken": reason }),
    }
}

/// The run's `run.json`, with its actual state and directory.
fn run_json(run: &RunEntry) -> Value {
    let mut json = serde_json::to_value(&run.manifest).unwrap_or_default();
    json["state"] = json!(run.state_name().as_str());
    json["directory"] = json!(run.dir.path());
    json
}

impl ShowCommand {
    fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let run = find(store, &self.run)?;
        if self.json {
            writeln!(out, "{:#}", run_json(&run))?;
            return Ok(());
        }
        for field in Field::all() {
            let value = field.in_words(field.of(&run));
            if !value.is_empty() {
                writeln!(out, "{field:<12} {value}")?;
            }
        }
        if let Some(fork) = &run.manifest.fork {
            writeln!(
                out,
                "{:<12} checkpoint {} after step {}",
                "forked from",
                fork.checkpoint,
                text::count(fork.step)
            )?;
        }
        for pause in &run.manifest.pauses {
            let duration = pause.to.map_or("until now".to_owned(), |to| {
                format!("for {}", text::duration(Some(to - pause.from)))
            });
            let is_exact = pause.before.is_some() && pause.before == pause.after;
            let exact = if is_exact { ", resumed bit-exact" } else { "" };
            let step = text::count(pause.step);
            writeln!(out, "{:<12} {} at step {step} {duration}{exact}", "pause", pause.reason)?;
        }
        for warning in warnings(&run.dir)? {
            writeln!(out, "{:<12} {warning}", "warning")?;
        }
        writeln!(out, "{:<12} {}", "directory", run.dir.path().display())?;
        Ok(())
    }
}

/// The warnings that its trainers recorded, oldest first; each text once.
fn warnings(dir: &RunDir) -> Result<Vec<String>, CliError> {
    let mut journal = dir.journal_reader();
    let mut warnings: Vec<String> = Vec::new();
    loop {
        let batch = journal.poll().map_err(RunError::from)?;
        for entry in batch.entries {
            if let Event::Warning { text } = entry.event
                && !warnings.contains(&text)
            {
                warnings.push(text);
            }
        }
        if batch.caught_up {
            return Ok(warnings);
        }
    }
}

impl RmCommand {
    fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        // Resolve all IDs first, so that an unknown one leaves every run in place.
        let runs = self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, _>>()?;
        for (run, query) in runs.iter().zip(&self.ids) {
            let (id, name) = (run.dir.id(), &run.manifest.name);
            if name != query && !id.as_str().starts_with(query.as_str()) {
                return Err(CliError::Usage(format!(
                    "'{query}' is only a prefix of {name} ({id}); to delete that run, use its full name or ID"
                )));
            }
        }
        for run in runs {
            store.delete(&run.dir)?;
            let (id, name) = (run.dir.id(), &run.manifest.name);
            if self.json {
                writeln!(out, "{}", json!({ "deleted": id }))?;
            } else {
                writeln!(out, "moved {name} to the trash; run `cnn-tui runs restore {id}` to restore it")?;
            }
        }
        Ok(())
    }
}

impl RestoreCommand {
    fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let dir = shell::restore(store, &self.run)?;
        if self.json {
            writeln!(out, "{}", json!({ "restored": dir.id() }))?;
        } else {
            writeln!(out, "restored {}", dir.manifest()?.name)?;
        }
        Ok(())
    }
}
