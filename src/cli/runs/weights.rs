//! `runs weights`: weights for PyTorch.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::find::find;
use crate::cli::CliError;
use crate::metrics::text;
use crate::run::{CheckpointName, RunError, Store, write_new};

/// Export weights as a safetensors file for PyTorch.
#[derive(Debug, Args)]
pub(super) struct WeightsCommand {
    /// Run ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    run: String,
    /// Checkpoint: best, last, or epoch-NNN.
    #[arg(long, value_name = "CHECKPOINT", default_value_t = CheckpointName::Best)]
    from: CheckpointName,
    /// File to write, ending in .safetensors; must not exist yet.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl WeightsCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        if self.to.extension().is_none_or(|extension| extension != "safetensors") {
            let file = self.to.display();
            return Err(CliError::Usage(format!(
                "{file}: weights are written as safetensors; give a name that ends in .safetensors, and load it with \
                 safetensors.torch.load_file"
            )));
        }
        let run = find(store, &self.run)?;
        let checkpoint = run.dir.checkpoint(self.from)?;
        let path = run.dir.checkpoint_path(self.from);
        let bytes = checkpoint.encode_weights().map_err(|source| RunError::Checkpoint { path, source })?;
        write_new(&self.to, &bytes).map_err(RunError::from)?;
        let (name, epoch) = (&run.manifest.name, checkpoint.progress.epoch);
        let (tensors, preset) = (checkpoint.weights.len(), &checkpoint.progress.preset);
        let numbers: usize = checkpoint.weights.iter().map(|tensor| tensor.values.len()).sum();
        if self.json {
            let report = json!({
                "run": run.dir.id(), "checkpoint": self.from.to_string(), "preset": preset, "epoch": epoch,
                "file": self.to, "tensors": tensors, "parameters": numbers,
            });
            writeln!(out, "{report}")?;
        } else {
            let (numbers, file) = (text::count(numbers as u64), self.to.display());
            writeln!(
                out,
                "{file}: {name} ({preset}) after epoch {epoch}, {numbers} parameters in {tensors} tensors"
            )?;
        }
        Ok(())
    }
}
