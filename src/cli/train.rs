//! `train` and `resume`: training a run, in the dashboard or as text.

use std::io;
use std::process::Child;

use clap::Args;

use super::{CliError, DisplayOptions, TrainOptions};
use crate::metrics::text;
use crate::run::{CheckpointName, NewRun, RunDir, RunError, RunLabels, RunStatus, Store};
use crate::shell::{self, ShellError, StartedBy};

const EXAMPLES: &str = "\
Examples:
  cnn-tui train                                        Train the default network
  cnn-tui train --optimizer adamw --lr 0.001           Train with AdamW
  cnn-tui train --preset dnn --data ~/mnist            Train another network on another data set
  cnn-tui train --headless --name baseline --tag v1    Train without a terminal";

const RESUME_EXAMPLES: &str = "\
Examples:
  cnn-tui resume calm-otter                     Continue a run by name
  cnn-tui resume calm-otter --headless          Continue without a terminal
  cnn-tui resume calm-otter --from epoch-007    Continue from an earlier checkpoint";

/// Train a network and watch it in the dashboard.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TrainCommand {
    #[command(flatten)]
    options: TrainOptions,
    /// Name of the run [default: two random words].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Tag for the run (repeatable).
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
    #[command(flatten)]
    pub(super) mode: TrainMode,
}

/// Continue a run from its last checkpoint.
#[derive(Debug, Args)]
#[command(after_help = RESUME_EXAMPLES)]
pub(super) struct ResumeCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    run: String,
    /// Checkpoint to continue from: last, best or an epoch such as epoch-007. Later steps are trained again.
    #[arg(long, value_name = "CHECKPOINT", default_value_t = CheckpointName::Last)]
    from: CheckpointName,
    #[command(flatten)]
    pub(super) mode: TrainMode,
}

/// Where to train, and where to show progress.
#[derive(Debug, Args)]
pub(super) struct TrainMode {
    /// Print progress as text instead of opening the dashboard, for scripts. The run continues if this shell ends; Ctrl-C stops
    /// and saves it.
    #[arg(long)]
    headless: bool,
    /// Like --headless, but train in this process, for containers and job schedulers. The run stops and is saved if this shell
    /// ends.
    #[arg(long)]
    foreground: bool,
    #[command(flatten)]
    pub(super) display: DisplayOptions,
}

impl TrainCommand {
    /// Creates the run and trains it.
    pub(super) fn run(self, store: &Store, defaults: TrainOptions) -> Result<AfterCommand, CliError> {
        let config = self.options.or(defaults).into_config()?;
        self.mode.check()?;
        shell::check(&config)?;
        check_labels(self.name.as_deref(), &self.tags)?;
        let new = NewRun { name: self.name, tags: self.tags, ..shell::new_run(config) };
        self.mode.train(store.create(&new)?)
    }
}

/// Rejects a name or tag that a run cannot have.
pub(super) fn check_labels(name: Option<&str>, tags: &[String]) -> Result<(), CliError> {
    let labels =
        RunLabels { name: name.map(ToOwned::to_owned), tags: Some(tags.to_vec()), ..RunLabels::default() };
    labels.validate().map_err(|error| CliError::Usage(error.to_string()))
}

impl ResumeCommand {
    /// Continues the run.
    pub(super) fn run(self, store: &Store) -> Result<AfterCommand, CliError> {
        self.mode.check()?;
        let dir = store.resolve(&self.run)?;
        let (manifest, state) = dir.read()?;
        if manifest.status == RunStatus::Finished {
            let epochs = manifest.summary.epoch;
            let name = &manifest.name;
            return Err(CliError::Usage(format!(
                "{name} has finished after {epochs} epochs; run `cnn-tui fork {name} --epochs N` to train a copy for longer"
            )));
        }
        if let Some(holder) = state.elsewhere() {
            return Err(RunError::Elsewhere { path: dir.path().join("lock"), holder: holder.clone() }.into());
        }
        if state.is_live() {
            let name = &manifest.name;
            return Err(CliError::Usage(format!("{name} already has a trainer; run `cnn-tui` to open it")));
        }
        if self.from != CheckpointName::Last {
            dir.resume_from(self.from)?;
        }
        self.mode.train(dir)
    }
}

/// What to do after a command.
#[derive(Debug)]
pub(super) enum AfterCommand {
    /// Nothing; the command is complete.
    Done,
    /// Open the dashboard, showing this run (with its trainer process) if there is one.
    Dashboard(Option<(RunDir, Child)>),
}

/// Fails if standard output is not a terminal.
pub(super) fn require_terminal() -> Result<(), CliError> {
    if shell::is_terminal() {
        return Ok(());
    }
    let hint =
        "the dashboard needs a terminal; use train, resume or fork with `--headless` to train without one";
    Err(CliError::Usage(hint.to_owned()))
}

impl TrainMode {
    /// Fails if the dashboard is needed and there is no terminal; call before creating anything.
    pub(super) fn check(&self) -> Result<(), CliError> {
        if self.headless || self.foreground { Ok(()) } else { require_terminal() }
    }

    /// Trains the run, here or in a process of its own.
    pub(super) fn train(&self, dir: RunDir) -> Result<AfterCommand, CliError> {
        if self.foreground {
            in_foreground(&dir, None)?;
        } else if self.headless {
            finish(&dir, shell::watch(&dir, io::stdout()))?;
        } else {
            let trainer = shell::launch(&dir, StartedBy::Dashboard)?;
            return Ok(AfterCommand::Dashboard(Some((dir, trainer))));
        }
        Ok(AfterCommand::Done)
    }
}

/// Trains the run in this process, or in its place in the executable for a GPU. `warning` is recorded in the run.
pub(super) fn in_foreground(dir: &RunDir, warning: Option<&str>) -> Result<(), CliError> {
    finish(dir, shell::train_in_foreground(dir, warning, io::stdout()))
}

/// The result of a command whose run ended with this status.
fn finish(dir: &RunDir, status: Result<RunStatus, ShellError>) -> Result<(), CliError> {
    match status.inspect_err(|error| shell::record_failed_start(dir, error))? {
        RunStatus::Stopped if dir.manifest()?.has_diverged() => Err(CliError::Diverged(diverged(dir)?)),
        RunStatus::Stopped => {
            let stopped = format!("stopped and saved; run `cnn-tui resume {}` to continue", dir.id());
            Err(CliError::Shell(ShellError::Failed(stopped)))
        }
        _ => Ok(()),
    }
}

/// Message for a run that diverged: its state, and how to continue.
fn diverged(dir: &RunDir) -> Result<String, CliError> {
    let manifest = dir.manifest()?;
    let (name, step) = (&manifest.name, text::count(manifest.summary.step));
    let rate = text::setting(manifest.settings().optimizer.learning_rate() / 10.0);
    Ok(format!(
        "{name} diverged at step {step}: the loss or a weight is no longer finite; its last good checkpoint is kept; run \
         `cnn-tui fork {name} --learning-rate {rate}` to continue from it with a lower learning rate"
    ))
}
