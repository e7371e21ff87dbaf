//! The view of one run, folded from its events.

use std::collections::VecDeque;

use super::charts::Smoothing;
use super::machine::MachineView;
use crate::metrics::{Curve, Ema, Pace, Series};
use crate::run::{
    AnnotationKind, Checkpoint, Command, EpochMetric, EpochReport, Event, JournalEntry, NamedTensor,
    PauseReason, Position, Rewind, RunId, RunManifest, RunState, RunStatus, StateName, StepBatch, StepTime,
    Timeline, TrainerInfo, Unit, Update,
};

/// The window for throughput and ETA in active seconds: longer than an epoch, so that evaluation is included.
const PACE: f64 = 120.0;
/// Weight of earlier reports in the moving average of step times, which would otherwise change too fast to read.
const LASTING: f32 = 0.95;
/// Maximum number of log lines kept.
const LOG: usize = 1000;

/// The view of one run, folded from its events.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// Its manifest; `None` until it has been read.
    pub manifest: Option<RunManifest>,
    /// Its actual state; `None` until it is known.
    pub state: Option<RunState>,
    /// Its latest trainer; `None` until one has started.
    pub trainer: Option<TrainerInfo>,
    /// Training loss by step.
    pub loss: Curve,
    /// Epochs, annotations and the last step, folded from its events.
    pub timeline: Timeline,
    /// Throughput in steps of active time.
    pub pace: Pace,
    /// Training time at the last step, without pauses, in seconds.
    pub active_seconds: f64,
    /// Training time by step, without pauses, in seconds.
    pub times: Series,
    /// Time since the start by step, including pauses, in seconds.
    pub wall_times: Series,
    /// How the threads spent their time recently, as a moving average. Zero if the trainer does not report it.
    pub spent: StepTime,
    /// How busy its machine was.
    pub machine: MachineView,
    /// The learning rate of the last step.
    pub learning_rate: Option<f32>,
    /// When the current pause began, in seconds since 1970 UTC; `None` if it is not paused.
    pub paused_since: Option<f64>,
    /// The kernels of its convolutions in the newest checkpoint.
    pub kernels: Vec<NamedTensor>,
    /// The step of that checkpoint.
    pub kernels_step: u64,
    /// The last lines of its trainer's log.
    pub log: VecDeque<String>,
    /// The exact position when it last paused or started.
    pub position: Option<Position>,
    /// The command that the trainer has not acknowledged yet.
    pub pending: Option<Command>,
    /// Why part of the run cannot be read at the moment.
    pub problem: Option<String>,
    /// Whether everything on disk has been read once.
    pub caught_up: bool,
    smoothing: Smoothing,
    /// Time of its first event, in seconds since 1970 UTC.
    began: Option<f64>,
}

impl RunView {
    /// A run of which nothing has been read yet.
    pub fn new(id: RunId, smoothing: Smoothing) -> Self {
        Self {
            id,
            manifest: None,
            state: None,
            trainer: None,
            loss: Curve::new(Ema::with_span(smoothing.steps(1.0))),
            timeline: Timeline::default(),
            pace: Pace::new(PACE),
            active_seconds: 0.0,
            times: Series::default(),
            wall_times: Series::default(),
            spent: StepTime::default(),
            machine: MachineView::default(),
            learning_rate: None,
            paused_since: None,
            position: None,
            kernels: Vec::new(),
            kernels_step: 0,
            log: VecDeque::new(),
            pending: None,
            problem: None,
            caught_up: false,
            smoothing,
            began: None,
        }
    }

    /// Applies what is new on disk.
    pub fn update(&mut self, update: Update) {
        if update.replaced {
            let (manifest, log) = (self.manifest.take(), std::mem::take(&mut self.log));
            *self = Self { manifest, log, ..Self::new(self.id.clone(), self.smoothing) };
        }
        // Before the events: the manifest says whether the run is a fork.
        if let Some(manifest) = update.manifest {
            self.manifest = Some(manifest);
        }
        for entry in update.entries {
            self.apply(entry);
        }
        if let Some(state) = update.state {
            self.state = Some(state);
        }
        if !self.is_live() {
            self.pending = None;
        }
        if let Some(checkpoint) = update.checkpoint {
            self.apply_checkpoint(checkpoint);
        }
        self.log.extend(update.log);
        self.log.drain(..self.log.len().saturating_sub(LOG));
        self.problem = update.problem;
        self.caught_up |= update.caught_up;
    }

    fn apply(&mut self, JournalEntry { time, event }: JournalEntry) {
        let wall_time = time - *self.began.get_or_insert(time);
        self.timeline.apply(time, &event);
        match event {
            Event::Started(trainer) => self.apply_start(trainer, wall_time),
            Event::Steps(batch) => self.apply_steps(&batch, wall_time),
            Event::Epoch(report) => self.pass(report.step, report.active_seconds, wall_time),
            Event::Paused { position, .. } => {
                self.position = position;
                self.paused_since = Some(time);
                self.answer(Command::Pause);
            }
            Event::Resumed { step, .. } => {
                self.go_on_at(step, wall_time);
                self.paused_since = None;
                self.answer(Command::Resume);
                if let Some(Command::Rewind(_)) = self.pending {
                    self.pending = None;
                }
            }
            Event::Changed { change, total_steps, .. } => {
                self.answer(Command::Set(change));
                if let Some(trainer) = &mut self.trainer {
                    trainer.total_steps = total_steps;
                }
            }
            Event::Rewound { step } => {
                let first = Rewind { step }.first_discarded() as f64;
                self.loss.rewind(first);
                self.times.rewind(first);
                self.wall_times.rewind(first);
            }
            Event::Checkpoint { .. } => self.answer(Command::Checkpoint),
            Event::Ended { .. } | Event::Rejected { .. } => self.pending = None,
            Event::Machine(reading) => self.machine.add(reading),
            Event::Warning { .. } => {}
        }
    }

    fn apply_start(&mut self, mut trainer: TrainerInfo, wall_time: f64) {
        let step = trainer.step;
        self.position = trainer.position.take();
        self.trainer = Some(trainer);
        if self.loss.raw().is_empty() {
            self.set_smoothing(self.smoothing);
        }
        if step == 0 {
            self.times.push(0.0, 0.0);
        }
        self.go_on_at(step, wall_time);
        self.paused_since = None;
        let is_fork = self.manifest.as_ref().is_some_and(|manifest| manifest.parent.is_some());
        let annotations = &mut self.timeline.annotations;
        let was_seen = annotations.iter().any(|annotation| annotation.kind == AnnotationKind::Forked);
        // The first trainer of a fork resumes from its parent's checkpoint.
        if let Some(last) = annotations.last_mut()
            && last.kind == AnnotationKind::ResumedFromCheckpoint
            && is_fork
            && !was_seen
        {
            last.kind = AnnotationKind::Forked;
        }
    }

    fn apply_steps(&mut self, batch: &StepBatch, wall_time: f64) {
        for (step, loss) in (batch.first..).zip(&batch.losses) {
            self.loss.push(step as f64, f64::from(*loss));
        }
        self.learning_rate = Some(batch.learning_rate);
        self.pass(batch.last(), batch.active_seconds, wall_time);
        if let Some(mut recent) = batch.spent {
            recent += self.spent.scaled(LASTING);
            self.spent = recent;
        }
    }

    fn pass(&mut self, step: u64, active_seconds: f64, wall_time: f64) {
        self.active_seconds = active_seconds;
        self.pace.push(active_seconds, step as f64);
        self.times.push(step as f64, active_seconds);
        self.push_wall_time(step as f64, wall_time);
    }

    /// Records that the steps after `step` start at `wall_time`, after a pause.
    fn go_on_at(&mut self, step: u64, wall_time: f64) {
        self.push_wall_time(step as f64 + 0.5, wall_time);
    }

    /// Wall times never decrease, even if the clock is set back.
    fn push_wall_time(&mut self, step: f64, wall_time: f64) {
        self.wall_times.rewind(step);
        let before = self.wall_times.last().map_or(0.0, |last| last.y);
        self.wall_times.push(step, wall_time.max(before));
    }

    /// Epochs without improvement left until the run ends early; `None` without patience.
    pub fn patience_left(&self) -> Option<u32> {
        let patience = self.manifest.as_ref()?.settings().patience;
        let waited = self.timeline.reports().next_back()?.epoch - self.best()?.epoch;
        (patience > 0 && self.is_live()).then(|| patience.saturating_sub(waited))
    }

    /// The reason of the current pause, if it is paused.
    pub fn pause_reason(&self) -> Option<PauseReason> {
        self.paused_since?;
        self.timeline.annotations.iter().rev().find_map(|annotation| match annotation.kind {
            AnnotationKind::Paused(reason) => Some(reason),
            _ => None,
        })
    }

    fn answer(&mut self, command: Command) {
        if self.pending == Some(command) {
            self.pending = None;
        }
    }

    fn apply_checkpoint(&mut self, checkpoint: Checkpoint) {
        self.kernels_step = checkpoint.progress.step;
        self.kernels = checkpoint.weights.into_iter().filter(|weight| weight.shape.len() == 4).collect();
    }

    /// Batches in an epoch; 1 until it is known.
    pub fn steps_per_epoch(&self) -> f64 {
        self.trainer.as_ref().map_or(1, |trainer| trainer.steps_per_epoch.max(1)) as f64
    }

    /// Changes the smoothing of the training loss.
    pub(super) fn set_smoothing(&mut self, smoothing: Smoothing) {
        self.smoothing = smoothing;
        self.loss.set_smoothing(Ema::with_span(smoothing.steps(self.steps_per_epoch())));
    }

    /// A metric by the step of each epoch's end; accuracies in percent.
    pub fn by_epoch(&self, metric: EpochMetric) -> Series {
        let scale = if metric.unit == Unit::Accuracy { 100.0 } else { 1.0 };
        let mut series = Series::default();
        for report in self.timeline.reports() {
            series.push(report.step as f64, metric.of(report) * scale);
        }
        series
    }

    /// Its status; `None` until it is known.
    pub fn status(&self) -> Option<RunStatus> {
        self.state.as_ref().map(|state| state.status)
    }

    /// Its state in one word; `None` until it is known.
    pub fn state_name(&self) -> Option<StateName> {
        let (state, manifest) = (self.state.as_ref()?, self.manifest.as_ref()?);
        let name = state.name(manifest);
        // Events are newer than the manifest.
        let has_diverged = name == StateName::Paused && self.pause_reason() == Some(PauseReason::Diverged);
        Some(if has_diverged { StateName::Diverged } else { name })
    }

    /// Whether a trainer holds it and takes commands.
    pub fn is_live(&self) -> bool {
        self.state.as_ref().is_some_and(RunState::is_live)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.manifest.as_ref().map_or_else(|| self.id.name(), |manifest| &manifest.name)
    }

    /// The epoch with the highest test accuracy, the first of equals.
    pub fn best(&self) -> Option<EpochReport> {
        let numbers = self.timeline.reports().filter(|report| report.test_accuracy.is_finite());
        // `max_by` returns the last of equals, so the order is reversed.
        numbers.rev().max_by(|a, b| a.test_accuracy.total_cmp(&b.test_accuracy)).copied()
    }

    /// Recent images per second of active time.
    pub fn images_per_second(&self) -> Option<f64> {
        let batch = self.manifest.as_ref()?.config.batch_size as f64;
        Some(self.pace.rate()? * batch)
    }

    /// Estimated active seconds until it is finished, at the recent pace.
    pub fn eta(&self) -> Option<f64> {
        let left = self.trainer.as_ref()?.total_steps.saturating_sub(self.timeline.step);
        self.pace.eta(left as f64)
    }
}
