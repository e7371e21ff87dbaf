//! The subcommands of `data`, and what they need from their environment.

use std::io::Write;

use clap::Subcommand;

use super::fetch::FetchCommand;
use super::show::ShowCommand;
use super::surface::Surface;
use crate::cli::CliError;
use crate::data::Roots;

/// Download Fashion-MNIST and show available data sets.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download the full Fashion-MNIST (31 MB); an interrupted download is resumed.
    Fetch(FetchCommand),
    /// List available data sets and draw some test images.
    Show(ShowCommand),
}

/// The environment of the commands, so that tests can set it.
#[derive(Debug, Clone)]
pub struct DataContext {
    /// Where to look for data sets.
    pub roots: Roots,
    /// Where to draw images.
    pub surface: Surface,
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
