//! The queue worker: a process that starts queued runs.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::setsid;

use super::launch::{record_failed_start, try_launch};
use super::wait::StartedBy;
use crate::run::{Lister, Listing, NewRun, Queue, RunDir, RunId, RunManifest, RunState, RunStatus, Store};
use crate::shell::ShellError;

/// How often to check whether a run has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// How often to list other runs and reread the queue.
const LIST_INTERVAL: Duration = Duration::from_secs(1);

/// Starts the queue worker process, which exits if one is already running. It outlives this process.
pub fn launch_queue(store: &Store) -> Result<(), ShellError> {
    let program = std::env::current_exe().map_err(ShellError::Queue)?;
    let mut command = Command::new(program);
    command.arg("--runs").arg(store.root()).arg("queue").arg("work");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    let mut worker = command.spawn().map_err(ShellError::Queue)?;
    // Wait for it, so that it does not remain a zombie.
    let wait = move || drop(worker.wait());
    let _ = thread::Builder::new().name("queue".to_owned()).spawn(wait);
    Ok(())
}

/// Creates runs, queues them, all or none, and starts the queue worker. `jobs` also sets how many train at a time.
pub fn queue_runs(store: &Store, runs: &[NewRun], jobs: Option<usize>) -> Result<Vec<RunDir>, ShellError> {
    let dirs = store.enqueue(runs, jobs)?;
    launch_queue(store)?;
    Ok(dirs)
}

/// Restores a run from the trash; one that was queued waits in the queue again.
pub fn restore(store: &Store, query: &str) -> Result<RunDir, ShellError> {
    let dir = store.restore(query)?;
    let queue = store.queue()?;
    if queue.position(dir.id()).is_some() && !queue.paused {
        launch_queue(store)?;
    }
    Ok(dir)
}

/// Starts the queued runs, until the queue is empty or paused and all started runs have ended. Returns at once if
/// another process is the worker.
pub fn work_on_queue(store: &Store) -> Result<(), ShellError> {
    // A new session, so that Ctrl-C and hangups of the starting terminal do not reach it; see the trainer.
    let _ = setsid();
    let mut worker_lock = store.work_on_queue()?;
    let mut lister = Lister::new(store.clone());
    let mut trainers: BTreeMap<RunId, Child> = BTreeMap::new();
    let mut last_listed: Option<Instant> = None;
    // Ends if the runs directory is removed.
    while worker_lock.is_some() && store.root().is_dir() {
        let mut ended = Vec::new();
        trainers.retain(|id, trainer| match trainer.try_wait() {
            Ok(None) => true,
            exit => {
                ended.push((id.clone(), exit.ok().flatten()));
                false
            }
        });
        for (id, exit) in &ended {
            if let (Ok(dir), Some(exit)) = (store.run(id), exit) {
                record_failed_start(&dir, &ShellError::Exited { exit: *exit, log: dir.trainer_log() });
            }
        }
        if ended.is_empty() && last_listed.is_some_and(|then| then.elapsed() < LIST_INTERVAL) {
            thread::sleep(POLL_INTERVAL);
            continue;
        }
        lister.scan(Duration::MAX);
        last_listed = Some(Instant::now());
        let runs = lister.runs();
        store.change_queue(|queue| {
            let is_over = |id: &RunId| {
                let state = store.run(id).and_then(|dir| dir.read());
                !state.is_ok_and(|(_, state)| state.is_live() || state.status == RunStatus::Interrupted)
            };
            queue.started.retain(|id| trainers.contains_key(id) || !is_over(id));
            start_next(store, queue, &runs, &mut trainers);
            if trainers.is_empty() && (queue.runs.is_empty() || queue.paused) {
                // Released while the queue is locked, so that whoever adds a run next sees that there is no worker.
                worker_lock = None;
            }
        })?;
    }
    Ok(())
}

/// Starts queued runs while fewer than `queue.jobs` are training.
fn start_next(store: &Store, queue: &mut Queue, listed: &[Listing], trainers: &mut BTreeMap<RunId, Child>) {
    let live = |listing: &Listing| match listing {
        Listing::Run(run) if run.state.is_live() => Some((run.dir.id().clone(), run.state.status)),
        _ => None,
    };
    let mut training: BTreeMap<RunId, RunStatus> = listed.iter().filter_map(live).collect();
    for id in trainers.keys() {
        // A run that has just been started is not listed yet.
        training.entry(id.clone()).or_insert(RunStatus::Queued);
    }
    // Paused runs do not count.
    training.retain(|_, status| *status != RunStatus::Paused);
    while !queue.paused && training.len() < queue.jobs && !queue.runs.is_empty() {
        let id = queue.runs.remove(0);
        let Ok(dir) = store.run(&id) else { continue };
        let is_waiting = |(_, state): (RunManifest, RunState)| {
            matches!(state.status, RunStatus::Queued | RunStatus::Interrupted) && !state.is_live()
        };
        if !dir.read().is_ok_and(is_waiting) {
            // It was deleted, or started by hand.
            continue;
        }
        let Ok(trainer) = try_launch(&dir, StartedBy::Unattended) else {
            // Too many processes or open files: it is tried again later.
            queue.runs.insert(0, id);
            return;
        };
        training.insert(id.clone(), RunStatus::Queued);
        queue.started.push(id.clone());
        trainers.insert(id, trainer);
    }
}
