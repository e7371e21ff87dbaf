//! One run as a person follows it: everything that the screen shows of it, folded from its events.

use std::collections::VecDeque;

use super::charts::Smoothing;
use crate::metrics::{Curve, Ema, Pace, Series};
use crate::run::{
    Change, Checkpoint, Command, DataInfo, Event, JournalEntry, LayerRow, NamedTensor, PauseReason, Position,
    RecordedStatus, RunId, RunManifest, RunState, StepTime, Update,
};

/// Active seconds that throughput and ETA look back: longer than an epoch, so that its evaluation counts.
const PACE: f64 = 120.0;
/// What is left of the time that earlier steps took, when the next steps are reported: numbers that change
/// ten times a second cannot be read.
const LASTING: f32 = 0.95;
/// Lines of the trainer's log that are kept.
const LOG: usize = 1000;

/// One run as a person follows it.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// Its record, once that was read.
    pub record: Option<RunManifest>,
    /// How it really stands, once that is known.
    pub state: Option<RunState>,
    /// What its trainer said when it began.
    pub start: Option<TrainerInfo>,
    /// Training loss by step.
    pub loss: Curve,
    /// What came of each epoch.
    pub epochs: Vec<Epoch>,
    /// What happened at which step.
    pub marks: Vec<Annotation>,
    /// Throughput in steps of active time.
    pub pace: Pace,
    /// The last step that is known.
    pub step: u64,
    /// Training time at it, without pauses, in seconds.
    pub active_seconds: f64,
    /// Training time by step, without pauses, in seconds.
    pub times: Series,
    /// Time by step since it began, with pauses, in seconds.
    pub wall_times: Series,
    /// What threads worked on of late: old times count less and less. Nothing if the trainer did not say.
    pub spent: StepTime,
    /// The learning rate at it.
    pub learning_rate: Option<f32>,
    /// When the pause began, in seconds since 1970, if it is paused.
    pub paused_since: Option<f64>,
    /// The kernels of its convolutions, as in its newest checkpoint.
    pub kernels: Vec<NamedTensor>,
    /// The step of that checkpoint.
    pub kernels_step: u64,
    /// The end of its trainer's log.
    pub log: VecDeque<String>,
    /// Where exactly it stood when it last paused or began.
    pub position: Option<Position>,
    /// What was asked of the trainer and not answered yet.
    pub asked: Option<Command>,
    /// What cannot be read of it at the moment.
    pub problem: Option<String>,
    /// Whether everything that is on disk was read once.
    pub caught_up: bool,
    smoothing: Smoothing,
    /// When its journal begins, in seconds since 1970.
    began: Option<f64>,
}

/// What a trainer says when it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerInfo {
    /// Where it trains.
    pub device: String,
    /// With how many threads.
    pub threads: usize,
    /// What it trains on.
    pub data: DataInfo,
    /// Batches in an epoch.
    pub steps_per_epoch: u64,
    /// Steps in the whole run.
    pub total_steps: u64,
    /// Trainable numbers.
    pub parameters: usize,
    /// The network.
    pub layers: Vec<LayerRow>,
}

impl TrainerInfo {
    /// Whether the network has convolutions, so that there are kernels to show.
    pub fn has_convolutions(&self) -> bool {
        self.layers.iter().any(|layer| layer.kind == "Conv2d")
    }
}

/// What came of an epoch. Accuracies are fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Which, from 1.
    pub epoch: u32,
    /// Steps done at its end.
    pub step: u64,
    /// Mean loss of its training images, as they were seen.
    pub train_loss: f64,
    /// Accuracy on them.
    pub train_accuracy: f64,
    /// Mean loss on the test set after it.
    pub test_loss: f64,
    /// Accuracy on the test set after it.
    pub test_accuracy: f64,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// Steps done then.
    pub step: u64,
    /// What.
    pub kind: AnnotationKind,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnnotationKind {
    /// It was paused.
    Paused(PauseReason),
    /// A trainer went on from a checkpoint.
    Resumed,
    /// It began here, from a checkpoint of another run.
    Forked,
    /// Settings were changed.
    Changed(Change),
}

impl RunView {
    /// A run of which nothing was read yet.
    pub fn new(id: RunId, smoothing: Smoothing) -> Self {
        Self {
            id,
            record: None,
            state: None,
            start: None,
            loss: Curve::new(Ema::over(smoothing.steps(1.0))),
            epochs: Vec::new(),
            marks: Vec::new(),
            pace: Pace::new(PACE),
            step: 0,
            active_seconds: 0.0,
            times: Series::default(),
            wall_times: Series::default(),
            spent: StepTime::default(),
            learning_rate: None,
            paused_since: None,
            position: None,
            kernels: Vec::new(),
            kernels_step: 0,
            log: VecDeque::new(),
            asked: None,
            problem: None,
            caught_up: false,
            smoothing,
            began: None,
        }
    }

    /// Takes in what is new on disk.
    pub fn update(&mut self, update: Update) {
        if update.restarted {
            let (record, log) = (self.record.take(), std::mem::take(&mut self.log));
            *self = Self { record, log, ..Self::new(self.id.clone(), self.smoothing) };
        }
        // Before the events: it says whether the run is a fork.
        if let Some(record) = update.record {
            self.record = Some(record);
        }
        for record in update.records {
            self.take(record);
        }
        if let Some(state) = update.state {
            self.state = Some(state);
        }
        if !self.is_live() {
            self.asked = None;
        }
        if let Some(checkpoint) = update.checkpoint {
            self.take_checkpoint(checkpoint);
        }
        self.log.extend(update.log);
        self.log.drain(..self.log.len().saturating_sub(LOG));
        self.problem = update.problem;
        self.caught_up |= update.caught_up;
    }

    fn take(&mut self, JournalEntry { time, event }: JournalEntry) {
        let wall_time = time - *self.began.get_or_insert(time);
        match event {
            Event::Started {
                step,
                position,
                device,
                threads,
                kernels: _,
                data,
                steps_per_epoch,
                total_steps,
                parameters,
                layers,
            } => {
                self.start = Some(TrainerInfo {
                    device,
                    threads,
                    data,
                    steps_per_epoch,
                    total_steps,
                    parameters,
                    layers,
                });
                if self.loss.raw().is_empty() {
                    self.smooth(self.smoothing);
                }
                if step == 0 {
                    self.times.push(0.0, 0.0);
                }
                self.go_on_at(step, wall_time);
                if step > 0 || self.step > 0 {
                    self.step = step;
                    let is_fork = self.record.as_ref().is_some_and(|record| record.parent.is_some());
                    let is_first = self.marks.iter().all(|mark| mark.kind != AnnotationKind::Forked);
                    self.mark(
                        step,
                        if is_fork && is_first { AnnotationKind::Forked } else { AnnotationKind::Resumed },
                    );
                }
                self.paused_since = None;
                self.position = position;
            }
            Event::Steps { first, losses, learning_rate, active_seconds, spent } => {
                self.take_steps(first, &losses, learning_rate, active_seconds, wall_time);
                if let Some(mut recent) = spent {
                    recent += self.spent.scaled(LASTING);
                    self.spent = recent;
                }
            }
            Event::Epoch {
                epoch,
                step,
                train_loss,
                train_accuracy,
                test_loss,
                test_accuracy,
                active_seconds,
                ..
            } => {
                let point = Epoch { epoch, step, train_loss, train_accuracy, test_loss, test_accuracy };
                self.epochs.retain(|before| before.epoch < epoch);
                self.epochs.push(point);
                self.pass(step, active_seconds, wall_time);
            }
            Event::Paused { step, reason, position } => {
                self.position = position;
                self.mark(step, AnnotationKind::Paused(reason));
                self.paused_since = Some(time);
                self.answer(Command::Pause);
            }
            Event::Resumed { step, .. } => {
                self.go_on_at(step, wall_time);
                self.paused_since = None;
                self.answer(Command::Resume);
                if let Some(Command::GoBack(_)) = self.asked {
                    self.asked = None;
                }
            }
            Event::Changed { step, change, total_steps } => {
                self.answer(Command::Set(change));
                self.mark(step, AnnotationKind::Changed(change));
                if let Some(start) = &mut self.start {
                    start.total_steps = total_steps;
                }
            }
            Event::Rewound { step } => self.rewind(step),
            Event::Checkpoint { .. } => self.answer(Command::Checkpoint),
            Event::Ended { .. } | Event::Rejected { .. } => self.asked = None,
            Event::Note { .. } => {}
        }
    }

    /// Back to `step`: what was done after it is done again, and comes out differently.
    fn rewind(&mut self, step: u64) {
        self.loss.rewind((step + 1) as f64);
        self.times.rewind((step + 1) as f64);
        self.wall_times.rewind((step + 1) as f64);
        self.epochs.retain(|epoch| epoch.step <= step);
        self.marks.retain(|mark| mark.step <= step);
        self.step = step;
    }

    fn take_steps(
        &mut self,
        first: u64,
        losses: &[f32],
        learning_rate: f32,
        active_seconds: f64,
        wall_time: f64,
    ) {
        for (step, loss) in (first..).zip(losses) {
            self.loss.push(step as f64, f64::from(*loss));
        }
        let last = (first + losses.len() as u64).saturating_sub(1);
        self.learning_rate = Some(learning_rate);
        self.pass(last, active_seconds, wall_time);
    }

    fn pass(&mut self, step: u64, active_seconds: f64, wall_time: f64) {
        self.step = step;
        self.active_seconds = active_seconds;
        self.pace.push(active_seconds, step as f64);
        self.times.push(step as f64, active_seconds);
        self.push_wall_time(step as f64, wall_time);
    }

    /// What comes after `step` comes after `wall_time`: it was not trained while it was paused.
    fn go_on_at(&mut self, step: u64, wall_time: f64) {
        self.push_wall_time(step as f64 + 0.5, wall_time);
    }

    /// A clock that was set back does not turn the axis round.
    fn push_wall_time(&mut self, step: f64, wall_time: f64) {
        self.wall_times.rewind(step);
        let before = self.wall_times.last().map_or(0.0, |last| last.y);
        self.wall_times.push(step, wall_time.max(before));
    }

    fn mark(&mut self, step: u64, kind: AnnotationKind) {
        self.marks.push(Annotation { step, kind });
    }

    /// Epochs after which the run ends if none of them is better; `None` if it does not wait for a better one.
    pub fn patience_left(&self) -> Option<u32> {
        let patience = self.record.as_ref()?.settings().patience;
        let waited = self.epochs.last()?.epoch - self.best()?.epoch;
        (patience > 0 && self.is_live()).then(|| patience.saturating_sub(waited))
    }

    /// The reason of the pause that lasts, if one does.
    pub fn pause_reason(&self) -> Option<PauseReason> {
        self.paused_since?;
        self.marks.iter().rev().find_map(|mark| match mark.kind {
            AnnotationKind::Paused(reason) => Some(reason),
            _ => None,
        })
    }

    fn answer(&mut self, command: Command) {
        if self.asked == Some(command) {
            self.asked = None;
        }
    }

    fn take_checkpoint(&mut self, checkpoint: Checkpoint) {
        self.kernels_step = checkpoint.progress.step;
        self.kernels = checkpoint.weights.into_iter().filter(|weight| weight.shape.len() == 4).collect();
    }

    /// Batches in an epoch; one while that is not known.
    pub fn steps_per_epoch(&self) -> f64 {
        self.start.as_ref().map_or(1, |start| start.steps_per_epoch.max(1)) as f64
    }

    /// Smooths the training loss anew.
    pub(super) fn smooth(&mut self, smoothing: Smoothing) {
        self.smoothing = smoothing;
        self.loss.smooth_by(Ema::over(smoothing.steps(self.steps_per_epoch())));
    }

    /// Something about each epoch by the step of its end.
    pub fn by_epoch(&self, value: impl Fn(&Epoch) -> f64) -> Series {
        let mut series = Series::default();
        for epoch in &self.epochs {
            series.push(epoch.step as f64, value(epoch));
        }
        series
    }

    /// The accuracy on the test set in percent, by the step of each epoch's end.
    pub fn test_accuracies(&self) -> Series {
        self.by_epoch(|epoch| epoch.test_accuracy * 100.0)
    }

    /// How it stands; none until that is known.
    pub fn status(&self) -> Option<RecordedStatus> {
        self.state.as_ref().map(|state| state.status)
    }

    /// Whether a trainer has it, so that commands are heard.
    pub fn is_live(&self) -> bool {
        self.state.as_ref().is_some_and(RunState::is_live)
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        self.record.as_ref().map_or_else(|| self.id.name(), |record| &record.name)
    }

    /// The epoch with the highest test accuracy, the first of equals.
    pub fn best(&self) -> Option<Epoch> {
        let numbers = self.epochs.iter().filter(|epoch| epoch.test_accuracy.is_finite());
        // Of equals `max_by` takes the last, so the way is backwards.
        numbers.rev().max_by(|a, b| a.test_accuracy.total_cmp(&b.test_accuracy)).copied()
    }

    /// Images per second of active time, lately.
    pub fn images_per_second(&self) -> Option<f64> {
        let batch = self.record.as_ref()?.config.batch_size as f64;
        Some(self.pace.rate()? * batch)
    }

    /// Active seconds until it is finished, at the pace it has.
    pub fn eta(&self) -> Option<f64> {
        let left = self.start.as_ref()?.total_steps.saturating_sub(self.step);
        self.pace.eta(left as f64)
    }
}
