//! The training thread, and its end of the channels to the trainer process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use crate::data::Dataset;
use crate::nn::{self, DeviceKind, LayerInfo, Parameter};
use crate::run::{Checkpoint, CheckpointName, DataInfo, Event, LayerRow, RunConfig, RunStatus, TrainerInfo};
use crate::shell::ShellError;
use crate::train::{ControlMsg, Session, TrainError, TrainingHost, train};

/// How long the training thread may take to free memory.
const CLEANUP_LIMIT: Duration = Duration::from_secs(2);
/// How often to look whether it has.
const CLEANUP_POLL: Duration = Duration::from_millis(2);

/// A message from the training thread.
pub(super) enum TrainerMsg {
    /// An event for the journal.
    Event(Event),
    /// A checkpoint that must be kept, under these names.
    Save(Vec<CheckpointName>, Checkpoint),
}

/// The newest checkpoint that was not saved under a name; a newer one replaces it.
pub(super) type Newest = Mutex<Option<Checkpoint>>;

pub(super) fn lock(newest: &Newest) -> MutexGuard<'_, Option<Checkpoint>> {
    newest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The training thread's end of the channels. Only `wait` blocks.
pub(super) struct TrainerPort {
    pub(super) messages: UnboundedSender<TrainerMsg>,
    pub(super) commands: mpsc::Receiver<ControlMsg>,
    pub(super) newest: Arc<Newest>,
    pub(super) start: Instant,
}

impl TrainingHost for TrainerPort {
    fn report(&mut self, event: Event) {
        // If the recorder is gone, it has also sent `Stop`.
        let _ = self.messages.send(TrainerMsg::Event(event));
    }

    fn save(&mut self, names: Vec<CheckpointName>, checkpoint: Checkpoint) {
        // The waiting one is older.
        *lock(&self.newest) = None;
        let _ = self.messages.send(TrainerMsg::Save(names, checkpoint));
    }

    fn save_latest(&mut self, checkpoint: Checkpoint) {
        *lock(&self.newest) = Some(checkpoint);
    }

    fn try_next(&mut self) -> Option<ControlMsg> {
        self.commands.try_recv().ok()
    }

    fn wait(&mut self) -> Option<ControlMsg> {
        self.commands.recv().ok()
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The work of the training thread. It builds the network itself, since networks are not `Send`.
pub(super) struct Task {
    pub(super) config: RunConfig,
    pub(super) data: DataInfo,
    pub(super) dataset: Arc<Dataset>,
    pub(super) threads: usize,
    /// The checkpoint to resume from; `None` to start from the beginning.
    pub(super) checkpoint: Option<Checkpoint>,
}

impl Task {
    /// Trains, and leaves the session to be dropped.
    fn run(self, session: &mut Option<Session>, port: &mut TrainerPort) -> Result<RunStatus, TrainError> {
        let session = session.insert(Session::new(self.config, self.dataset, self.threads)?);
        if let Some(checkpoint) = &self.checkpoint {
            session.restore(checkpoint)?;
        }
        port.report(started(session, self.data)?);
        train(session, port)
    }
}

/// The training thread.
pub(super) struct TrainingThread {
    handle: JoinHandle<()>,
    outcome: mpsc::Receiver<Result<RunStatus, TrainError>>,
}

impl TrainingThread {
    /// Waits for the end of training, and a little for the end of the thread.
    pub(super) fn join(self) -> std::thread::Result<Result<RunStatus, TrainError>> {
        let Ok(outcome) = self.outcome.recv() else {
            // It has panicked.
            return self.handle.join().map(|()| Err(TrainError::Worker));
        };
        let start = Instant::now();
        while !self.handle.is_finished() && start.elapsed() < CLEANUP_LIMIT {
            std::thread::sleep(CLEANUP_POLL);
        }
        Ok(outcome)
    }
}

/// Starts the training thread.
pub(super) fn spawn(task: Task, mut port: TrainerPort) -> Result<TrainingThread, ShellError> {
    let (sender, outcome) = mpsc::channel();
    let work = move || {
        let mut session = None;
        let trained = task.run(&mut session, &mut port);
        // The run has ended. What follows frees the memory of a device, whose driver can hang.
        drop(port);
        let _ = sender.send(trained);
        drop(session);
    };
    let handle =
        std::thread::Builder::new().name("train".to_owned()).spawn(work).map_err(ShellError::Runtime)?;
    Ok(TrainingThread { handle, outcome })
}

/// The device for people: `cpu`, or a GPU with its name, such as `cuda:0 NVIDIA H100`.
fn device_name(device: DeviceKind) -> String {
    let DeviceKind::Cuda(number) = device else { return device.to_string() };
    let name = nn::cuda_devices().ok().and_then(|names| names.into_iter().nth(number));
    name.map_or_else(|| device.to_string(), |name| format!("{device} {name}"))
}

fn started(session: &Session, data: DataInfo) -> Result<Event, TrainError> {
    let row = |layer: &LayerInfo| LayerRow {
        name: layer.name.clone(),
        kind: layer.kind.name().to_owned(),
        setting: layer.setting.clone(),
        output: layer.output.clone(),
        parameters: layer.parameters,
    };
    Ok(Event::Started(TrainerInfo {
        step: session.progress().step,
        position: Some(session.position()?),
        device: device_name(session.device()),
        threads: session.threads(),
        instruction_set: match session.device() {
            DeviceKind::Cpu => session.backend().name().to_owned(),
            DeviceKind::Cuda(_) => String::new(),
        },
        data,
        steps_per_epoch: session.steps_per_epoch(),
        total_steps: session.total_steps(),
        parameters: session.parameters().iter().map(Parameter::len).sum(),
        layers: session.layers().iter().map(row).collect(),
    }))
}
