//! Performs the effects that the state asks for: processes, files and threads.

use tokio::sync::mpsc::UnboundedSender;

use super::observe::Observer;
use super::trainers::start_trainer;
use crate::app::{Action, Effect, Msg, QueueChange, RunsAction, key_of};
use crate::data::DataError;
use crate::metrics::text;
use crate::run::{RunConfig, RunDir, RunId, Store};
use crate::shell::services::{RangeTestThread, send_predictions};
use crate::shell::thread::spawn;
use crate::shell::{
    ShellError, Untrained, check, check_all, fork, launch_queue, new_run, queue_runs, restore, untrained,
    with_absolute_data,
};

/// Restored runs are named if there are at most this many.
const MAX_NAMES: usize = 3;

/// Performs effects, and reports what came of them as messages.
pub(super) struct Effects {
    pub(super) store: Store,
    pub(super) sender: UnboundedSender<Msg>,
    pub(super) observer: Observer,
    /// The current learning-rate range test, or the last one.
    pub(super) range_test: Option<RangeTestThread>,
}

impl Effects {
    /// Performs an effect, except those on the terminal.
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Follow(id) => self.observer.follow(id),
            Effect::Compare(ids) => self.observer.compare(ids),
            Effect::Predict(runs) => send_predictions(self.store.clone(), runs, &self.sender),
            Effect::StartRangeTest(number, config) => {
                self.range_test = Some(RangeTestThread::start(number, *config, &self.sender));
            }
            Effect::CancelRangeTest => self.range_test = None,
            Effect::Train(config) => self.train(*config),
            Effect::Fork(parent, from, change) => self
                .start(|effects| Ok(fork(&effects.store, &effects.store.run(&parent)?, from, change, None)?)),
            Effect::Resume(id) => self.start(|effects| Ok(effects.store.run(&id)?)),
            Effect::Enqueue(configs) => self.enqueue(configs),
            Effect::Send(id, command) => self.attempt(|effects| {
                effects.store.run(&id)?.drop_command(command)?;
                Ok(None)
            }),
            Effect::Label(id, labels) => self.attempt(|effects| {
                effects.store.label(&effects.store.run(&id)?, labels)?;
                Ok(None)
            }),
            Effect::Delete(id) => self.attempt(|effects| {
                effects.store.delete(&effects.store.run(&id)?)?;
                Ok(Some(Msg::Deleted(vec![id])))
            }),
            Effect::Restore(ids) => self.attempt(|effects| {
                let restore = |id: &RunId| Ok(restore(&effects.store, id.as_str())?.manifest()?.name);
                let names = ids.iter().map(restore).collect::<Result<Vec<_>, ShellError>>()?;
                let what = if names.len() > MAX_NAMES {
                    text::number_of(names.len() as u64, "run")
                } else {
                    names.join(", ")
                };
                Ok(Some(Msg::Done(format!("restored {what}"))))
            }),
            Effect::Queue(change) => self.attempt(|effects| effects.change_queue(change)),
            // The event loop owns the terminal.
            Effect::Redraw | Effect::Suspend | Effect::Exit(_) => {}
        }
    }

    /// Performs an action, reports its outcome, and lists the runs again.
    fn attempt(&mut self, act: impl FnOnce(&mut Self) -> Result<Option<Msg>, ShellError>) {
        match act(self) {
            Ok(msg) => msg.into_iter().for_each(|msg| self.post(msg)),
            Err(error) => self.post(Msg::Failed(error.to_string())),
        }
        self.observer.list();
    }

    /// Creates a run and starts its trainer, if it can start. Its data is read on a thread, since that takes a while.
    fn train(&self, config: RunConfig) {
        let store = self.store.clone();
        self.spawn("start", move |sender| {
            let ready = with_absolute_data(config.clone()).and_then(|ready| check(&ready).map(|_| ready));
            match ready.and_then(|ready| Ok(store.create(&new_run(ready))?)) {
                Ok(dir) => start_trainer(dir, sender),
                Err(ShellError::Data(error)) if matches!(error, DataError::Unusable { .. }) => {
                    let instead = Effect::Train(Box::new(with_built_in_data(config)));
                    let _ = sender.send(unusable(&error, instead));
                }
                Err(error) => drop(sender.send(Msg::Failed(error.to_string()))),
            }
        });
    }

    /// Creates runs and queues them, if they can start. Their data is read on a thread, since that takes a while.
    fn enqueue(&self, configs: Vec<RunConfig>) {
        let store = self.store.clone();
        self.spawn("enqueue", move |sender| {
            let msg = enqueue(&store, configs).unwrap_or_else(|error| Msg::Failed(error.to_string()));
            let _ = sender.send(msg);
        });
    }

    fn spawn(&self, name: &'static str, work: impl FnOnce(&UnboundedSender<Msg>) + Send + 'static) {
        if let Err(error) = spawn(name, &self.sender, work) {
            self.post(Msg::Failed(ShellError::Runtime(error).to_string()));
        }
    }

    fn change_queue(&self, change: QueueChange) -> Result<Option<Msg>, ShellError> {
        let store = &self.store;
        match change {
            QueueChange::Pause => store.change_queue(|queue| queue.paused = true)?,
            QueueChange::Resume => {
                store.resume_queue()?;
                launch_queue(store)?;
            }
            QueueChange::Shift(id, places) => store.change_queue(|queue| queue.shift(&id, places))?,
            QueueChange::Empty => {
                return Ok(Some(Msg::Deleted(store.delete_queued(&store.queue()?.runs)?)));
            }
        }
        Ok(None)
    }

    /// Sends a message to the state.
    pub(super) fn post(&self, msg: Msg) {
        // Fails only when the event loop has ended.
        let _ = self.sender.send(msg);
    }

    /// Starts a trainer for the run that `run` finds or creates.
    fn start(&self, run: impl FnOnce(&Self) -> Result<RunDir, ShellError>) {
        match run(self) {
            // The first start on a GPU measures its speed, which takes a few seconds.
            Ok(dir) => self.spawn("start", |sender| start_trainer(dir, sender)),
            Err(error) => self.post(Msg::Failed(error.to_string())),
        }
    }
}

fn with_built_in_data(config: RunConfig) -> RunConfig {
    RunConfig { data: Some("built-in".into()), ..config }
}

/// Asks whether to do this with the built-in data set.
fn unusable(error: &DataError, instead: Effect) -> Msg {
    let reason = match error {
        DataError::Unusable { location, source } => {
            format!("The data set in the {location} cannot be used: {source}.")
        }
        error => format!("{error}."),
    };
    Msg::DataUnusable { reason, instead: Box::new(instead) }
}

/// Creates runs and queues them, if they can start.
fn enqueue(store: &Store, configs: Vec<RunConfig>) -> Result<Msg, ShellError> {
    let ready = configs.iter().cloned().map(with_absolute_data).collect::<Result<Vec<_>, ShellError>>()?;
    let checksums = match check_all(&ready) {
        Err(ShellError::Data(error)) if matches!(error, DataError::Unusable { .. }) => {
            let instead = configs.into_iter().map(with_built_in_data).collect();
            return Ok(unusable(&error, Effect::Enqueue(instead)));
        }
        checked => checked?,
    };
    // A single run trains even if it repeats an earlier one; a sweep skips those.
    let Untrained { new, known } = if ready.len() > 1 {
        untrained(store, ready.into_iter().zip(checksums))
    } else {
        Untrained { new: ready, known: Vec::new() }
    };
    if new.is_empty() {
        return Ok(Msg::Done(
            "every combination is already trained or queued; `cnn-tui sweep --again` trains them again"
                .to_owned(),
        ));
    }
    let runs = queue_runs(store, &new.into_iter().map(new_run).collect::<Vec<_>>(), None)?;
    let queued = text::number_of(runs.len() as u64, "run");
    let resume = key_of(Action::Runs(RunsAction::ResumeQueue)).map(|key| key.to_string()).unwrap_or_default();
    let is_paused = store.queue()?.paused;
    let then = if is_paused { format!("; the queue is paused, {resume} resumes it") } else { String::new() };
    let skipped = match known.len() {
        0 => String::new(),
        count => format!(", {count} skipped (already trained or queued)"),
    };
    Ok(Msg::Done(format!("{queued} queued{skipped}{then}")))
}
