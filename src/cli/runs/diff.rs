//! `runs diff`: the fields in which runs differ.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::find::find;
use super::value_table::{Audience, OutputFormat, Table};
use crate::cli::CliError;
use crate::run::{Field, Store};

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

impl DiffCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let runs = self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, _>>()?;
        let names = runs.iter().map(|run| run.manifest.name.clone());
        let headings = ["field".to_owned()].into_iter().chain(names).collect();
        let audience = if self.json { Audience::Programs } else { Audience::People };
        let row = |field: Field| {
            let cells: Vec<Value> = runs.iter().map(|run| audience.value(field, field.of(run))).collect();
            // Only values that differ as printed.
            let differ = cells.iter().any(|cell| *cell != cells[0]);
            differ.then(|| [json!(field.name())].into_iter().chain(cells).collect())
        };
        // Name, ID and creation time always differ.
        let is_compared = |field: &Field| !["name", "id", "created"].contains(&field.name());
        let rows = Field::all().filter(is_compared).filter_map(row).collect();
        let table = Table { headings, rows };
        if self.json { table.write(OutputFormat::Json, out) } else { table.print(out) }
    }
}
