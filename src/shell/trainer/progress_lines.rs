//! Progress lines in the format of the lecture's training loop.

use crate::run::{EpochReport, Event, StepBatch, TrainerInfo};

/// Steps between two progress lines.
const EVERY: u64 = 200;

/// Formats events as the lecture's training loop prints them.
///
/// As in the lecture, the number of images does not include the batch itself: the first line of an epoch has
/// `[0/60000 (0%)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressLines {
    batch_size: u64,
    images: u64,
    steps_per_epoch: u64,
}

impl ProgressLines {
    /// Creates a formatter from the `started` event; `None` for any other event.
    pub fn new(batch_size: usize, started: &Event) -> Option<Self> {
        let Event::Started(TrainerInfo { data, steps_per_epoch, .. }) = started else { return None };
        Some(Self {
            batch_size: batch_size as u64,
            images: data.train as u64,
            steps_per_epoch: (*steps_per_epoch).max(1),
        })
    }

    /// The lines of an event.
    pub fn of(&self, event: &Event) -> Vec<String> {
        match event {
            Event::Steps(StepBatch { first, losses, .. }) => {
                (*first..).zip(losses).filter_map(|(step, loss)| self.of_step(step, *loss)).collect()
            }
            Event::Epoch(EpochReport { epoch, test_loss, test_accuracy, .. }) => {
                vec![format!("[{epoch}] Test Loss: {test_loss:.4}, Accuracy: {:.2}%", test_accuracy * 100.0)]
            }
            _ => Vec::new(),
        }
    }

    /// `step` counts from 1.
    fn of_step(&self, step: u64, loss: f32) -> Option<String> {
        let done = step.checked_sub(1)?;
        let (epoch, batch) = (done / self.steps_per_epoch + 1, done % self.steps_per_epoch);
        let percent = 100.0 * batch as f64 / self.steps_per_epoch as f64;
        let seen = batch * self.batch_size;
        (batch % EVERY == 0).then(|| {
            format!("Train Epoch: {epoch} [{seen}/{} ({percent:.0}%)]\tLoss: {loss:.6}", self.images)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::DataInfo;

    fn lines() -> ProgressLines {
        let (description, checksum, source) = Default::default();
        let started = Event::Started(TrainerInfo {
            step: 0,
            position: None,
            device: "cpu".to_owned(),
            threads: 1,
            instruction_set: String::new(),
            data: DataInfo { description, train: 60_000, test: 10_000, checksum, source },
            steps_per_epoch: 938,
            total_steps: 40 * 938,
            parameters: 21_840,
            layers: Vec::new(),
        });
        ProgressLines::new(64, &started).unwrap()
    }

    #[test]
    fn steps_are_formatted_as_in_the_lecture() {
        let first = 39 * 938 + 1;
        let mut losses = vec![0.0; 938];
        losses[200] = 0.345_638;
        let event =
            Event::Steps(StepBatch { first, losses, learning_rate: 0.01, active_seconds: 1.0, spent: None });
        let lines = lines().of(&event);
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[0], "Train Epoch: 40 [0/60000 (0%)]\tLoss: 0.000000");
        assert_eq!(lines[1], "Train Epoch: 40 [12800/60000 (21%)]\tLoss: 0.345638");
        assert_eq!(lines[4], "Train Epoch: 40 [51200/60000 (85%)]\tLoss: 0.000000");
    }

    #[test]
    fn epochs_are_formatted_as_in_the_lecture() {
        let event = Event::Epoch(EpochReport {
            epoch: 40,
            step: 37_520,
            train_loss: 0.5,
            train_accuracy: 0.8,
            test_loss: 0.314_51,
            test_accuracy: 0.8868,
            learning_rate: 0.01,
            active_seconds: 1.0,
            ..EpochReport::default()
        });
        assert_eq!(lines().of(&event), ["[40] Test Loss: 0.3145, Accuracy: 88.68%"]);
    }
}
