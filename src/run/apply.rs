//! What an event means for a run's record.

use super::{
    event::{Event, Status},
    record::RunRecord,
};

impl RunRecord {
    /// Brings the record up to date with an event of its trainer.
    pub fn apply(&mut self, event: &Event) {
        let summary = &mut self.summary;
        match event {
            Event::Started { step, total_steps, data, .. } => {
                self.status = Status::Running;
                self.reason = None;
                summary.step = *step;
                summary.total_steps = *total_steps;
                self.provenance.dataset = Some(data.clone());
            }
            Event::Steps { first, losses, active_seconds, .. } => {
                summary.step = (first + losses.len() as u64).saturating_sub(1);
                self.apply_time(*active_seconds);
            }
            Event::Epoch { epoch, step, train_loss, test_loss, test_accuracy, active_seconds, .. } => {
                summary.epoch = *epoch;
                summary.step = *step;
                summary.last_train_loss = finite(*train_loss);
                summary.last_test_loss = finite(*test_loss);
                summary.last_test_accuracy = finite(*test_accuracy);
                if finite(*test_accuracy) > summary.best_test_accuracy {
                    summary.best_test_accuracy = finite(*test_accuracy);
                    summary.best_epoch = Some(*epoch);
                }
                self.apply_time(*active_seconds);
            }
            Event::Paused { .. } => self.status = Status::Paused,
            Event::Resumed { .. } => self.status = Status::Running,
            Event::Ended { step, status, reason } => {
                self.status = *status;
                self.reason.clone_from(reason);
                self.summary.step = *step;
            }
            Event::Checkpoint { .. } | Event::Rejected { .. } | Event::Note { .. } => {}
        }
    }

    fn apply_time(&mut self, active_seconds: f64) {
        self.summary.active_seconds = active_seconds;
        let images = self.summary.step as f64 * self.config.batch_size as f64;
        self.summary.images_per_second = finite(images / active_seconds);
    }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::run::{NewRun, PauseReason, Provenance, RunConfig, Store};

    fn record() -> RunRecord {
        let root = tempfile::tempdir().unwrap();
        let run = NewRun::new(Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
        Store::open(root.path()).create(&run).unwrap().record().unwrap()
    }

    fn epoch(epoch: u32, test_accuracy: f64) -> Event {
        Event::Epoch {
            epoch,
            step: u64::from(epoch) * 938,
            train_loss: 0.5,
            train_accuracy: 0.8,
            test_loss: 0.4,
            test_accuracy,
            learning_rate: 0.01,
            active_seconds: 10.0,
        }
    }

    #[test]
    fn the_best_epoch_is_the_first_with_the_highest_accuracy() {
        let mut record = record();
        for event in [epoch(1, 0.5), epoch(2, 0.7), epoch(3, 0.7), epoch(4, f64::NAN), epoch(5, 0.6)] {
            record.apply(&event);
        }
        let summary = &record.summary;
        assert_eq!((summary.best_epoch, summary.best_test_accuracy), (Some(2), Some(0.7)));
        assert_eq!((summary.epoch, summary.step), (5, 5 * 938));
        assert_eq!(summary.last_test_accuracy, Some(0.6));
    }

    #[test]
    fn the_status_follows_the_trainer() {
        let mut record = record();
        let mut apply = |event| {
            record.apply(&event);
            (record.status, record.summary.step)
        };
        let steps = Event::Steps {
            first: 1,
            losses: vec![2.0; 7],
            learning_rate: 0.1,
            active_seconds: 2.0,
            spent: None,
        };
        assert_eq!(apply(steps), (Status::Queued, 7));
        assert_eq!(apply(Event::Paused { step: 7, reason: PauseReason::Command }), (Status::Paused, 7));
        assert_eq!(apply(Event::Resumed { step: 7 }), (Status::Running, 7));
        let ended = Event::Ended { step: 8, status: Status::Stopped, reason: None };
        assert_eq!(apply(ended), (Status::Stopped, 8));
        assert_eq!(record.summary.images_per_second, Some(7.0 * 64.0 / 2.0));
    }
}
