//! The arguments of the program, and which command they run.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use serde_json::json;

use super::error::CliError;
use super::settings::{DisplayOptions, Settings};
use super::{data, doctor, fork, lr_find, queue, runs, snapshot, summary, sweep, train};
use crate::app::{ExitState, ExitSummary};
use crate::data::Roots;
use crate::run::RunDir;
use crate::shell::{self, ShellError, StartedBy};

/// Train convolutional networks and watch them learn in the terminal.
///
/// Without a command, opens the dashboard.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES)]
pub struct Cli {
    /// Where runs are kept [env: CNN_TUI_RUNS] [default: cnn-tui/runs in the user's data directory].
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    runs: Option<PathBuf>,

    #[command(flatten)]
    display: DisplayOptions,

    #[command(subcommand)]
    command: Option<CliCommand>,
}

const EXAMPLES: &str = "\
Examples:
  cnn-tui                        Open the dashboard
  cnn-tui train                  Train the default network and watch it
  cnn-tui train --headless       Train without a terminal, print progress as text
  cnn-tui resume ID              Continue a stopped run
  cnn-tui runs                   List all runs";

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Train a network and watch it in the dashboard.
    Train(train::TrainCommand),
    /// Continue a run from its last checkpoint.
    Resume(train::ResumeCommand),
    /// Start a new run from a checkpoint of another one, with changed settings.
    Fork(fork::ForkCommand),
    /// Train a run for every combination of values, one after another in the background.
    Sweep(sweep::SweepCommand),
    /// Show and change the queue of runs to train.
    Queue(queue::QueueCommand),
    /// List, inspect, compare, export and remove runs.
    Runs(runs::RunsCommand),
    /// Print a screen or pane of the dashboard as text or SVG.
    Snapshot(snapshot::SnapshotCommand),
    /// Suggest a learning rate from a short test with rising rates. Nothing is saved.
    LrFind(lr_find::LrFindCommand),
    /// Print the layers and parameters of a network.
    Summary(summary::SummaryCommand),
    /// Download Fashion-MNIST and show available data sets.
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Check this machine: runs, data, speed, and whether a GPU works.
    Doctor(doctor::DoctorCommand),
    /// Internal: the trainer process, started by the dashboard.
    #[command(hide = true)]
    Trainer {
        /// Run directory.
        dir: PathBuf,
        /// Whether a dashboard started it, so that a run that diverges waits for a person.
        #[arg(long)]
        dashboard: bool,
        /// Whether a shell waits for it, as with `train --foreground`.
        #[arg(long, conflicts_with = "dashboard")]
        foreground: bool,
        /// Warning to record in the run.
        #[arg(long)]
        warning: Option<String>,
    },
    /// Internal: asks whether a GPU works, in a process that may crash.
    #[command(hide = true)]
    Probe {
        /// Number of the GPU, from 0.
        number: usize,
    },
    /// Internal: measures training on a GPU, in a process that may crash.
    #[command(hide = true)]
    Measure {
        /// Settings of a run, as in `run.json`.
        config: String,
    },
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<(), CliError> {
        shell::survive_file_size_limit().map_err(ShellError::Runtime)?;
        let runs = self.runs.or_else(|| std::env::var_os("CNN_TUI_RUNS").map(PathBuf::from));
        let store = || shell::store(runs);
        let mut out = io::stdout();
        match self.command {
            Some(CliCommand::Runs(command)) => return command.run(&store()?, &mut out),
            Some(CliCommand::Queue(command)) => return command.run(&store()?, &mut out),
            Some(CliCommand::Doctor(command)) => return command.run(store().as_ref(), &mut out),
            Some(CliCommand::Summary(command)) => return command.run(&mut out),
            Some(CliCommand::Trainer { dir, foreground: true, warning, .. }) => {
                return train::in_foreground(&RunDir::open(&dir)?, warning.as_deref());
            }
            Some(CliCommand::Trainer { dir, dashboard, warning, .. }) => {
                let started_by = if dashboard { StartedBy::Dashboard } else { StartedBy::Unattended };
                shell::train_run(&RunDir::open(&dir)?, started_by, warning.as_deref(), out)?;
                return Ok(());
            }
            Some(CliCommand::Probe { number }) => {
                return Ok(writeln!(out, "{}", json!(shell::answer_probe(number)))?);
            }
            Some(CliCommand::Measure { config }) => {
                return Ok(writeln!(out, "{}", json!(shell::answer_measure(&config)))?);
            }
            _ => {}
        }
        let config_dir = shell::config_dir();
        let settings = config_dir.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
        let own = match &self.command {
            Some(CliCommand::Train(command)) => command.mode.display.clone(),
            Some(CliCommand::Resume(command)) => command.mode.display.clone(),
            Some(CliCommand::Fork(command)) => command.mode.display.clone(),
            Some(CliCommand::Snapshot(command)) => command.display.clone(),
            Some(CliCommand::LrFind(command)) => command.display.clone(),
            Some(CliCommand::Data(data::DataCommand::Show(command))) => command.display.clone(),
            _ => DisplayOptions::default(),
        };
        let display = own.or(self.display).or(settings.display());
        if let Some(CliCommand::Data(command)) = self.command {
            let surface = data::Surface::of_stdout(display.glyphs()?, display.depth()?);
            return command.run(&data::DataContext { roots: Roots::of_user(), surface }, &mut out);
        }
        if let Some(CliCommand::LrFind(command)) = self.command {
            let surface = data::Surface::of_stdout(display.glyphs()?, display.depth()?);
            return command.run(settings.train, display.glyphs()?, surface, &mut out);
        }
        if let Some(CliCommand::Sweep(command)) = self.command {
            return command.run(&store()?, settings.train, &mut out);
        }
        if let Some(CliCommand::Snapshot(command)) = self.command {
            let options = command.adapted(display).dashboard(config_dir.as_deref(), settings.train)?;
            return command.run(&store()?, &options, &mut out);
        }
        let options = display.dashboard(config_dir.as_deref(), settings.train.clone())?;
        let store = store()?;
        let show = match self.command {
            Some(CliCommand::Train(command)) => command.run(&store, settings.train)?,
            Some(CliCommand::Resume(command)) => command.run(&store)?,
            Some(CliCommand::Fork(command)) => command.run(&store)?,
            _ => {
                train::require_terminal()?;
                train::AfterCommand::Dashboard(None)
            }
        };
        if let train::AfterCommand::Dashboard(run) = show {
            let summary = shell::dashboard(store, run, &options)?;
            summary.map_or(Ok(()), |summary| print_exit(&summary, &mut out))?;
        }
        Ok(())
    }
}

/// Prints the state of the run that the dashboard showed last.
fn print_exit(ExitSummary { name, state }: &ExitSummary, out: &mut impl Write) -> io::Result<()> {
    match state {
        ExitState::Stopping => {
            writeln!(out, "{name} is stopping and saving; run `cnn-tui resume {name}` to continue")
        }
        ExitState::Paused => writeln!(out, "{name} is paused; run `cnn-tui` to open it"),
        ExitState::Training => writeln!(out, "{name} is still training; run `cnn-tui` to open it"),
    }
}
