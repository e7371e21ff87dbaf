//! `runs show`: everything about a run.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::find::find;
use crate::cli::CliError;
use crate::metrics::text;
use crate::run::{Event, Field, ListedRun, RunDir, RunError, Store};

#[derive(Debug, Args)]
pub(super) struct ShowRunCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    run: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl ShowRunCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let run = find(store, &self.run)?;
        if self.json {
            writeln!(out, "{:#}", run_json(&run))?;
            return Ok(());
        }
        for field in Field::all() {
            let value = field.in_words(field.of(&run));
            if !value.is_empty() {
                writeln!(out, "{field:<16} {value}")?;
            }
        }
        if let Some(fork) = &run.manifest.fork {
            writeln!(
                out,
                "{:<16} checkpoint {} after step {}",
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
            writeln!(out, "{:<16} {} at step {step} {duration}{exact}", "pause", pause.reason)?;
        }
        for warning in warnings(&run.dir)? {
            writeln!(out, "{:<16} {warning}", "warning")?;
        }
        writeln!(out, "{:<16} {}", "directory", run.dir.path().display())?;
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

/// The run's `run.json`, with its actual state and directory.
pub(super) fn run_json(run: &ListedRun) -> Value {
    let mut json = serde_json::to_value(&run.manifest).unwrap_or_default();
    json["state"] = json!(run.state_name().as_str());
    json["directory"] = json!(run.dir.path());
    json
}
