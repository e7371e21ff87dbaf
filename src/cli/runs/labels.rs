//! `runs tag`, `runs rename` and `runs note`.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::{CliError, find};
use crate::run::{Labels, RunDir, RunError, Store};

/// Give tags, or take them away.
#[derive(Debug, Args)]
pub(super) struct TagCommand {
    /// The runs: their ids, their names, or how their ids begin.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// A word to find them by; can be said again.
    #[arg(long, value_name = "TAG")]
    add: Vec<String>,
    /// A word that they are not to be found by any more; can be said again.
    #[arg(long, value_name = "TAG")]
    remove: Vec<String>,
    /// As JSON, one object a line.
    #[arg(long)]
    json: bool,
}

/// Give a run another name.
#[derive(Debug, Args)]
pub(super) struct RenameCommand {
    /// The run: its id, its name, or how its id begins.
    #[arg(value_name = "ID")]
    id: String,
    /// What to call it.
    #[arg(value_name = "NAME")]
    name: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Write down something about a run.
#[derive(Debug, Args)]
pub(super) struct NoteCommand {
    /// The run: its id, its name, or how its id begins.
    #[arg(value_name = "ID")]
    id: String,
    /// What to remember, in place of what it says now; empty: nothing.
    #[arg(value_name = "TEXT")]
    text: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl TagCommand {
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        // All of them are found before the first is changed.
        let runs = self.ids.iter().map(|id| find(store, id)).collect::<Result<Vec<_>, RunError>>()?;
        for run in runs {
            let mut tags = run.record.tags.clone();
            tags.retain(|tag| !self.remove.contains(tag));
            for tag in &self.add {
                if !tags.contains(tag) {
                    tags.push(tag.clone());
                }
            }
            label(store, &run.dir, Labels { tags: Some(tags), ..Labels::default() }, self.json, out)?;
        }
        Ok(())
    }
}

impl RenameCommand {
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let dir = store.resolve(&self.id)?;
        label(store, &dir, Labels { name: Some(self.name), ..Labels::default() }, self.json, out)
    }
}

impl NoteCommand {
    pub(super) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let dir = store.resolve(&self.id)?;
        label(store, &dir, Labels { notes: Some(self.text), ..Labels::default() }, self.json, out)
    }
}

/// Labels a run, and prints what it is called then.
fn label(
    store: &Store,
    dir: &RunDir,
    labels: Labels,
    json: bool,
    out: &mut impl Write,
) -> Result<(), CliError> {
    store.label(dir, labels)?;
    let record = dir.record()?;
    let (id, name, tags, notes) = (&record.id, &record.name, &record.tags, &record.notes);
    if json {
        writeln!(out, "{}", json!({ "id": id, "name": name, "tags": tags, "notes": notes }))?;
    } else {
        let told = [tags.join(" "), notes.clone()];
        let told: Vec<_> = told.into_iter().filter(|text| !text.is_empty()).collect();
        writeln!(out, "{}", format!("{name:<20} {}", told.join("  ")).trim_end())?;
    }
    Ok(())
}
