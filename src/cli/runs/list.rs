//! `runs list`: the table of runs.

use std::io::Write;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::find::query_error;
use super::show::run_json;
use super::{table, value_table};
use crate::app::groups_of;
use crate::cli::CliError;
use crate::run::{Field, Listing, Query, Sort, Store, UnknownField};

pub(super) const EXAMPLES: &str = "\
Examples:
  cnn-tui runs list -q 'state = finished and lr > 0.02'      Query by fields
  cnn-tui runs list -q tag:night --json                      Runs with a tag, as JSON
  cnn-tui runs list --sort -best_acc --limit 10              The ten most accurate
  cnn-tui runs list --columns name,lr,seed,best_acc          Other columns
  cnn-tui runs list --group                                  Mean and spread over seeds
  cnn-tui runs list --trash                                  Runs in the trash";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ListCommand {
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

impl ListCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        if self.fields {
            for field in Field::all() {
                writeln!(out, "{field:<16} {}", uncapitalized(field.about()))?;
            }
            return Ok(());
        }
        let query: Query = self.query.parse().map_err(|error| query_error(&self.query, &error))?;
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
            if self.trash && query.is_empty() {
                writeln!(out, "the trash is empty")?;
            } else if !query.is_empty() {
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

/// Descriptions of settings begin with a capital letter, which a name such as `AdamW` keeps.
fn uncapitalized(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    let is_word = rest.chars().take_while(|c| c.is_alphabetic()).all(char::is_lowercase);
    if is_word { first.to_lowercase() + rest } else { text.to_owned() }
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
            let pairs =
                fields.iter().map(|field| (field.name().to_owned(), value_table::as_json(field.of(run))));
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
