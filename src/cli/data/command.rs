//! The subcommands of `data`.

use std::io::Write;

use clap::Subcommand;

use super::context::DataContext;
use super::fetch::FetchCommand;
use super::show::ShowCommand;
use crate::cli::CliError;

/// Download Fashion-MNIST and show available data sets.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download the full Fashion-MNIST (31 MB); an interrupted download is resumed.
    Fetch(FetchCommand),
    /// List available data sets and draw some test images.
    Show(ShowCommand),
}

impl DataCommand {
    /// Runs the command and writes its result to `out`; progress goes to standard error.
    pub fn run(self, context: &DataContext, out: &mut impl Write) -> Result<(), CliError> {
        match self {
            Self::Fetch(command) => command.run(&context.roots, out),
            Self::Show(command) => command.run(context, out),
        }
    }
}
