//! `fork`.

use clap::Args;

use super::CliError;
use super::train::{AfterCommand, Output, check_name};
use crate::run::{Change, CheckpointName, Store};
use crate::shell;

/// Begin a run where another one was, with other settings.
#[derive(Debug, Args)]
pub(super) struct ForkCommand {
    /// The run to begin from: its id, its name, or how its id begins.
    #[arg(value_name = "ID")]
    run: String,
    /// The checkpoint to begin from: last, best, or such as epoch-007.
    #[arg(long, value_name = "CHECKPOINT", default_value_t = CheckpointName::Last)]
    from: CheckpointName,
    /// The learning rate before the schedule [default: the run's].
    #[arg(long, visible_alias = "lr", value_name = "RATE", allow_negative_numbers = true)]
    learning_rate: Option<f64>,
    /// The share of the last step that the next one keeps; sgd only [default: the run's].
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    momentum: Option<f64>,
    /// Passes over the training set, those of the first run included [default: the run's].
    #[arg(long, value_name = "N")]
    epochs: Option<u32>,
    /// The share that dropout layers drop [default: the run's].
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    dropout: Option<f32>,
    /// End after so many epochs without a better test accuracy; 0: never [default: the run's].
    #[arg(long, value_name = "EPOCHS")]
    patience: Option<u32>,
    /// What to call the new run [default: two words].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl ForkCommand {
    /// Creates the run and trains it.
    pub(super) fn run(self, store: &Store) -> Result<AfterCommand, CliError> {
        self.output.check()?;
        check_name(self.name.as_deref())?;
        let parent = store.resolve(&self.run)?;
        let change = Change {
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            epochs: self.epochs,
            dropout: self.dropout,
            patience: self.patience,
        };
        self.output.train(shell::fork(store, &parent, self.from, change, self.name)?)
    }
}
