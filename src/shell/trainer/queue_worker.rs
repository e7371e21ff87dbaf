//! The worker of the queue, a process of its own.

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

/// How often to check whether a run of the queue has ended.
const LOOK: Duration = Duration::from_millis(300);
/// How often to check which other runs train, and whether the queue changed.
const LIST: Duration = Duration::from_secs(1);

/// Starts the worker of the queue, unless there is one. It outlives this process.
pub fn launch_queue(store: &Store) -> Result<(), ShellError> {
    let program = std::env::current_exe().map_err(ShellError::Queue)?;
    let mut command = Command::new(program);
    command.arg("--runs").arg(store.root()).arg("queue").arg("work");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    let mut worker = command.spawn().map_err(ShellError::Queue)?;
    // Waiting for it keeps it from becoming a zombie.
    let wait = move || drop(worker.wait());
    let _ = thread::Builder::new().name("queue".to_owned()).spawn(wait);
    Ok(())
}

/// Creates runs, adds them to the queue, and starts the worker.
pub fn queue_runs(store: &Store, runs: &[NewRun]) -> Result<Vec<RunDir>, ShellError> {
    let dirs = runs.iter().map(|run| store.create(run)).collect::<Result<Vec<_>, _>>()?;
    store.change_queue(|queue| queue.runs.extend(dirs.iter().map(|dir| dir.id().clone())))?;
    launch_queue(store)?;
    Ok(dirs)
}

/// Starts the queue's runs one after another, until the queue is empty or paused. Returns at once if another process
/// does this.
pub fn work_on_queue(store: &Store) -> Result<(), ShellError> {
    // The worker leaves the terminal that started it, as a trainer does.
    let _ = setsid();
    let mut right = store.work_on_queue()?;
    let mut lister = Lister::new(store.clone());
    let mut trainers: BTreeMap<RunId, Child> = BTreeMap::new();
    let mut last_look: Option<Instant> = None;
    // Without its directory there is nothing to work on.
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
                // Released before the queue's lock is: whoever adds a run after this sees that there is no worker.
                right = None;
            }
        })?;
    }
    Ok(())
}

/// Starts runs while fewer than the queue's `jobs` train.
fn start_next(store: &Store, queue: &mut Queue, seen: &[Listing], trainers: &mut BTreeMap<RunId, Child>) {
    let live = |listed: &Listing| match listed {
        Listing::Run(run) if run.state.is_live() => Some((run.dir.id().clone(), run.state.status)),
        _ => None,
    };
    let mut training: BTreeMap<RunId, RecordedStatus> = seen.iter().filter_map(live).collect();
    for id in trainers.keys() {
        // A run that was started a moment ago may not be listed as live yet.
        training.entry(id.clone()).or_insert(RecordedStatus::Queued);
    }
    // A paused run does not count: it leaves the machine to others.
    training.retain(|_, status| *status != RecordedStatus::Paused);
    while !queue.paused && training.len() < queue.jobs && !queue.runs.is_empty() {
        let id = queue.runs.remove(0);
        let Ok(dir) = store.run(&id) else { continue };
        let waits = |(record, state): (RunManifest, RunState)| {
            record.status == RecordedStatus::Queued && !state.is_live()
        };
        if !dir.look().is_ok_and(waits) {
            // It was discarded, or started by hand.
            continue;
        }
        // A run that cannot be started stays `queued`, and can be started by hand.
        if let Ok(trainer) = launch(&dir) {
            training.insert(id.clone(), RecordedStatus::Queued);
            trainers.insert(id, trainer);
        }
    }
}
