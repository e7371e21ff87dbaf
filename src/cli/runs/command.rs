//! `runs` and its subcommands.

use std::io::Write;

use clap::{Args, Subcommand};

use super::{diff, export, labels, list, predict, show, tensorboard, trash, weights};
use crate::cli::CliError;
use crate::run::Store;

const EXAMPLES: &str = "\
Examples:
  cnn-tui runs                                               List all runs
  cnn-tui runs -q 'preset = cnn and best_acc > 0.88'         List some runs
  cnn-tui runs --sort -best_acc                              The most accurate first
  cnn-tui runs show calm-otter                               Everything about a run
  cnn-tui runs rm calm-otter                                 Move a run to the trash";

/// List, inspect, compare, export and remove runs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct RunsCommand {
    #[command(flatten)]
    list: list::ListCommand,
    #[command(subcommand)]
    command: Option<RunsSubcommand>,
}

#[derive(Debug, Subcommand)]
enum RunsSubcommand {
    /// List runs, newest first.
    #[command(after_help = list::EXAMPLES)]
    List(list::ListCommand),
    /// Show everything about a run.
    Show(show::ShowRunCommand),
    /// Show how runs differ.
    Diff(diff::DiffCommand),
    /// Compare the predictions of two runs, with a significance test.
    Predict(predict::PredictCommand),
    /// Export metrics as CSV, JSON or Markdown.
    Export(export::ExportCommand),
    /// Add or remove tags.
    Tag(labels::TagCommand),
    /// Rename a run.
    Rename(labels::RenameCommand),
    /// Set the note of a run.
    Note(labels::NoteCommand),
    /// Export settings and metrics as TensorBoard event files. Run it again to add new data.
    Tensorboard(tensorboard::TensorboardCommand),
    /// Export weights as a safetensors file for PyTorch.
    ///
    /// Load it with `model.load_state_dict(safetensors.torch.load_file(FILE))` into a module with the layers of the
    /// preset: conv1, conv2, fc1 and fc2 for `cnn`; fc1, fc2 and fc3 for `dnn`. Normalise pixels with
    /// (x / 255 - 0.1307) / 0.3081.
    Weights(weights::WeightsCommand),
    /// Move runs to the trash (undo with `restore`).
    Rm(trash::RmCommand),
    /// Restore a run from the trash.
    Restore(trash::RestoreCommand),
}

impl RunsCommand {
    /// Runs the command.
    pub(crate) fn run(self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        match self.command {
            None => self.list.run(store, out),
            Some(RunsSubcommand::List(command)) => command.run(store, out),
            Some(RunsSubcommand::Show(command)) => command.run(store, out),
            Some(RunsSubcommand::Diff(command)) => command.run(store, out),
            Some(RunsSubcommand::Predict(command)) => command.run(store, out),
            Some(RunsSubcommand::Export(command)) => command.run(store, out),
            Some(RunsSubcommand::Tag(command)) => command.run(store, out),
            Some(RunsSubcommand::Rename(command)) => command.run(store, out),
            Some(RunsSubcommand::Note(command)) => command.run(store, out),
            Some(RunsSubcommand::Tensorboard(command)) => command.run(store, out),
            Some(RunsSubcommand::Weights(command)) => command.run(store, out),
            Some(RunsSubcommand::Rm(command)) => command.run(store, out),
            Some(RunsSubcommand::Restore(command)) => command.run(store, out),
        }
    }
}
