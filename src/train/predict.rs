//! Predictions of a trained network on the test set.

use std::sync::Arc;

use super::TrainError;
use super::session::fill;
use super::workers::{NetworkSpec, Workers};
use crate::data::Dataset;
use crate::nn::{Backend, DeviceKind, Parameter, Prediction};
use crate::run::Checkpoint;

/// Predicts the class of each test image with the weights of a checkpoint, in the order of the test set.
///
/// Always runs on the CPU, wherever the network was trained: devices differ only by rounding, and every machine has
/// one.
pub fn predict(
    checkpoint: &Checkpoint,
    data: &Arc<Dataset>,
    threads: usize,
) -> Result<Vec<Prediction>, TrainError> {
    let preset = checkpoint.progress.preset.clone();
    let spec = NetworkSpec { preset, device: DeviceKind::Cpu, backend: Backend::best(), dropout: None };
    let mut workers = Workers::start(&spec, threads, data)?;
    let mut weights = vec![0.0; workers.parameters().iter().map(Parameter::len).sum()];
    fill(&mut weights, workers.parameters(), &checkpoint.weights, "")?;
    let images = u32::try_from(data.test.len()).unwrap_or(u32::MAX);
    workers.predict(&Arc::new(weights), 0..images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{DeviceChoice, RunConfig};
    use crate::train::{Advance, Session};

    #[test]
    fn accuracy_of_predictions_equals_that_of_the_evaluation() {
        let data = Arc::new(Dataset::built_in().unwrap());
        for preset in ["cnn", "dnn"] {
            let config = RunConfig {
                preset: preset.to_owned(),
                epochs: 1,
                device: DeviceChoice::Cpu,
                ..RunConfig::default()
            };
            let mut session = Session::new(config, Arc::clone(&data), 2).unwrap();
            let report = loop {
                if let Advance::Epoch(report) = session.advance().unwrap() {
                    break report;
                }
            };
            let checkpoint = session.checkpoint(0.0).unwrap();
            let predictions = predict(&checkpoint, &data, 1).unwrap();
            assert_eq!(predictions, predict(&checkpoint, &data, 3).unwrap());
            let right = |(prediction, label): (&Prediction, &u8)| prediction.class == *label;
            let hits = predictions.iter().zip(data.test.labels()).filter(|pair| right(*pair)).count();
            assert_eq!(predictions.len(), data.test.len(), "{preset}");
            let accuracy = hits as f64 / predictions.len() as f64;
            assert_eq!(accuracy.to_bits(), report.test_accuracy.to_bits(), "{preset}");
            assert!(predictions.iter().all(|prediction| (0.1..=1.0).contains(&prediction.confidence)));
        }
    }

    #[test]
    fn checkpoint_without_all_weights_is_rejected() {
        let data = Arc::new(Dataset::built_in().unwrap());
        let config = RunConfig { device: DeviceChoice::Cpu, ..RunConfig::default() };
        let mut checkpoint = Session::new(config, Arc::clone(&data), 1).unwrap().checkpoint(0.0).unwrap();
        checkpoint.weights.pop();
        assert!(matches!(predict(&checkpoint, &data, 1), Err(TrainError::Missing { .. })));
    }
}
