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
                self.saved = now;
                let checkpoint = self.session.checkpoint(self.active_seconds());
                self.supervisor.refresh(checkpoint);
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
        });
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
