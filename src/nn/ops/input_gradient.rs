//! Whether a layer passes a gradient on to the one before it.

/// Whether an operation computes the gradient of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputGradient {
    /// It does: the input comes from another layer.
    Needed,
    /// It does not: the input is data, and nothing is trained before it.
    Skipped,
}
