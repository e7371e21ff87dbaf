//! Learning-rate schedules.

use std::f64::consts::PI;

use crate::run::Schedule;

/// The learning rate of a step (from 0), given the configured rate `base`.
///
/// Cosine annealing changes it every step and reaches 0 after the last (Loshchilov and Hutter, 2017,
/// <https://arxiv.org/abs/1608.03983>, without restarts); a step schedule changes it between epochs.
pub fn learning_rate(
    schedule: &Schedule,
    base: f64,
    step: u64,
    steps_per_epoch: u64,
    total_steps: u64,
) -> f64 {
    match *schedule {
        Schedule::Constant => base,
        Schedule::Step { every_epochs, factor } => {
            let decays = step / steps_per_epoch.max(1) / u64::from(every_epochs.max(1));
            base * factor.powf(decays as f64)
        }
        Schedule::Cosine => {
            let done = step as f64 / total_steps.max(1) as f64;
            base * (1.0 + (PI * done).cos()) / 2.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: &Schedule) -> Vec<f64> {
        (0..8).map(|step| learning_rate(schedule, 0.1, step, 2, 8)).collect()
    }

    fn assert_close(got: &[f64], want: &[f64]) {
        assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-4), "{got:?}");
    }

    #[test]
    fn constant_does_not_change() {
        assert_close(&rates(&Schedule::Constant), &[0.1; 8]);
    }

    #[test]
    fn step_decays_between_epochs() {
        let schedule = Schedule::Step { every_epochs: 2, factor: 0.1 };
        assert_close(&rates(&schedule), &[0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01]);
    }

    #[test]
    fn cosine_decays_towards_zero() {
        let want = [0.1, 0.09619, 0.08536, 0.06913, 0.05, 0.03087, 0.01464, 0.00381];
        assert_close(&rates(&Schedule::Cosine), &want);
    }
}
