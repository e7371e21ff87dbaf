//! `summary`: the table that `torchsummary` prints for a network.

use std::fmt;
use std::io::Write;

use clap::Args;

use super::CliError;
use crate::metrics::text::count;
use crate::nn::{self, Backend, DeviceKind, LayerInfo, LayerKind};

/// Bytes of a number.
const BYTES: f64 = 4.0;
/// Bytes of a megabyte, as torchsummary counts them.
const MEGABYTE: f64 = 1024.0 * 1024.0;
const INPUT: usize = 28 * 28;
const WIDTH: usize = 64;

/// Print a network layer by layer.
#[derive(Debug, Args)]
pub(super) struct SummaryCommand {
    /// The network: `cnn` or `dnn`.
    #[arg(long, value_name = "NAME", default_value = "cnn")]
    preset: String,
    /// Images in a batch.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65536))]
    batch_size: u32,
}

impl SummaryCommand {
    /// Prints the table.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), CliError> {
        let model = nn::build(&self.preset, DeviceKind::Cpu, Backend::best(), None)
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let summary = NetworkSummary { layers: model.layers(), batch_size: self.batch_size as usize };
        writeln!(out, "{summary}")?;
        Ok(())
    }
}

/// The table for a network and a batch size, to the letter.
///
/// It lists what PyTorch has as modules of their own in such a network; what is a mere function there
/// (pooling, the rectifier, dropout between linear layers) is left out, as are its outputs in the sizes.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetworkSummary<'a> {
    /// The network's layers.
    pub(super) layers: &'a [LayerInfo],
    /// Images in a batch.
    pub(super) batch_size: usize,
}

impl fmt::Display for NetworkSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed: Vec<_> = self.layers.iter().filter(|layer| is_module(layer.kind)).collect();
        writeln!(f, "{}", "-".repeat(WIDTH))?;
        writeln!(f, "{:>20}  {:>25} {:>15}", "Layer (type)", "Output Shape", "Param #")?;
        writeln!(f, "{}", "=".repeat(WIDTH))?;
        for (number, layer) in (1..).zip(&listed) {
            let name = format!("{}-{number}", layer.kind.name());
            let shape: Vec<_> =
                [self.batch_size].iter().chain(&layer.output).map(ToString::to_string).collect();
            let shape = format!("[{}]", shape.join(", "));
            writeln!(f, "{name:>20}  {shape:>25} {:>15}", count(layer.parameters as u64))?;
        }
        let parameters: usize = self.layers.iter().map(|layer| layer.parameters).sum();
        writeln!(f, "{}", "=".repeat(WIDTH))?;
        writeln!(f, "Total params: {}", count(parameters as u64))?;
        writeln!(f, "Trainable params: {}", count(parameters as u64))?;
        writeln!(f, "Non-trainable params: 0")?;
        writeln!(f, "{}", "-".repeat(WIDTH))?;
        let outputs: usize = listed.iter().map(|layer| layer.output.iter().product::<usize>()).sum();
        let megabytes = |numbers: usize| numbers as f64 * BYTES / MEGABYTE;
        let input = megabytes(INPUT * self.batch_size);
        // Every output counts twice: its gradient is as large.
        let passes = megabytes(2 * outputs * self.batch_size);
        let weights = megabytes(parameters);
        writeln!(f, "Input size (MB): {input:.2}")?;
        writeln!(f, "Forward/backward pass size (MB): {passes:.2}")?;
        writeln!(f, "Params size (MB): {weights:.2}")?;
        writeln!(f, "Estimated Total Size (MB): {:.2}", input + passes + weights)?;
        write!(f, "{}", "-".repeat(WIDTH))
    }
}

fn is_module(kind: LayerKind) -> bool {
    matches!(kind, LayerKind::Conv2d | LayerKind::Dropout2d | LayerKind::Linear)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{self, Backend, DeviceKind};

    #[test]
    fn the_cnns_table_is_the_lectures_to_the_letter() {
        let model = nn::build("cnn", DeviceKind::Cpu, Backend::best(), None).unwrap();
        let summary = NetworkSummary { layers: model.layers(), batch_size: 64 };
        let want = "\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1           [64, 10, 24, 24]             260
            Conv2d-2             [64, 20, 8, 8]           5,020
         Dropout2d-3             [64, 20, 8, 8]               0
            Linear-4                   [64, 50]          16,050
            Linear-5                   [64, 10]             510
================================================================
Total params: 21,840
Trainable params: 21,840
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): 0.19
Forward/backward pass size (MB): 4.09
Params size (MB): 0.08
Estimated Total Size (MB): 4.37
----------------------------------------------------------------";
        assert_eq!(summary.to_string(), want);
    }
}
