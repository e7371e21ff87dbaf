//! Whether a layer needs the gradient of its input.

/// Whether an operation computes the gradient of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputGradient {
    /// Compute it: the input comes from another layer.
    Needed,
    /// Skip it: the input is data, or no earlier layer has parameters.
    Skipped,
}
