//! SGD with momentum. candle's own SGD has none.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

/// Stochastic gradient descent as PyTorch does it: `v = momentum * v + gradient`, `weight -= rate * v`.
pub(crate) struct MomentumSgd {
    variables: Vec<(Var, Tensor)>,
    rate: f64,
    momentum: f64,
}

impl MomentumSgd {
    pub(crate) fn new(variables: Vec<Var>, rate: f64, momentum: f64) -> Result<Self> {
        let variables = variables
            .into_iter()
            .map(|variable| {
                let velocity = variable.zeros_like()?;
                Ok((variable, velocity))
            })
            .collect::<Result<_>>()?;
        Ok(Self { variables, rate, momentum })
    }

    pub(crate) fn step(&mut self, gradients: &GradStore) -> Result<()> {
        for (variable, velocity) in &mut self.variables {
            if let Some(gradient) = gradients.get(variable) {
                // Detached, or each step's graph would hold on to the one before.
                *velocity = ((&*velocity * self.momentum)? + gradient)?.detach();
                variable.set(&variable.sub(&(&*velocity * self.rate)?)?)?;
            }
        }
        Ok(())
    }
}
