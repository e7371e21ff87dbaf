//! The subcommands and what they need of the world.

use std::io::{self, Write};

use clap::Subcommand;
use thiserror::Error;

use super::fetch::FetchCommand;
use super::show::ShowCommand;
use super::surface::Surface;
use crate::data::{DataError, FetchError, Roots};

/// Get the data set, and see what is there.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum DataCommand {
    /// Download the full Fashion-MNIST (31 MB); a broken download is continued.
    Fetch(FetchCommand),
    /// List the data sets found and draw a few test images.
    Show(ShowCommand),
}

/// Why a data command failed.
#[derive(Debug, Error)]
pub enum DataCliError {
    /// There is no usable data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The download failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The user has no home directory and named no other.
    #[error("there is no home directory to put the data in; name a directory with --to")]
    NoDirectory,
    /// The output could not be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// What the commands see of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandContext {
    /// Where data sets are looked for.
    pub roots: Roots,
    /// What is drawn on.
    pub surface: Surface,
}

impl DataCommand {
    /// Does what the command says and writes the outcome to `out`; progress goes to the standard error.
    pub fn run(self, world: &CommandContext, out: &mut impl Write) -> Result<(), DataCliError> {
        match self {
            Self::Fetch(args) => args.run(&world.roots, out),
            Self::Show(args) => args.run(world, out),
        }
    }
}
