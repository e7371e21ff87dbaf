//! The training loop: trains, obeys commands between steps, and reports events.

use std::time::Duration;

use super::TrainError;
use super::session::{Advance, Session};
use crate::run::{
    Change, Checkpoint, CheckpointName, Command, EpochReport, Event, PauseReason, Position, RunStatus,
    StepBatch,
};

/// Minimum time between two reports of steps.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);

/// Minimum time between two checkpoints within an epoch. The dashboard draws kernels from them, and a killed run resumes
/// from them.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// The process that hosts a trainer. Only [`wait`](TrainingHost::wait) may block: training never waits for disk or screen.
pub trait TrainingHost {
    /// Records an event in the journal.
    fn report(&mut self, event: Event);

    /// Saves a checkpoint under these names.
    fn save(&mut self, names: Vec<CheckpointName>, checkpoint: Checkpoint);

    /// Saves a checkpoint as `last`; skipped if a newer one arrives before it is written.
    fn save_latest(&mut self, checkpoint: Checkpoint);

    /// The next message, if there is one.
    fn try_next(&mut self) -> Option<ControlMsg>;

    /// Waits for the next message; `None` if there will be no more.
    fn wait(&mut self) -> Option<ControlMsg>;

    /// Time since a fixed moment.
    fn now(&self) -> Duration;
}

/// A message to a trainer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ControlMsg {
    /// A command from the user.
    Command(Command),
    /// Pause, because the run directory cannot be written.
    DiskFailed,
    /// The run directory can be written again: resume, unless the user has paused the run in the meantime.
    DiskRecovered,
}

/// Trains until the run is finished or stopped, and returns its final status.
pub fn train(session: &mut Session, host: &mut impl TrainingHost) -> Result<RunStatus, TrainError> {
    let mut training = TrainingLoop::new(session, host)?;
    let ended = training.run();
    // Also after an error: the weights may be whole, and then nothing is lost.
    training.report_steps();
    let names = match std::mem::take(&mut training.unsaved) {
        names if names.is_empty() => vec![CheckpointName::Last],
        names => names,
    };
    let saved = training.save(names);
    let status = ended?;
    saved?;
    let step = training.session.progress().step;
    // All is saved: a GPU that is lost only now changes nothing.
    let position = training.session.position().ok();
    let patience = training.session.config().patience;
    let stopped_early = status == RunStatus::Finished && training.session.patience_left() == Some(0);
    let reason = stopped_early.then(|| format!("test accuracy has not improved for {patience} epochs"));
    training.host.report(Event::Ended { step, status, reason, position });
    Ok(status)
}

/// Whether to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Continue,
    End(RunStatus),
}

struct TrainingLoop<'a, H> {
    session: &'a mut Session,
    host: &'a mut H,
    /// Losses up to the last step that have not been reported yet.
    losses: Vec<f32>,
    learning_rate: f32,
    /// The last checkpoint with finite weights.
    good: Checkpoint,
    /// The names of a checkpoint that could not be made, because the weights could not be read.
    unsaved: Vec<CheckpointName>,
    /// Training time before `since`.
    active_before: f64,
    since: Duration,
    reported: Duration,
    saved: Duration,
}

impl<'a, H: TrainingHost> TrainingLoop<'a, H> {
    fn new(session: &'a mut Session, host: &'a mut H) -> Result<Self, TrainError> {
        let now = host.now();
        let active_before = session.progress().active_seconds;
        Ok(Self {
            active_before,
            good: session.checkpoint(active_before)?,
            session,
            unsaved: Vec::new(),
            losses: Vec::new(),
            learning_rate: 0.0,
            since: now,
            reported: now,
            saved: now,
            host,
        })
    }

    fn run(&mut self) -> Result<RunStatus, TrainError> {
        if let Some(changed) = self.session.progress().changed {
            // Usually already in the journal, unless the earlier trainer was killed before reporting it.
            self.report_change(changed.step, changed.last);
        }
        self.save_latest()?;
        loop {
            while let Some(message) = self.host.try_next() {
                let next = match message {
                    ControlMsg::Command(command) => self.obey(command)?,
                    ControlMsg::DiskFailed => self.pause(PauseReason::Disk)?,
                    ControlMsg::DiskRecovered => Next::Continue,
                };
                if let Next::End(status) = next {
                    return Ok(status);
                }
            }
            let has_diverged = match self.session.advance()? {
                Advance::Steps(steps) => {
                    self.losses.extend(steps.iter().map(|step| step.loss));
                    self.learning_rate = steps.last().map_or(self.learning_rate, |step| step.learning_rate);
                    steps.iter().any(|step| !step.loss.is_finite())
                }
                Advance::Evaluating => false,
                Advance::Epoch(report) => {
                    self.report_epoch(report)?;
                    !report.test_loss.is_finite()
                }
                Advance::Finished => return Ok(RunStatus::Finished),
            };
            if has_diverged && let Next::End(status) = self.pause(PauseReason::Diverged)? {
                return Ok(status);
            }
            let now = self.host.now();
            if now.saturating_sub(self.reported) >= REPORT_INTERVAL {
                self.report_steps();
            }
            if now.saturating_sub(self.saved) >= SAVE_INTERVAL {
                self.save_latest()?;
            }
        }
    }

    fn obey(&mut self, command: Command) -> Result<Next, TrainError> {
        match command {
            Command::Pause => return self.pause(PauseReason::Command),
            Command::Stop => return Ok(Next::End(RunStatus::Stopped)),
            Command::Resume => {}
            Command::Checkpoint => self.save(vec![CheckpointName::Last])?,
            Command::Set(change) => self.change(change)?,
            Command::Rewind(change) => self.rewind(change)?,
        }
        Ok(Next::Continue)
    }

    /// Pauses until a command ends the pause.
    fn pause(&mut self, reason: PauseReason) -> Result<Next, TrainError> {
        self.report_steps();
        if reason != PauseReason::Diverged {
            self.save(vec![CheckpointName::Last])?;
        }
        self.active_before = self.active_seconds();
        self.report_pause(reason)?;
        // Paused by the user or divergence, and held because of the disk: training resumes when neither holds.
        let (mut paused, mut held) = (reason != PauseReason::Disk, reason == PauseReason::Disk);
        let next = loop {
            match self.host.wait() {
                Some(ControlMsg::Command(Command::Stop)) | None => break Next::End(RunStatus::Stopped),
                Some(ControlMsg::Command(Command::Resume)) => paused = false,
                Some(ControlMsg::Command(Command::Pause)) => {
                    if !std::mem::replace(&mut paused, true) {
                        self.report_pause(PauseReason::Command)?;
                    }
                }
                Some(ControlMsg::Command(Command::Rewind(change))) => {
                    self.rewind(change)?;
                    paused = false;
                }
                Some(ControlMsg::Command(command)) => {
                    self.obey(command)?;
                }
                Some(ControlMsg::DiskFailed) => held = true,
                Some(ControlMsg::DiskRecovered) => held = false,
            }
            if !paused && !held {
                break Next::Continue;
            }
        };
        self.since = self.host.now();
        if next == Next::Continue {
            let (step, position) = self.step_and_position()?;
            self.host.report(Event::Resumed { step, position });
        }
        Ok(next)
    }

    fn report_pause(&mut self, reason: PauseReason) -> Result<(), TrainError> {
        let (step, position) = self.step_and_position()?;
        self.host.report(Event::Paused { step, reason, position });
        Ok(())
    }

    /// Changes settings. They are saved in a checkpoint before they are reported, so that a resumed run has them too.
    fn change(&mut self, change: Change) -> Result<(), TrainError> {
        self.report_steps();
        match self.session.change(change) {
            Ok(()) => {
                self.save(vec![CheckpointName::Last])?;
                self.report_change(self.session.progress().step, change);
            }
            Err(error) => {
                let what = change.to_string();
                self.host.report(Event::Rejected { what, reason: error.to_string() });
            }
        }
        Ok(())
    }

    /// The changed settings.
    fn changed(&self) -> Change {
        self.session.progress().changed.map(|changed| changed.all).unwrap_or_default()
    }

    fn report_change(&mut self, step: u64, change: Change) {
        self.host.report(Event::Changed { step, change, total_steps: self.session.total_steps() });
    }

    /// Restores the last checkpoint with finite weights, and changes settings there.
    fn rewind(&mut self, change: Change) -> Result<(), TrainError> {
        self.report_steps();
        let in_force = self.changed();
        self.session.restore(&self.good)?;
        self.host.report(Event::Rewound { step: self.session.progress().step });
        // A change that was made while no checkpoint could be saved still holds.
        let change = if in_force == self.changed() { change } else { change.after(in_force) };
        if !change.is_empty() {
            self.change(change)?;
        }
        Ok(())
    }

    fn report_epoch(&mut self, report: EpochReport) -> Result<(), TrainError> {
        self.report_steps();
        let report = EpochReport { active_seconds: self.active_seconds(), ..report };
        self.host.report(Event::Epoch(report));
        let mut names = vec![CheckpointName::Last, CheckpointName::Epoch(report.epoch)];
        if self.session.progress().best_epoch == Some(report.epoch) {
            names.push(CheckpointName::Best);
        }
        self.save(names)
    }

    /// Steps done, and the exact position.
    fn step_and_position(&self) -> Result<(u64, Option<Position>), TrainError> {
        Ok((self.session.progress().step, Some(self.session.position()?)))
    }

    fn report_steps(&mut self) {
        self.reported = self.host.now();
        if self.losses.is_empty() {
            return;
        }
        let losses = std::mem::take(&mut self.losses);
        self.host.report(Event::Steps(StepBatch {
            first: self.session.progress().step + 1 - losses.len() as u64,
            losses,
            learning_rate: self.learning_rate,
            active_seconds: self.active_seconds(),
            spent: self.session.take_step_time(),
        }));
    }

    fn save_latest(&mut self) -> Result<(), TrainError> {
        // Steps must be in the journal before their checkpoint.
        self.report_steps();
        if let Some(checkpoint) = self.checkpoint()? {
            self.host.save_latest(checkpoint);
        }
        Ok(())
    }

    fn save(&mut self, names: Vec<CheckpointName>) -> Result<(), TrainError> {
        self.unsaved = names;
        let checkpoint = self.checkpoint()?;
        let names = std::mem::take(&mut self.unsaved);
        if let Some(checkpoint) = checkpoint {
            self.host.save(names, checkpoint);
        }
        Ok(())
    }

    /// Creates a checkpoint, which is also the one to rewind to. `None` if a weight is not finite, so that the last good
    /// checkpoint is kept, in memory and on disk.
    fn checkpoint(&mut self) -> Result<Option<Checkpoint>, TrainError> {
        self.saved = self.host.now();
        let checkpoint = self.session.checkpoint(self.active_seconds())?;
        if !checkpoint.is_finite() {
            return Ok(None);
        }
        self.good = checkpoint;
        Ok(Some(self.good.clone()))
    }

    /// Training time of the run, without pauses, in seconds.
    fn active_seconds(&self) -> f64 {
        self.active_before + self.host.now().saturating_sub(self.since).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{Dataset, Source, Split};
    use crate::run::{DeviceChoice, RunConfig};

    /// A host in which every poll for messages takes the same time, and which sends messages at certain polls.
    #[derive(Default)]
    struct Script {
        slow: bool,
        commands: Vec<(u32, ControlMsg)>,
        waited: Vec<ControlMsg>,
        looks: u32,
        events: Vec<Event>,
        saved: Vec<(Vec<CheckpointName>, u64)>,
        saved_latest: u32,
    }

    impl TrainingHost for Script {
        fn report(&mut self, event: Event) {
            self.events.push(event);
        }

        fn save(&mut self, names: Vec<CheckpointName>, checkpoint: Checkpoint) {
            self.saved.push((names, checkpoint.progress.step));
        }

        fn save_latest(&mut self, _: Checkpoint) {
            self.saved_latest += 1;
        }

        fn try_next(&mut self) -> Option<ControlMsg> {
            let due = self.commands.iter().position(|(look, _)| *look <= self.looks);
            self.looks += u32::from(due.is_none());
            due.map(|place| self.commands.remove(place).1)
        }

        fn wait(&mut self) -> Option<ControlMsg> {
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
            RunConfig { preset: "dnn".to_owned(), epochs, device: DeviceChoice::Cpu, ..RunConfig::default() };
        Session::new(config, Arc::new(data), 1).unwrap()
    }

    /// The steps of the events, in their order.
    fn steps(script: &Script) -> Vec<u64> {
        let of = |event: &Event| match event {
            Event::Steps(StepBatch { first, losses, .. }) => (*first..first + losses.len() as u64).collect(),
            _ => Vec::new(),
        };
        script.events.iter().flat_map(of).collect()
    }

    #[test]
    fn every_step_is_reported_once_and_in_order() {
        let mut script = Script::default();
        assert_eq!(train(&mut session(2), &mut script).unwrap(), RunStatus::Finished);
        assert_eq!(steps(&script), (1..=20).collect::<Vec<_>>());
        let ended = script.events.last();
        assert!(
            matches!(ended, Some(Event::Ended { step: 20, status: RunStatus::Finished, .. })),
            "{ended:?}"
        );
        // A report contains several steps.
        assert!(script.events.iter().filter(|event| matches!(event, Event::Steps(_))).count() <= 10);
    }

    #[test]
    fn an_epoch_is_saved_under_its_names() {
        let mut script = Script::default();
        train(&mut session(1), &mut script).unwrap();
        let names = vec![CheckpointName::Last, CheckpointName::Epoch(1), CheckpointName::Best];
        assert_eq!(script.saved, [(names, 10), (vec![CheckpointName::Last], 10)]);
    }

    #[test]
    fn a_pause_takes_effect_at_once_and_takes_no_active_time() {
        let mut script = Script {
            commands: vec![(4, ControlMsg::Command(Command::Pause))],
            waited: vec![ControlMsg::Command(Command::Pause), ControlMsg::Command(Command::Resume)],
            ..Script::default()
        };
        train(&mut session(1), &mut script).unwrap();
        assert_eq!(steps(&script), (1..=10).collect::<Vec<_>>());
        let is_pause = |event: &Event| matches!(event, Event::Paused { step: 4, .. });
        let paused = script.events.iter().position(is_pause).unwrap();
        let [Event::Paused { position: before, .. }, Event::Resumed { step: 4, position: after }, ..] =
            &script.events[paused..]
        else {
            unreachable!("{:?}", script.events)
        };
        // Training continues with the same state.
        assert_eq!(before.as_ref().unwrap().batch, 4);
        assert_eq!(before, after);
        assert!(matches!(script.events[paused - 1], Event::Steps(StepBatch { first, ref losses, .. })
            if first + losses.len() as u64 == 5));
        assert_eq!(script.saved[0], (vec![CheckpointName::Last], 4));
    }

    #[test]
    fn a_stop_saves_all_steps_even_during_a_pause() {
        for (commands, waited) in [
            (vec![(3, ControlMsg::Command(Command::Stop))], vec![]),
            (vec![(3, ControlMsg::Command(Command::Pause))], vec![ControlMsg::Command(Command::Stop)]),
            // No more messages can come.
            (vec![(3, ControlMsg::Command(Command::Pause))], vec![]),
        ] {
            let mut script = Script { commands, waited, ..Script::default() };
            assert_eq!(train(&mut session(1), &mut script).unwrap(), RunStatus::Stopped);
            assert_eq!(steps(&script), [1, 2, 3]);
            assert_eq!(script.saved.last(), Some(&(vec![CheckpointName::Last], 3)));
        }
    }

    #[test]
    fn the_last_checkpoint_is_saved_each_second_of_an_epoch() {
        let mut script = Script { slow: true, ..Script::default() };
        train(&mut session(1), &mut script).unwrap();
        // Ten steps of 200 ms: before the first, and after each full second.
        assert_eq!(script.saved_latest, 3);
    }

    #[test]
    fn a_change_takes_effect_at_the_next_step_and_is_saved_before_it_is_reported() {
        let change = Change { learning_rate: Some(0.5), epochs: Some(2), ..Change::default() };
        let wrong = Change { dropout: Some(2.0), ..Change::default() };
        let mut script = Script {
            commands: vec![
                (4, ControlMsg::Command(Command::Set(change))),
                (5, ControlMsg::Command(Command::Set(wrong))),
            ],
            ..Script::default()
        };
        let mut session = session(1);
        train(&mut session, &mut script).unwrap();
        assert_eq!(steps(&script), (1..=20).collect::<Vec<_>>());
        let changed = Event::Changed { step: 4, change, total_steps: 20 };
        assert!(script.events.contains(&changed));
        assert_eq!(script.saved[0], (vec![CheckpointName::Last], 4));
        let rates = script.events.iter().filter_map(|event| match event {
            Event::Steps(StepBatch { first, learning_rate, .. }) => Some((*first > 4, *learning_rate)),
            _ => None,
        });
        for (after, rate) in rates {
            assert!((rate - if after { 0.5 } else { 0.01 }).abs() < 1e-6, "{rate}");
        }
        let rejected =
            |event: &&Event| matches!(event, Event::Rejected { reason, .. } if reason.contains("dropout"));
        assert_eq!(script.events.iter().filter(rejected).count(), 1);
        // A resumed run has the change too, and reports it again in case the journal lacks it.
        let mut resumed = self::session(1);
        resumed.restore(&session.checkpoint(0.0).unwrap()).unwrap();
        let mut script = Script::default();
        train(&mut resumed, &mut script).unwrap();
        assert_eq!(script.events.first(), Some(&changed));
        assert!(steps(&script).is_empty());
    }

    #[test]
    fn a_run_that_diverges_waits_with_its_last_good_checkpoint() {
        // The learning rate is far too large, so the loss overflows.
        let worse = Change { learning_rate: Some(1e30), ..Change::default() };
        let better = Change { learning_rate: Some(0.01), ..Change::default() };
        let mut script = Script {
            commands: vec![(3, ControlMsg::Command(Command::Set(worse)))],
            waited: vec![ControlMsg::Command(Command::Rewind(better))],
            ..Script::default()
        };
        let mut session = session(1);
        assert_eq!(train(&mut session, &mut script).unwrap(), RunStatus::Finished);
        let place = |is_it: fn(&Event) -> bool| script.events.iter().position(is_it).unwrap();
        let paused = place(|event| matches!(event, Event::Paused { reason: PauseReason::Diverged, .. }));
        let rewound = place(|event| matches!(event, Event::Rewound { step: 3 }));
        let resumed = place(|event| matches!(event, Event::Resumed { step: 3, .. }));
        assert!(paused < rewound && rewound < resumed, "{:?}", script.events);
        assert!(session.checkpoint(0.0).unwrap().is_finite());
        assert!(script.saved.iter().all(|(_, step)| *step == 3 || *step == 10), "{:?}", script.saved);
    }

    #[test]
    fn rewinding_keeps_what_was_changed_after_the_run_diverged() {
        let rate = |rate| Change { learning_rate: Some(rate), ..Change::default() };
        let longer = Change { epochs: Some(2), ..Change::default() };
        let mut script = Script {
            commands: vec![(3, ControlMsg::Command(Command::Set(rate(1e30))))],
            waited: vec![
                ControlMsg::Command(Command::Set(rate(0.02))),
                ControlMsg::Command(Command::Rewind(longer)),
            ],
            ..Script::default()
        };
        let mut session = session(1);
        assert_eq!(train(&mut session, &mut script).unwrap(), RunStatus::Finished);
        let both = Change { epochs: Some(2), ..rate(0.02) };
        let changed = Event::Changed { step: 3, change: both, total_steps: 20 };
        assert!(script.events.contains(&changed), "{:?}", script.events);
        assert_eq!(session.config(), &both.apply(&self::session(1).config().clone()).unwrap());
        assert!(session.checkpoint(0.0).unwrap().is_finite());
    }

    #[test]
    fn a_run_without_improvement_ends_early() {
        let mut session = session(40);
        // With a tiny learning rate the accuracy does not change.
        let still = Change { learning_rate: Some(1e-30), patience: Some(2), ..Change::default() };
        session.change(still).unwrap();
        assert_eq!(session.patience_left(), Some(2));
        let mut script = Script::default();
        assert_eq!(train(&mut session, &mut script).unwrap(), RunStatus::Finished);
        assert_eq!(session.progress().epoch, 3);
        let Some(Event::Ended { reason, .. }) = script.events.last() else { unreachable!() };
        assert_eq!(reason.as_deref(), Some("test accuracy has not improved for 2 epochs"));
    }

    #[test]
    fn a_held_run_resumes_when_it_waits_for_nothing() {
        let (pause, resume) = (ControlMsg::Command(Command::Pause), ControlMsg::Command(Command::Resume));
        for (waited, reasons) in [
            (vec![ControlMsg::DiskRecovered], vec![PauseReason::Disk]),
            // Paused meanwhile, or resumed too early.
            (vec![pause, ControlMsg::DiskRecovered, resume], vec![PauseReason::Disk, PauseReason::Command]),
            (vec![resume, ControlMsg::DiskFailed, ControlMsg::DiskRecovered], vec![PauseReason::Disk]),
        ] {
            let mut script =
                Script { commands: vec![(2, ControlMsg::DiskFailed)], waited, ..Script::default() };
            assert_eq!(train(&mut session(1), &mut script).unwrap(), RunStatus::Finished);
            assert!(script.waited.is_empty());
            let of = |event: &Event| match event {
                Event::Paused { reason, .. } => Some(*reason),
                _ => None,
            };
            assert_eq!(script.events.iter().filter_map(of).collect::<Vec<_>>(), reasons);
            assert_eq!(steps(&script), (1..=10).collect::<Vec<_>>());
        }
    }
}
