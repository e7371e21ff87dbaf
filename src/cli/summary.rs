//! `summary`: the layers of a network, as `torchsummary` prints them.

use std::fmt;
use std::io::Write;

use clap::Args;

use super::CliError;
use crate::metrics::text::count;
use crate::nn::{self, Backend, DeviceKind, LayerInfo, LayerKind, SIDE};

/// Bytes per `f32`.
const BYTES: f64 = 4.0;
/// Bytes per megabyte, as torchsummary counts them.
const MEGABYTE: f64 = 1024.0 * 1024.0;
/// Values per input image.
const INPUT: usize = SIDE * SIDE;
/// Columns of the table.
const WIDTH: usize = 64;

/// Print the layers and parameters of a network.
#[derive(Debug, Args)]
pub(super) struct SummaryCommand {
    /// Network: cnn or dnn.
    #[arg(long, value_name = "NAME", default_value = "cnn")]
    preset: String,
    /// Images per batch, for the output shapes and the estimate of memory.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65536))]
    batch_size: u32,
}

impl SummaryCommand {
    /// Prints the summary.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), CliError> {
        let model = nn::build(&self.preset, DeviceKind::Cpu, Backend::best(), None)
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let summary = NetworkSummary { layers: model.layers(), batch_size: self.batch_size as usize };
        writeln!(out, "{summary}")?;
        Ok(())
    }
}

/// The summary of a network at a batch size, identical to torchsummary's.
///
/// It lists only layers that are modules in the usual PyTorch implementation. Functional ones (pooling, `ReLU`, dropout
/// between linear layers) are left out, and so are their outputs from the sizes.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetworkSummary<'a> {
    /// Layers of the network.
    pub(super) layers: &'a [LayerInfo],
    /// Images per batch.
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
        // Every output counts twice, because its gradient has the same size.
        let passes = megabytes(2 * outputs * self.batch_size);
        let weights = megabytes(parameters);
        writeln!(f, "Input size (MB): {input:.2}")?;
        writeln!(f, "Forward/backward pass size (MB): {passes:.2}")?;
        writeln!(f, "Params size (MB): {weights:.2}")?;
        writeln!(f, "Estimated Total Size (MB): {:.2}", input + passes + weights)?;
        write!(f, "{}", "-".repeat(WIDTH))
    }
}

/// Whether torchsummary lists layers of this kind.
fn is_module(kind: LayerKind) -> bool {
    matches!(kind, LayerKind::Conv2d | LayerKind::Dropout2d | LayerKind::Linear)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{self, Backend, DeviceKind};

    #[test]
    fn cnn_summary_equals_torchsummary() {
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
