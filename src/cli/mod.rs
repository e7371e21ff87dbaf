//! The command-line interface: arguments, commands and their output.

mod args;
pub mod data;
mod doctor;
mod entry;
mod error;
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

pub use args::Cli;
pub use entry::main;
pub use error::CliError;
pub use options::TrainOptions;
pub use settings::{DisplayOptions, Settings};
