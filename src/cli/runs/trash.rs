//! `runs rm` and `runs restore`: the trash.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::find::find;
use crate::cli::CliError;
use crate::run::Store;
use crate::shell;

#[derive(Debug, Args)]
pub(super) struct RmCommand {
    /// Run IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RestoreCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    run: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl RmCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
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
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let dir = shell::restore(store, &self.run)?;
        if self.json {
            writeln!(out, "{}", json!({ "restored": dir.id() }))?;
        } else {
            writeln!(out, "restored {}", dir.manifest()?.name)?;
        }
        Ok(())
    }
}
