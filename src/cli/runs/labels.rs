//! `runs tag`, `runs rename` and `runs note`: labels of runs.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::find::find;
use crate::cli::CliError;
use crate::run::{RunDir, RunError, RunLabels, Store};

const EXAMPLES: &str = "\
Examples:
  cnn-tui runs tag one two --add baseline           Add a tag to two runs
  cnn-tui runs tag one --add good --remove slow     Replace a tag";

/// Add or remove tags.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TagCommand {
    /// Run IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Tag to add (repeatable).
    #[arg(long, value_name = "TAG")]
    add: Vec<String>,
    /// Tag to remove (repeatable).
    #[arg(long, value_name = "TAG")]
    remove: Vec<String>,
    /// Print JSON, one object per line.
    #[arg(long)]
    json: bool,
}

/// Rename a run.
#[derive(Debug, Args)]
pub(super) struct RenameCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    id: String,
    /// New name.
    #[arg(value_name = "NAME")]
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Set the note of a run.
#[derive(Debug, Args)]
pub(super) struct NoteCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    id: String,
    /// New note, replacing the old one; an empty text removes it.
    #[arg(value_name = "TEXT")]
    text: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl TagCommand {
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        // Resolve all IDs first, so that an unknown one leaves every run unchanged.
        let runs = self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, RunError>>()?;
        for run in runs {
            let mut tags = run.manifest.tags.clone();
            tags.retain(|tag| !self.remove.contains(tag));
            for tag in &self.add {
                if !tags.contains(tag) {
                    tags.push(tag.clone());
                }
            }
            label(store, &run.dir, RunLabels { tags: Some(tags), ..RunLabels::default() }, self.json, out)?;
        }
        Ok(())
    }
}

impl RenameCommand {
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let dir = store.resolve(&self.id)?;
        label(store, &dir, RunLabels { name: Some(self.name), ..RunLabels::default() }, self.json, out)
    }
}

impl NoteCommand {
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let dir = store.resolve(&self.id)?;
        label(store, &dir, RunLabels { notes: Some(self.text), ..RunLabels::default() }, self.json, out)
    }
}

/// Changes the labels of a run and prints its new ones.
fn label(
    store: &Store,
    dir: &RunDir,
    labels: RunLabels,
    json: bool,
    out: &mut impl Write,
) -> Result<(), CliError> {
    store.label(dir, labels)?;
    let manifest = dir.manifest()?;
    let (id, name, tags, notes) = (&manifest.id, &manifest.name, &manifest.tags, &manifest.notes);
    if json {
        writeln!(out, "{}", json!({ "id": id, "name": name, "tags": tags, "notes": notes }))?;
    } else {
        let labels = [tags.join(" "), notes.clone()];
        let labels: Vec<_> = labels.into_iter().filter(|text| !text.is_empty()).collect();
        writeln!(out, "{}", format!("{name:<20} {}", labels.join("  ")).trim_end())?;
    }
    Ok(())
}
