//! The command line.

pub mod data;
mod fork;
mod lr_find;
mod options;
mod queue;
mod runs;
mod settings;
mod snapshot;
mod summary;
mod sweep;
mod train;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use options::{DeviceName, OptimizerName, TrainOptions};
pub use settings::{LookOptions, Settings};

use crate::app::ExitSummary;
use crate::data::Roots;
use crate::run::{self, RunDir, RunError};
use crate::shell::{self, OnHangup, ShellError};

/// Trains convolutional networks, shows how they learn, and keeps what they learned.
///
/// Without a command it opens the dashboard.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// Where runs are kept; also `CNN_TUI_RUNS` [default: the user's data directory].
    #[arg(long, global = true, value_name = "DIR")]
    runs: Option<PathBuf>,

    #[command(flatten)]
    look: LookOptions,

    #[command(subcommand)]
    command: Option<CliCommand>,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Train a network, and open the dashboard on it.
    Train(train::TrainCommand),
    /// Go on with a run from its last checkpoint.
    Resume(train::ResumeCommand),
    /// Begin a run where another one was, with other settings.
    Fork(fork::ForkCommand),
    /// Queue runs with every combination of several settings, to be trained one after another.
    Sweep(sweep::SweepCommand),
    /// Show and change what waits to be trained.
    Queue(queue::QueueCommand),
    /// List runs, look at one, throw one away.
    Runs(runs::RunsCommand),
    /// Print a screen or a pane of the dashboard, as text or as a picture.
    Snapshot(snapshot::SnapshotCommand),
    /// Find a learning rate: a short training in which it rises, drawn, with a suggestion.
    LrFind(lr_find::LrFindCommand),
    /// Print a network layer by layer.
    Summary(summary::SummaryCommand),
    /// Get the data set, and see what is there.
    #[command(subcommand)]
    Data(data::DataCommand),
    /// What a trainer process does; the dashboard starts it.
    #[command(hide = true)]
    Trainer {
        /// The run's directory.
        dir: PathBuf,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments make no sense together.
    #[error("{0}")]
    Usage(String),
    /// Something in the world.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// Something with a run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Something with the data.
    #[error(transparent)]
    Data(#[from] data::DataCliError),
    /// Standard output.
    #[error("the output could not be written: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    /// Whether the reader of the output has gone.
    pub fn is_broken_pipe(&self) -> bool {
        let (Self::Output(error) | Self::Data(data::DataCliError::Output(error))) = self else {
            return false;
        };
        error.kind() == io::ErrorKind::BrokenPipe
    }

    /// 2 for arguments that make no sense, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Run(RunError::Config(_)) => 2,
            Self::Shell(_) | Self::Run(_) | Self::Data(_) | Self::Output(_) => 1,
        }
    }
}

impl Cli {
    /// Does what the command line says.
    pub fn run(self) -> Result<(), CliError> {
        let runs = self.runs.or_else(|| std::env::var_os("CNN_TUI_RUNS").map(PathBuf::from));
        let store = || shell::store(runs);
        let mut out = io::stdout();
        match self.command {
            Some(CliCommand::Runs(command)) => return command.run(&store()?, &mut out),
            Some(CliCommand::Queue(command)) => return command.run(&store()?, &mut out),
            Some(CliCommand::Summary(command)) => return command.run(&mut out),
            Some(CliCommand::Trainer { dir }) => {
                shell::train_run(&RunDir::open(&dir)?, OnHangup::Ignore, out)?;
                return Ok(());
            }
            _ => {}
        }
        let config_dir = settings::config_dir()?;
        let settings = Settings::read(&config_dir)?;
        let look = self.look.or(settings.look());
        if let Some(CliCommand::Data(command)) = self.command {
            let surface = data::Surface::of_stdout(look.glyphs()?, look.depth()?);
            command.run(&data::CommandContext { roots: Roots::of_user(), surface }, &mut out)?;
            return Ok(());
        }
        if let Some(CliCommand::LrFind(command)) = self.command {
            let surface = data::Surface::of_stdout(look.glyphs()?, look.depth()?);
            return command.run(settings.train, look.glyphs()?, surface, &mut out);
        }
        if let Some(CliCommand::Sweep(command)) = self.command {
            return command.run(&store()?, settings.train, &mut out);
        }
        if let Some(CliCommand::Snapshot(command)) = self.command {
            let options = command.look(look).dashboard(&config_dir, settings.train)?;
            return command.run(&store()?, &options, &mut out);
        }
        let options = look.dashboard(&config_dir, settings.train.clone())?;
        let store = store()?;
        let show = match self.command {
            Some(CliCommand::Train(command)) => command.run(&store, settings.train)?,
            Some(CliCommand::Resume(command)) => command.run(&store)?,
            Some(CliCommand::Fork(command)) => command.run(&store)?,
            _ => {
                train::needs_terminal()?;
                train::AfterCommand::Dashboard(None)
            }
        };
        if let train::AfterCommand::Dashboard(run) = show {
            let farewell = shell::dashboard(store, run, &options)?;
            farewell.map_or(Ok(()), |farewell| say(&farewell, &mut out))?;
        }
        Ok(())
    }
}

/// Tells what becomes of the run that the dashboard showed last.
fn say(ExitSummary { name, command }: &ExitSummary, out: &mut impl Write) -> io::Result<()> {
    match command {
        Some(run::Command::Stop) => writeln!(out, "{name} stops and saves; `cnn-tui resume {name}` goes on"),
        Some(run::Command::Pause) => writeln!(out, "{name} is paused; `cnn-tui` shows it"),
        _ => writeln!(out, "{name} goes on training; `cnn-tui` shows it"),
    }
}
