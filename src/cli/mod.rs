//! The command line.

mod options;
mod print;
mod train;

use std::io;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use options::TrainOptions;

use crate::run::{RunDir, RunError};
use crate::shell::{self, ShellError, Tie};

/// Trains convolutional networks, shows how they learn, and keeps what they learned.
///
/// Without a command it opens the dashboard.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// Where runs are kept; also `CNN_TUI_RUNS` [default: the user's data directory].
    #[arg(long, global = true, value_name = "DIR")]
    runs: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a network, and open the dashboard on it.
    Train(train::TrainCommand),
    /// Go on with a run from its last checkpoint.
    Resume(train::ResumeCommand),
    /// List the runs.
    Runs(print::RunsCommand),
    /// Print a network layer by layer.
    Summary(print::SummaryCommand),
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
    /// Standard output.
    #[error("the output could not be written: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    /// 2 for arguments that make no sense, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Run(RunError::Config(_)) => 2,
            Self::Shell(_) | Self::Run(_) | Self::Output(_) => 1,
        }
    }
}

impl Cli {
    /// Does what the command line says.
    pub fn run(self) -> Result<(), CliError> {
        let runs = self.runs.or_else(|| std::env::var_os("CNN_TUI_RUNS").map(PathBuf::from));
        let mut out = io::stdout();
        let _show = match self.command {
            None => None,
            Some(Command::Train(command)) => command.run(&shell::store(runs)?, TrainOptions::default())?,
            Some(Command::Resume(command)) => command.run(&shell::store(runs)?)?,
            Some(Command::Runs(command)) => return command.run(&shell::store(runs)?, &mut out),
            Some(Command::Summary(command)) => return command.run(&mut out),
            Some(Command::Trainer { dir }) => {
                shell::train_run(&RunDir::open(&dir)?, Tie::Run, io::stdout())?;
                return Ok(());
            }
        };
        Ok(())
    }
}
