//! `fork`: a new run from a checkpoint of another one.

use clap::Args;

use super::CliError;
use super::options::{Fork, SettingOptions};
use super::train::{AfterCommand, TrainMode, check_labels};
use crate::metrics::text;
use crate::run::{CheckpointName, Store};
use crate::shell;

const EXAMPLES: &str = "\
Examples:
  cnn-tui fork calm-otter --epochs 60                         Train a copy of a run for longer
  cnn-tui fork calm-otter --from best --lr 0.001              Fine-tune the best epoch
  cnn-tui fork calm-otter --from epoch-007 --dropout 0.3      Try another dropout from epoch 7 on";

/// Start a new run from a checkpoint of another one, with changed settings.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ForkCommand {
    /// Parent run: ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    run: String,
    /// Checkpoint to start from: last, best or an epoch such as epoch-007.
    #[arg(long, value_name = "CHECKPOINT", default_value_t = CheckpointName::Last)]
    from: CheckpointName,
    #[command(flatten)]
    options: SettingOptions<Fork>,
    /// Name of the new run [default: two random words].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    pub(super) mode: TrainMode,
}

impl ForkCommand {
    /// Creates the run and trains it.
    pub(super) fn run(self, store: &Store) -> Result<AfterCommand, CliError> {
        self.mode.check()?;
        check_labels(self.name.as_deref(), &[])?;
        let parent = store.resolve(&self.run)?;
        let change = self.options.into_change()?;
        let manifest = parent.manifest()?;
        if let Some(jump) = manifest.rate_jump(&change, manifest.step_of(self.from)) {
            return Err(CliError::Usage(format!(
                "{jump}; use --learning-rate {} to keep the rate, or {} to accept the rise",
                text::setting(jump.keep),
                text::exact(manifest.settings().optimizer.learning_rate())
            )));
        }
        self.mode.train(shell::fork(store, &parent, self.from, change, self.name)?)
    }
}
