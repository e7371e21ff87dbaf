//! Optimizers, with state of their own: what makes a resumed run exact is that it can be saved.

use crate::run;

/// From gradients to steps. All slices are as long as the network has parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent with momentum, as
    /// [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html):
    /// `v ← μv + g`, `w ← w - ηv`.
    Sgd {
        /// μ.
        momentum: f32,
        /// v, at first 0.
        velocity: Vec<f32>,
    },
    /// Adam with decoupled weight decay, as
    /// [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html)
    /// (Loshchilov and Hutter, 2019, <https://arxiv.org/abs/1711.05101>).
    AdamW {
        /// β₁ and β₂.
        betas: [f64; 2],
        /// ε.
        epsilon: f64,
        /// λ.
        weight_decay: f64,
        /// The decaying mean of the gradients.
        mean: Vec<f32>,
        /// The decaying mean of their squares.
        square: Vec<f32>,
    },
}

impl Optimizer {
    /// The optimizer that a config asks for, as it is before the first step.
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

    /// Takes new settings over, and keeps its state. Its kind stays.
    pub fn set(&mut self, config: &run::OptimizerSettings) {
        if let (Self::Sgd { momentum, .. }, run::OptimizerSettings::Sgd { momentum: new, .. }) =
            (self, config)
        {
            *momentum = as_f32(*new);
        }
    }

    /// Changes `weights` by one step, of which `steps` were made before.
    pub fn step(&mut self, weights: &mut [f32], gradient: &[f32], learning_rate: f64, steps: u64) {
        match self {
            Self::Sgd { momentum, velocity } => {
                let rate = as_f32(learning_rate);
                for ((weight, &slope), velocity) in weights.iter_mut().zip(gradient).zip(velocity) {
                    *velocity = *momentum * *velocity + slope;
                    *weight -= rate * *velocity;
                }
            }
            Self::AdamW { betas: [beta1, beta2], epsilon, weight_decay, mean, square } => {
                let exponent = (steps + 1) as f64;
                // Both means begin at 0; dividing by these takes that bias away.
                let correction1 = 1.0 - beta1.powf(exponent);
                let correction2 = (1.0 - beta2.powf(exponent)).sqrt();
                let rate = as_f32(learning_rate / correction1);
                let kept = as_f32(1.0 - learning_rate * *weight_decay);
                let (keep1, keep2) = (as_f32(*beta1), as_f32(*beta2));
                let (take1, take2) = (as_f32(1.0 - *beta1), as_f32(1.0 - *beta2));
                let (epsilon, correction2) = (as_f32(*epsilon), as_f32(correction2));
                let moments = mean.iter_mut().zip(square);
                for ((weight, &slope), (mean, square)) in weights.iter_mut().zip(gradient).zip(moments) {
                    *mean = keep1 * *mean + take1 * slope;
                    *square = keep2 * *square + take2 * slope * slope;
                    *weight = kept * *weight - rate * *mean / (square.sqrt() / correction2 + epsilon);
                }
            }
        }
    }

    /// Its state, under PyTorch's names for it.
    pub fn slots(&self) -> Vec<(&'static str, &[f32])> {
        match self {
            Self::Sgd { velocity, .. } => vec![("momentum_buffer", velocity)],
            Self::AdamW { mean, square, .. } => vec![("exp_avg", mean), ("exp_avg_sq", square)],
        }
    }

    /// The same, to be changed.
    pub fn slots_mut(&mut self) -> Vec<(&'static str, &mut [f32])> {
        match self {
            Self::Sgd { velocity, .. } => vec![("momentum_buffer", velocity)],
            Self::AdamW { mean, square, .. } => vec![("exp_avg", mean), ("exp_avg_sq", square)],
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the weights are f32 too")]
fn as_f32(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(got: &[f32], want: &[f32]) {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{got}, not {want}");
        }
    }

    #[test]
    fn sgd_keeps_a_share_of_its_last_step() {
        let mut optimizer =
            Optimizer::new(&run::OptimizerSettings::Sgd { learning_rate: 0.1, momentum: 0.5 }, 2);
        let mut weights = [1.0, -1.0];
        optimizer.step(&mut weights, &[1.0, 2.0], 0.1, 0);
        assert_close(&weights, &[0.9, -1.2]);
        optimizer.step(&mut weights, &[1.0, 2.0], 0.1, 1);
        assert_close(&weights, &[0.75, -1.5]);
    }

    #[test]
    fn the_first_step_of_adamw_is_the_rate_whatever_the_gradient() {
        let mut optimizer = Optimizer::new(&run::OptimizerSettings::ADAMW, 3);
        let mut weights = [1.0, 1.0, 1.0];
        optimizer.step(&mut weights, &[1e-3, -1e3, 0.0], 1e-3, 0);
        let decayed = 1.0 - 1e-3 * 1e-2;
        assert_close(&weights, &[decayed - 1e-3, decayed + 1e-3, decayed]);
    }
}
