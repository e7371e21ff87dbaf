//! Optimizers. Their state can be saved, so that a resumed run continues bit for bit.

use crate::nn::{StepSettings, UpdateRule};
use crate::run;

/// An optimizer with its state. All slices have one value per parameter of the network.
#[derive(Debug, Clone, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent with momentum, as
    /// [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html):
    /// `v ← μv + g`, `w ← w - ηv`.
    Sgd {
        /// The momentum μ.
        momentum: f32,
        /// The velocity v, initially 0.
        velocity: Vec<f32>,
    },
    /// Adam with decoupled weight decay, as
    /// [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html)
    /// (Loshchilov and Hutter, 2019, <https://arxiv.org/abs/1711.05101>).
    AdamW {
        /// Decay rates β₁ and β₂ of the two moments.
        betas: [f64; 2],
        /// Added to the denominator for numerical stability: ε.
        epsilon: f64,
        /// The weight decay λ.
        weight_decay: f64,
        /// Exponential moving average of the gradients.
        mean: Vec<f32>,
        /// Exponential moving average of the squared gradients.
        square: Vec<f32>,
    },
}

impl Optimizer {
    /// The configured optimizer before its first step, for a network with this many parameters.
    pub fn new(config: &run::OptimizerSettings, parameters: usize) -> Self {
        let zeros = || vec![0.0; parameters];
        match *config {
            run::OptimizerSettings::Sgd { momentum, .. } => {
                Self::Sgd { momentum: as_f32(momentum), velocity: zeros() }
            }
            run::OptimizerSettings::AdamW { beta1, beta2, epsilon, weight_decay, .. } => {
                Self::AdamW { betas: [beta1, beta2], epsilon, weight_decay, mean: zeros(), square: zeros() }
            }
        }
    }

    /// Applies changed settings and keeps the state. The kind of optimizer cannot be changed.
    pub fn set(&mut self, config: &run::OptimizerSettings) {
        if let (Self::Sgd { momentum, .. }, run::OptimizerSettings::Sgd { momentum: new, .. }) =
            (self, config)
        {
            *momentum = as_f32(*new);
        }
    }

    /// What stays the same from step to step.
    pub fn rule(&self) -> UpdateRule {
        match self {
            &Self::Sgd { momentum, .. } => UpdateRule::Sgd { momentum },
            Self::AdamW { betas, epsilon, .. } => UpdateRule::AdamW {
                old: betas.map(as_f32),
                new: betas.map(|beta| as_f32(1.0 - beta)),
                epsilon: as_f32(*epsilon),
            },
        }
    }

    /// What changes from step to step. `steps` is the number of earlier steps, for the bias correction of `AdamW`.
    pub fn step_settings(&self, learning_rate: f64, steps: u64) -> StepSettings {
        match self {
            Self::Sgd { .. } => StepSettings { rate: as_f32(learning_rate), ..StepSettings::default() },
            Self::AdamW { betas: [beta1, beta2], weight_decay, .. } => {
                let exponent = (steps + 1) as f64;
                // Both averages start at 0; dividing by these corrects the bias.
                let correction1 = 1.0 - beta1.powf(exponent);
                let correction2 = (1.0 - beta2.powf(exponent)).sqrt();
                StepSettings {
                    rate: as_f32(learning_rate / correction1),
                    decay: as_f32(1.0 - learning_rate * *weight_decay),
                    correction: as_f32(correction2),
                    ..StepSettings::default()
                }
            }
        }
    }

    /// Updates `weights` in place. `steps` is the number of earlier steps.
    pub fn step(&mut self, weights: &mut [f32], gradient: &[f32], learning_rate: f64, steps: u64) {
        let StepSettings { rate, decay, correction, .. } = self.step_settings(learning_rate, steps);
        let rule = self.rule();
        match (self, rule) {
            (Self::Sgd { velocity, .. }, UpdateRule::Sgd { momentum }) => {
                for ((weight, &gradient), velocity) in weights.iter_mut().zip(gradient).zip(velocity) {
                    *velocity = momentum * *velocity + gradient;
                    *weight -= rate * *velocity;
                }
            }
            (Self::AdamW { mean, square, .. }, UpdateRule::AdamW { old, new, epsilon }) => {
                let moments = mean.iter_mut().zip(square);
                for ((weight, &gradient), (mean, square)) in weights.iter_mut().zip(gradient).zip(moments) {
                    *mean = old[0] * *mean + new[0] * gradient;
                    *square = old[1] * *square + new[1] * gradient * gradient;
                    *weight = decay * *weight - rate * *mean / (square.sqrt() / correction + epsilon);
                }
            }
            _ => {}
        }
    }

    /// The state tensors, in the order of [`slot_names`].
    pub fn slots(&self) -> Vec<&[f32]> {
        match self {
            Self::Sgd { velocity, .. } => vec![velocity],
            Self::AdamW { mean, square, .. } => vec![mean, square],
        }
    }

    /// The state tensors, mutably, in the same order.
    pub fn slots_mut(&mut self) -> Vec<&mut Vec<f32>> {
        match self {
            Self::Sgd { velocity, .. } => vec![velocity],
            Self::AdamW { mean, square, .. } => vec![mean, square],
        }
    }
}

/// PyTorch's names of the state tensors of an optimizer.
pub(super) fn slot_names(config: &run::OptimizerSettings) -> &'static [&'static str] {
    match config {
        run::OptimizerSettings::Sgd { .. } => &["momentum_buffer"],
        run::OptimizerSettings::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
fn as_f32(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(got: &[f32], want: &[f32]) {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "got {got}, want {want}");
        }
    }

    #[test]
    fn sgd_accumulates_momentum() {
        let mut optimizer =
            Optimizer::new(&run::OptimizerSettings::Sgd { learning_rate: 0.1, momentum: 0.5 }, 2);
        let mut weights = [1.0, -1.0];
        optimizer.step(&mut weights, &[1.0, 2.0], 0.1, 0);
        assert_close(&weights, &[0.9, -1.2]);
        optimizer.step(&mut weights, &[1.0, 2.0], 0.1, 1);
        assert_close(&weights, &[0.75, -1.5]);
    }

    #[test]
    fn first_adamw_step_equals_the_learning_rate() {
        let mut optimizer = Optimizer::new(&run::OptimizerSettings::ADAMW, 3);
        let mut weights = [1.0, 1.0, 1.0];
        optimizer.step(&mut weights, &[1e-3, -1e3, 0.0], 1e-3, 0);
        let decayed = 1.0 - 1e-3 * 1e-2;
        assert_close(&weights, &[decayed - 1e-3, decayed + 1e-3, decayed]);
    }
}
