//! `runs`: what there is, one run whole, and away with one.

mod export;
mod labels;
mod predict;
mod table;
mod tensorboard;
mod weights;

use std::io::Write;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::CliError;
use crate::metrics::text;
use crate::run::{Field, Listing, Query, QueryError, RunEntry, RunError, Sort, Store, UnknownField};

/// List the runs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RunsCommand {
    #[command(flatten)]
    list: ListCommand,
    #[command(subcommand)]
    command: Option<RunsSubcommand>,
}

#[derive(Debug, Subcommand)]
enum RunsSubcommand {
    /// List the runs, the newest first.
    List(ListCommand),
    /// Print all about a run.
    Show(ShowCommand),
    /// Print in what two runs or more differ.
    Diff(export::DiffCommand),
    /// Compare what two runs predict: which images they get right, and whether that is more than chance.
    Predict(predict::PredictCommand),
    /// Print numbers of runs for other programs, as CSV, JSON or Markdown.
    Export(export::ExportCommand),
    /// Give tags, or take them away.
    Tag(labels::TagCommand),
    /// Give a run another name.
    Rename(labels::RenameCommand),
    /// Write down something about a run.
    Note(labels::NoteCommand),
    /// Write what runs measured for TensorBoard.
    Tensorboard(tensorboard::TensorboardCommand),
    /// Write the weights of a run for PyTorch, as a safetensors file.
    ///
    /// `model.load_state_dict(safetensors.torch.load_file(FILE))` takes them into a module that has the preset's layers:
    /// conv1, conv2, fc1 and fc2 of `cnn`; fc1, fc2 and fc3 of `dnn`. It gets pixels as (x / 255 - 0.1307) / 0.3081.
    Weights(weights::WeightsCommand),
    /// Throw runs away; `restore` brings them back.
    Rm(RmCommand),
    /// Bring a run back that was thrown away.
    Restore(RestoreCommand),
}

#[derive(Debug, Args)]
struct ListCommand {
    /// Only those for which this holds, such as `preset = cnn and best_acc > 0.88`; `--fields` names what can be asked.
    #[arg(long, short, value_name = "QUERY", default_value = "")]
    query: String,
    /// Sort by a field, downwards with a `-` before it.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Those that were thrown away.
    #[arg(long)]
    trash: bool,
    /// Print what can be asked of a run, and no runs.
    #[arg(long)]
    fields: bool,
    /// As JSON, one object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ShowCommand {
    /// The run: its id, its name, or how its id begins.
    #[arg(value_name = "ID")]
    run: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RmCommand {
    /// The runs: their ids, their names, or how their ids begin.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RestoreCommand {
    /// The run: its id, its name, or how its id begins.
    #[arg(value_name = "ID")]
    run: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl RunsCommand {
    /// Does what it says.
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
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
            store.thrown_away().into_iter().map(|run| Listing::Run(Arc::new(run))).collect()
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
        if self.json {
            for listed in &listed {
                writeln!(out, "{}", as_json(listed))?;
            }
            return Ok(());
        }
        if listed.is_empty() {
            let root = store.root().display();
            if self.trash || !query.is_empty() {
                writeln!(out, "no such runs in {root}")?;
            } else {
                writeln!(out, "no runs in {root} yet; `cnn-tui train` starts one")?;
            }
            return Ok(());
        }
        table::print(&listed, out)
    }
}

/// A query that was not understood.
fn refused(query: &str, error: &QueryError) -> CliError {
    let column = query[..error.at.start].chars().count() + 1;
    CliError::Usage(format!("{error} (in `{query}`, at character {column})"))
}

fn sort(text: &str) -> Result<Sort, CliError> {
    text.parse().map_err(|UnknownField(name)| {
        CliError::Usage(format!("there is no field `{name}`; `cnn-tui runs --fields` names them"))
    })
}

fn as_json(listed: &Listing) -> Json {
    match listed {
        Listing::Run(run) => run_json(run),
        Listing::Broken { name, reason } => json!({ "id": name, "broken": reason }),
    }
}

/// A run's `run.json`, with how it really stands and where it is.
fn run_json(run: &RunEntry) -> Json {
    let mut json = serde_json::to_value(&run.record).unwrap_or_default();
    json["state"] = json!(table::state(run));
    json["directory"] = json!(run.dir.path());
    json
}

/// The run that a person means, with how it stands.
fn find(store: &Store, query: &str) -> Result<RunEntry, RunError> {
    store.look(&store.resolve(query)?)
}

impl ShowCommand {
    fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let run = find(store, &self.run)?;
        if self.json {
            writeln!(out, "{:#}", run_json(&run))?;
            return Ok(());
        }
        for field in Field::all() {
            let answer = field.in_words(field.of(&run));
            if !answer.is_empty() {
                writeln!(out, "{field:<12} {answer}")?;
            }
        }
        for pause in &run.record.pauses {
            let exact = pause.before.is_some() && pause.before == pause.after;
            let lasted = pause.to.map_or("until now".to_owned(), |to| text::duration(Some(to - pause.from)));
            let exact = if exact { ", exact" } else { "" };
            writeln!(out, "{:<12} {} at step {}, {lasted}{exact}", "pause", pause.reason, pause.step)?;
        }
        writeln!(out, "{:<12} {}", "directory", run.dir.path().display())?;
        Ok(())
    }
}

impl RmCommand {
    fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        // All of them are found before the first is thrown away.
        let runs = self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, _>>()?;
        for (run, meant) in runs.iter().zip(&self.ids) {
            let (id, name) = (run.dir.id(), &run.record.name);
            if name != meant && !id.as_str().starts_with(meant.as_str()) {
                let told =
                    format!("`{meant}` is only how {name} ({id}) begins: give the whole name or the id");
                return Err(CliError::Usage(told));
            }
        }
        for run in runs {
            store.throw_away(&run.dir)?;
            let (id, name) = (run.dir.id(), &run.record.name);
            if self.json {
                writeln!(out, "{}", json!({ "thrown_away": id }))?;
            } else {
                writeln!(out, "{name} is thrown away; `cnn-tui runs restore {id}` brings it back")?;
            }
        }
        Ok(())
    }
}

impl RestoreCommand {
    fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let dir = store.restore(&self.run)?;
        if self.json {
            writeln!(out, "{}", json!({ "restored": dir.id() }))?;
        } else {
            writeln!(out, "{} is back", dir.record()?.name)?;
        }
        Ok(())
    }
}
