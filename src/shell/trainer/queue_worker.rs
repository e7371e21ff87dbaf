//! Working on the queue, in a process of its own.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::setsid;

use super::launch::launch;
use crate::run::{
    Lister, Listing, NewRun, Queue, RecordedStatus, RunDir, RunId, RunManifest, RunState, Store,
};
use crate::shell::ShellError;

/// How often it is looked whether a run of the queue has ended.
const LOOK: Duration = Duration::from_millis(300);
/// How often it is looked what else trains, and whether the queue changed.
const LIST: Duration = Duration::from_secs(1);

/// Starts a process that works on the queue, unless one does. It goes on when this process ends.
pub fn launch_queue(store: &Store) -> Result<(), ShellError> {
    let program = std::env::current_exe().map_err(ShellError::Queue)?;
    let mut command = Command::new(program);
    command.arg("--runs").arg(store.root()).arg("queue").arg("work");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    let mut worker = command.spawn().map_err(ShellError::Queue)?;
    // Only so that it does not stay as a zombie when it has ended.
    let wait = move || drop(worker.wait());
    let _ = thread::Builder::new().name("queue".to_owned()).spawn(wait);
    Ok(())
}

/// Creates runs and queues them, and has somebody work on the queue.
pub fn queue_runs(store: &Store, runs: &[NewRun]) -> Result<Vec<RunDir>, ShellError> {
    let dirs = runs.iter().map(|run| store.create(run)).collect::<Result<Vec<_>, _>>()?;
    store.change_queue(|queue| queue.runs.extend(dirs.iter().map(|dir| dir.id().clone())))?;
    launch_queue(store)?;
    Ok(dirs)
}

/// Starts the queue's runs one after another, until there are none left or the queue is paused. Gives at once if
/// another process does it.
pub fn work_on_queue(store: &Store) -> Result<(), ShellError> {
    // The keys of the terminal that started it are not meant for it; see the trainer.
    let _ = setsid();
    let mut right = store.work_on_queue()?;
    let mut lister = Lister::new(store.clone());
    let mut trainers: BTreeMap<RunId, Child> = BTreeMap::new();
    // Where its directory was removed there is nothing to work on.
    let mut last_look: Option<Instant> = None;
    // Where its directory was removed there is nothing to work on.
    while right.is_some() && store.root().is_dir() {
        let before = trainers.len();
        trainers.retain(|_, trainer| matches!(trainer.try_wait(), Ok(None)));
        if trainers.len() == before && last_look.is_some_and(|then| then.elapsed() < LIST) {
            thread::sleep(LOOK);
            continue;
        }
        lister.look(Duration::MAX);
        last_look = Some(Instant::now());
        let seen = lister.runs();
        store.change_queue(|queue| {
            start_next(store, queue, &seen, &mut trainers);
            if trainers.is_empty() && (queue.runs.is_empty() || queue.paused) {
                // Given back before the queue is: whoever adds a run after this finds that nobody works on it.
                right = None;
            }
        })?;
    }
    Ok(())
}

/// Starts runs as long as there is room for one more.
fn start_next(store: &Store, queue: &mut Queue, seen: &[Listing], trainers: &mut BTreeMap<RunId, Child>) {
    let live = |listed: &Listing| match listed {
        Listing::Run(run) if run.state.is_live() => Some((run.dir.id().clone(), run.state.status)),
        _ => None,
    };
    let mut training: BTreeMap<RunId, RecordedStatus> = seen.iter().filter_map(live).collect();
    for id in trainers.keys() {
        // One that was started a moment ago is not seen yet.
        training.entry(id.clone()).or_insert(RecordedStatus::Queued);
    }
    // Who is paused leaves the machine to others.
    training.retain(|_, status| *status != RecordedStatus::Paused);
    while !queue.paused && training.len() < queue.jobs && !queue.runs.is_empty() {
        let id = queue.runs.remove(0);
        let Ok(dir) = store.run(&id) else { continue };
        let waits = |(record, state): (RunManifest, RunState)| {
            record.status == RecordedStatus::Queued && !state.is_live()
        };
        if !dir.look().is_ok_and(waits) {
            // It was thrown away, or started by hand.
            continue;
        }
        // A run that cannot be started stays `queued`, and can be started by hand.
        if let Ok(trainer) = launch(&dir) {
            training.insert(id.clone(), RecordedStatus::Queued);
            trainers.insert(id, trainer);
        }
    }
}
