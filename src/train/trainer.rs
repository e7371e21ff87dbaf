//! The training loop: works, listens for commands between two pieces of work, and reports.

use std::time::Duration;

use super::TrainError;
use super::session::{Advance, EpochResult, Session};
use crate::run::{Checkpoint, CheckpointName, Command, Event, PauseReason, Status};

/// The least time between two reports of steps: a few a second keep a curve moving.
const REPORT: Duration = Duration::from_millis(100);

/// The least time between two checkpoints within an epoch. They are what kernels are drawn from while
/// they form, and what a run that was killed goes on from.
const SAVE: Duration = Duration::from_secs(1);

/// The world around a trainer. None of its calls but [`wait`](Supervisor::wait) may take long:
/// training does not wait for a disk or a screen.
pub trait Supervisor {
    /// Takes an event, for the journal.
    fn report(&mut self, event: Event);

    /// Takes a checkpoint that must be kept, under these names.
    fn save(&mut self, names: Vec<CheckpointName>, checkpoint: Checkpoint);

    /// Takes a checkpoint that only matters until there is a newer one.
    fn refresh(&mut self, checkpoint: Checkpoint);

    /// The next command, if there is one.
    fn command(&mut self) -> Option<Command>;

    /// The next command, after waiting for it; `None` if none can come any more.
    fn wait(&mut self) -> Option<Command>;

    /// Time since some moment.
    fn now(&self) -> Duration;
}

/// Trains until the run is finished or stopped, and gives its final status.
pub fn train(session: &mut Session, supervisor: &mut impl Supervisor) -> Result<Status, TrainError> {
    let mut trainer = Trainer::new(session, supervisor);
    let status = trainer.run()?;
    trainer.report_steps();
    trainer.save(vec![CheckpointName::Last]);
    let step = trainer.session.progress().step;
    trainer.supervisor.report(Event::Ended { step, status, reason: None });
    Ok(status)
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Work,
    End(Status),
}

struct Trainer<'a, S> {
    session: &'a mut Session,
    supervisor: &'a mut S,
    /// Losses that were not reported yet; the last is that of the last step.
    losses: Vec<f32>,
    learning_rate: f32,
    /// Training time before `since`.
    active_before: f64,
    since: Duration,
    reported: Duration,
    saved: Duration,
}

impl<'a, S: Supervisor> Trainer<'a, S> {
    fn new(session: &'a mut Session, supervisor: &'a mut S) -> Self {
        let now = supervisor.now();
        Self {
            active_before: session.progress().active_seconds,
            session,
            losses: Vec::new(),
            learning_rate: 0.0,
            since: now,
            reported: now,
            saved: now,
            supervisor,
        }
    }

    fn run(&mut self) -> Result<Status, TrainError> {
        self.refresh();
        loop {
            while let Some(command) = self.supervisor.command() {
                if let Next::End(status) = self.obey(command) {
                    return Ok(status);
                }
            }
            match self.session.advance()? {
                Advance::Step { loss, learning_rate } => {
                    self.losses.push(loss);
                    self.learning_rate = learning_rate;
                }
                Advance::Evaluating => {}
                Advance::Epoch(result) => self.end_epoch(result),
                Advance::Finished => return Ok(Status::Finished),
            }
            let now = self.supervisor.now();
            if now.saturating_sub(self.reported) >= REPORT {
                self.report_steps();
            }
            if now.saturating_sub(self.saved) >= SAVE {
                self.refresh();
            }
        }
    }

    fn obey(&mut self, command: Command) -> Next {
        match command {
            Command::Pause => self.pause(),
            Command::Resume => Next::Work,
            Command::Stop => Next::End(Status::Stopped),
            Command::Checkpoint => {
                self.save(vec![CheckpointName::Last]);
                Next::Work
            }
        }
    }

    /// Waits for the command that ends the pause.
    fn pause(&mut self) -> Next {
        self.report_steps();
        self.save(vec![CheckpointName::Last]);
        self.active_before = self.active_seconds();
        let step = self.session.progress().step;
        self.supervisor.report(Event::Paused { step, reason: PauseReason::Command });
        let next = loop {
            match self.supervisor.wait() {
                Some(Command::Pause) => {}
                Some(Command::Checkpoint) => self.save(vec![CheckpointName::Last]),
                Some(Command::Resume) => break Next::Work,
                Some(Command::Stop) | None => break Next::End(Status::Stopped),
            }
        };
        self.since = self.supervisor.now();
        if next == Next::Work {
            self.supervisor.report(Event::Resumed { step });
        }
        next
    }

    fn end_epoch(&mut self, result: EpochResult) {
        self.report_steps();
        let EpochResult { epoch, train, test, learning_rate, best } = result;
        self.supervisor.report(Event::Epoch {
            epoch,
            step: self.session.progress().step,
            train_loss: train.mean_loss(),
            train_accuracy: train.accuracy(),
            test_loss: test.mean_loss(),
            test_accuracy: test.accuracy(),
            learning_rate,
            active_seconds: self.active_seconds(),
        });
        let mut names = vec![CheckpointName::Last, CheckpointName::Epoch(epoch)];
        if best {
            names.push(CheckpointName::Best);
        }
        self.save(names);
    }

    fn report_steps(&mut self) {
        self.reported = self.supervisor.now();
        if self.losses.is_empty() {
            return;
        }
        let losses = std::mem::take(&mut self.losses);
        self.supervisor.report(Event::Steps {
            first: self.session.progress().step + 1 - losses.len() as u64,
            losses,
            learning_rate: self.learning_rate,
            active_seconds: self.active_seconds(),
            spent: Some(self.session.take_step_time()),
        });
    }

    fn refresh(&mut self) {
        self.saved = self.supervisor.now();
        let checkpoint = self.session.checkpoint(self.active_seconds());
        self.supervisor.refresh(checkpoint);
    }

    fn save(&mut self, names: Vec<CheckpointName>) {
        self.saved = self.supervisor.now();
        let checkpoint = self.session.checkpoint(self.active_seconds());
        self.supervisor.save(names, checkpoint);
    }

    /// Training time of the run, without pauses, in seconds.
    fn active_seconds(&self) -> f64 {
        self.active_before + self.supervisor.now().saturating_sub(self.since).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{Dataset, Source, Split};
    use crate::run::{Device, RunConfig};

    /// A world in which every look takes as long, and which gives commands at certain looks.
    #[derive(Default)]
    struct Script {
        slow: bool,
        commands: Vec<(u32, Command)>,
        waited: Vec<Command>,
        looks: u32,
        events: Vec<Event>,
        saved: Vec<(Vec<CheckpointName>, u64)>,
        refreshed: u32,
    }

    impl Supervisor for Script {
        fn report(&mut self, event: Event) {
            self.events.push(event);
        }

        fn save(&mut self, names: Vec<CheckpointName>, checkpoint: Checkpoint) {
            self.saved.push((names, checkpoint.progress.step));
        }

        fn refresh(&mut self, _: Checkpoint) {
            self.refreshed += 1;
        }

        fn command(&mut self) -> Option<Command> {
            let due = self.commands.iter().position(|(look, _)| *look <= self.looks);
            self.looks += u32::from(due.is_none());
            due.map(|place| self.commands.remove(place).1)
        }

        fn wait(&mut self) -> Option<Command> {
            (!self.waited.is_empty()).then(|| self.waited.remove(0))
        }

        fn now(&self) -> Duration {
            Duration::from_millis(if self.slow { 200 } else { 30 }) * self.looks
        }
    }

    fn session(epochs: u32) -> Session {
        let all = Dataset::built_in().unwrap();
        let few = |split: &Split, len: usize| {
            Split::new(split.images()[..len].as_flattened().to_vec(), split.labels()[..len].to_vec()).unwrap()
        };
        let data = Dataset::new("few", Source::BuiltIn, few(&all.train, 640), few(&all.test, 50));
        let config =
            RunConfig { preset: "dnn".to_owned(), epochs, device: Device::Cpu, ..RunConfig::default() };
        Session::new(config, Arc::new(data), 1).unwrap()
    }

    /// The steps that the events tell of, in their order.
    fn steps(script: &Script) -> Vec<u64> {
        let of = |event: &Event| match event {
            Event::Steps { first, losses, .. } => (*first..first + losses.len() as u64).collect(),
            _ => Vec::new(),
        };
        script.events.iter().flat_map(of).collect()
    }

    #[test]
    fn every_step_is_reported_once_and_in_order() {
        let mut script = Script::default();
        assert_eq!(train(&mut session(2), &mut script).unwrap(), Status::Finished);
        assert_eq!(steps(&script), (1..=20).collect::<Vec<_>>());
        let ended = Event::Ended { step: 20, status: Status::Finished, reason: None };
        assert_eq!(script.events.last(), Some(&ended));
        // Several steps a report, and not one each.
        assert!(script.events.iter().filter(|event| matches!(event, Event::Steps { .. })).count() <= 10);
    }

    #[test]
    fn an_epoch_is_kept_under_its_names() {
        let mut script = Script::default();
        train(&mut session(1), &mut script).unwrap();
        let names = vec![CheckpointName::Last, CheckpointName::Epoch(1), CheckpointName::Best];
        assert_eq!(script.saved, [(names, 10), (vec![CheckpointName::Last], 10)]);
    }

    #[test]
    fn a_pause_takes_effect_at_once_and_counts_as_no_time() {
        let mut script = Script {
            commands: vec![(4, Command::Pause)],
            waited: vec![Command::Pause, Command::Resume],
            ..Script::default()
        };
        train(&mut session(1), &mut script).unwrap();
        assert_eq!(steps(&script), (1..=10).collect::<Vec<_>>());
        let place = |wanted: &Event| script.events.iter().position(|event| event == wanted);
        let paused = place(&Event::Paused { step: 4, reason: PauseReason::Command }).unwrap();
        assert_eq!(place(&Event::Resumed { step: 4 }), Some(paused + 1));
        assert!(matches!(script.events[paused - 1], Event::Steps { first, ref losses, .. }
            if first + losses.len() as u64 == 5));
        assert_eq!(script.saved[0], (vec![CheckpointName::Last], 4));
    }

    #[test]
    fn a_stop_saves_what_was_done_also_out_of_a_pause() {
        for (commands, waited) in [
            (vec![(3, Command::Stop)], vec![]),
            (vec![(3, Command::Pause)], vec![Command::Stop]),
            // Nobody is left who could say anything.
            (vec![(3, Command::Pause)], vec![]),
        ] {
            let mut script = Script { commands, waited, ..Script::default() };
            assert_eq!(train(&mut session(1), &mut script).unwrap(), Status::Stopped);
            assert_eq!(steps(&script), [1, 2, 3]);
            assert_eq!(script.saved.last(), Some(&(vec![CheckpointName::Last], 3)));
        }
    }

    #[test]
    fn kernels_are_refreshed_while_an_epoch_lasts() {
        let mut script = Script { slow: true, ..Script::default() };
        train(&mut session(1), &mut script).unwrap();
        // Ten steps of 200 ms: before the first, and after each full second.
        assert_eq!(script.refreshed, 3);
    }
}
