//! Threads that read the disk for the dashboard, so that a slow disk never delays a key.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use std::{io, thread};

use tokio::sync::mpsc::UnboundedSender;

use crate::app::{Msg, QueueWorker};
use crate::data::{DataError, DataLocations, Roots, Source};
use crate::run::{Follower, Lister, Queue, RunConfig, RunId, RunState, Store, Update, Watch};
use crate::shell::machine::{self, MachineSampler};
use crate::shell::resources::source;
use crate::shell::thread::spawn;

/// How often to read the open run.
const FOLLOW: Duration = Duration::from_millis(200);
/// How often to list the runs.
const LIST: Duration = Duration::from_secs(1);
/// While the list is incomplete, the runs read so far are shown this often.
const GLANCE: Duration = Duration::from_millis(100);

/// Handle to the threads.
#[derive(Debug)]
pub(crate) struct Observer {
    follow: Sender<RunId>,
    compare: Sender<Vec<RunId>>,
    list: Sender<()>,
}

impl Observer {
    /// Starts the threads. Each ends when the receiver of its messages is dropped.
    pub(crate) fn start(
        store: Store,
        defaults: &RunConfig,
        messages: &UnboundedSender<Msg>,
    ) -> io::Result<Self> {
        let (follow, runs) = channel();
        let (compare, compared) = channel();
        let (list, requests) = channel();
        let source = source(defaults);
        let (followed, other) = (store.clone(), store.clone());
        spawn("follow", messages, move |to| follow_runs(&followed, &runs, to))?;
        spawn("compare", messages, move |to| compare_runs(&other, &compared, to))?;
        let root = store.root().to_owned();
        spawn("machine", messages, move |to| read_machine(&root, to))?;
        spawn("list", messages, move |to| list_runs(&store, &requests, to))?;
        spawn("data", messages, move |to| {
            // Fails only if the dashboard has exited.
            let _ = find_data(source).into_iter().try_for_each(|msg| to.send(msg));
        })?;
        Ok(Self { follow, compare, list })
    }

    /// Follows this run instead of the previous one.
    pub(crate) fn follow(&self, id: RunId) {
        // Fails only if the dashboard has exited.
        let _ = self.follow.send(id);
    }

    /// Follows these runs for the comparison, instead of the previous ones.
    pub(crate) fn compare(&self, ids: Vec<RunId>) {
        let _ = self.compare.send(ids);
    }

    /// Lists the runs and the queue immediately.
    pub(crate) fn list(&self) {
        let _ = self.list.send(());
    }
}

/// Follows the last set of runs received.
fn compare_runs(store: &Store, sets: &Receiver<Vec<RunId>>, messages: &UnboundedSender<Msg>) {
    let follow = |ids: Vec<RunId>| -> Vec<Follower> {
        ids.into_iter().filter_map(|id| follower(store, id, messages, Msg::Compared)).collect()
    };
    // Nothing to read until runs are compared.
    let Ok(ids) = sets.recv() else { return };
    let mut followers = follow(ids);
    let mut wait = Duration::ZERO;
    loop {
        match sets.recv_timeout(wait) {
            Ok(ids) => followers = follow(ids),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        wait = FOLLOW;
        for follower in &mut followers {
            let update = follower.poll();
            if !update.caught_up {
                wait = Duration::ZERO;
            }
            if !update.is_empty()
                && messages.send(Msg::Compared(follower.dir().id().clone(), Box::new(update))).is_err()
            {
                return;
            }
        }
    }
}

fn follow_runs(store: &Store, runs: &Receiver<RunId>, messages: &UnboundedSender<Msg>) {
    let mut followed: Option<Follower> = None;
    let mut seen: (Option<RunState>, Option<String>) = Default::default();
    // Held while the run is shown, so that a run that diverges waits for an answer.
    let mut watch: Option<Watch> = None;
    let mut wait = FOLLOW;
    loop {
        match runs.recv_timeout(wait) {
            Ok(id) => {
                followed = follower(store, id, messages, Msg::Run);
                watch = None;
                seen = Default::default();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let Some(run) = &mut followed else { continue };
        let update = run.poll();
        if watch.is_none() && update.state.as_ref().is_some_and(RunState::is_live) {
            watch = run.dir().watch().ok();
        }
        wait = if update.caught_up { FOLLOW } else { Duration::ZERO };
        let current = (update.state.clone(), update.problem.clone());
        if update.is_empty() && seen == current && !does_not_exist_yet(&update) {
            continue;
        }
        seen = current;
        if messages.send(Msg::Run(run.dir().id().clone(), Box::new(update))).is_err() {
            return;
        }
    }
}

/// Follows a run from its start; sends an error if there is no such run.
fn follower(
    store: &Store,
    id: RunId,
    messages: &UnboundedSender<Msg>,
    msg: fn(RunId, Box<Update>) -> Msg,
) -> Option<Follower> {
    match store.run(&id) {
        Ok(dir) => Some(Follower::new(dir)),
        Err(error) => {
            let update = Update { problem: Some(error.to_string()), caught_up: true, ..Update::default() };
            // Fails only if the dashboard has exited.
            let _ = messages.send(msg(id, Box::new(update)));
            None
        }
    }
}

/// Whether the update says that nothing of the run exists yet, which the screen must show.
fn does_not_exist_yet(update: &Update) -> bool {
    update.state.is_none() && update.problem.is_none()
}

fn list_runs(store: &Store, requests: &Receiver<()>, messages: &UnboundedSender<Msg>) {
    let mut lister = Lister::new(store.clone());
    let mut queue = None;
    let mut is_first = true;
    while !messages.is_closed() {
        let found = lister.scan(GLANCE);
        // An empty list is sent once.
        if (found.changed || is_first) && messages.send(Msg::Runs(lister.runs())).is_err() {
            return;
        }
        is_first = false;
        if !found.finished {
            continue;
        }
        let now = queue_of(store);
        if now != queue {
            queue.clone_from(&now);
            let sent = now.map(|(queue, worker)| messages.send(Msg::Queue(queue, worker)));
            if sent.is_some_and(|sent| sent.is_err()) {
                return;
            }
        }
        if requests.recv_timeout(LIST) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Reads how busy the machine is, and the disk at `path`.
fn read_machine(path: &Path, messages: &UnboundedSender<Msg>) {
    let mut sampler = MachineSampler::new(path);
    loop {
        thread::sleep(machine::INTERVAL);
        if messages.send(Msg::Machine(Box::new(sampler.read()))).is_err() {
            return;
        }
    }
}

/// The queue, and whether a process works on it. An unreadable queue is reported by the actions that use it.
pub(crate) fn queue_of(store: &Store) -> Option<(Queue, QueueWorker)> {
    let worker = || if store.has_queue_worker() { QueueWorker::Running } else { QueueWorker::Absent };
    store.queue().ok().map(|queue| (queue, worker()))
}

/// Locates the data set for new runs; also reports data sets that cannot be used.
pub(crate) fn find_data(source: Option<Source>) -> Vec<Msg> {
    match DataLocations::new(source, &Roots::of_user()).locate() {
        Ok(found) => {
            let skipped = found
                .broken
                .first()
                .map(|(place, error)| Msg::Failed(format!("skipped the data in the {place}: {error}")));
            skipped.into_iter().chain([Msg::Data(found.dataset.describe())]).collect()
        }
        // Starting a run shows why, and asks what to do about it.
        Err(DataError::Unusable { .. }) => vec![Msg::Data("the data cannot be used".to_owned())],
        Err(error) => vec![Msg::Data(error.to_string())],
    }
}
