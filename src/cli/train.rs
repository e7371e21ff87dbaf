//! `train` and `resume`.

use std::io;
use std::process::Child;

use clap::Args;

use super::{CliError, TrainOptions};
use crate::run::{Labels, NewRun, RecordedStatus, RunDir, RunError, Store};
use crate::shell::{self, OnHangup, ShellError};

/// Train a network.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cnn-tui train --preset dnn --epochs 5
  cnn-tui train --optimizer adamw --lr 0.001 --schedule cosine
  cnn-tui train --headless --name baseline --tag lecture")]
pub(super) struct TrainCommand {
    #[command(flatten)]
    options: TrainOptions,
    /// What to call the run [default: two words].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A word to find the run by; can be said again.
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
    #[command(flatten)]
    output: Output,
}

/// Go on with a run.
#[derive(Debug, Args)]
pub(super) struct ResumeCommand {
    /// The run: its id, its name, or how its id begins.
    #[arg(value_name = "ID")]
    run: String,
    #[command(flatten)]
    output: Output,
}

/// Where what a run reports goes.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// Print the lecture's lines instead of opening the dashboard; Ctrl-C stops and saves the run.
    #[arg(long)]
    headless: bool,
    /// Train in this process, tied to this shell, and print the lecture's lines.
    #[arg(long)]
    foreground: bool,
}

impl TrainCommand {
    /// Creates the run and trains it.
    pub(super) fn run(self, store: &Store, defaults: TrainOptions) -> Result<AfterCommand, CliError> {
        let config = self.options.or(defaults).into_config()?;
        self.output.check()?;
        shell::check(&config)?;
        check_name(self.name.as_deref())?;
        check_tags(&self.tags)?;
        let new = NewRun { name: self.name, tags: self.tags, ..shell::new_run(config) };
        self.output.train(store.create(&new)?)
    }
}

/// Refuses names that nobody could see.
pub(super) fn check_name(name: Option<&str>) -> Result<(), CliError> {
    if name.is_some_and(|name| name.trim().is_empty() || name.chars().any(char::is_control)) {
        return Err(CliError::Usage(
            "--name must have a visible character, and no control characters".to_owned(),
        ));
    }
    Ok(())
}

/// Refuses tags that nobody could ask for.
pub(super) fn check_tags(tags: &[String]) -> Result<(), CliError> {
    let labels = Labels { tags: Some(tags.to_vec()), ..Labels::default() };
    labels.validate().map_err(|error| CliError::Usage(error.to_string()))
}

impl ResumeCommand {
    /// Goes on with the run.
    pub(super) fn run(self, store: &Store) -> Result<AfterCommand, CliError> {
        self.output.check()?;
        let dir = store.resolve(&self.run)?;
        let (record, state) = dir.look()?;
        if record.status == RecordedStatus::Finished {
            let epochs = record.summary.epoch;
            let name = &record.name;
            return Err(CliError::Usage(format!(
                "{name} has finished its {epochs} epochs; `cnn-tui fork {name} --epochs N` trains a copy on"
            )));
        }
        if let Some(holder) = state.elsewhere() {
            return Err(RunError::Elsewhere { path: dir.path().join("lock"), holder: holder.clone() }.into());
        }
        if state.is_live() {
            let name = &record.name;
            return Err(CliError::Usage(format!("{name} has a trainer already; `cnn-tui` shows it")));
        }
        self.output.train(dir)
    }
}

/// What is left to do after a command.
#[derive(Debug)]
pub(super) enum AfterCommand {
    /// Nothing.
    Done,
    /// Open the dashboard, on a run with its trainer if there is one.
    Dashboard(Option<(RunDir, Child)>),
}

/// The dashboard cannot do without one.
pub(super) fn needs_terminal() -> Result<(), CliError> {
    if shell::is_terminal() {
        return Ok(());
    }
    let hint = "the dashboard needs a terminal; `--headless` after train, resume or fork does without one";
    Err(CliError::Usage(hint.to_owned()))
}

impl Output {
    /// Refuses before anything is created.
    pub(super) fn check(&self) -> Result<(), CliError> {
        if self.headless || self.foreground { Ok(()) } else { needs_terminal() }
    }

    /// Has the run trained.
    pub(super) fn train(&self, dir: RunDir) -> Result<AfterCommand, CliError> {
        let status = if self.foreground {
            shell::train_run(&dir, OnHangup::Stop, io::stdout())?
        } else if self.headless {
            shell::watch(&dir, io::stdout())?
        } else {
            let trainer = shell::launch(&dir)?;
            return Ok(AfterCommand::Dashboard(Some((dir, trainer))));
        };
        match status {
            RecordedStatus::Stopped => {
                let stopped = format!("stopped and saved; `cnn-tui resume {}` goes on", dir.id());
                Err(CliError::Shell(ShellError::Failed(stopped)))
            }
            _ => Ok(AfterCommand::Done),
        }
    }
}
