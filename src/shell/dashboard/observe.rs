//! The threads that read the disk for the dashboard, so that a slow disk never delays a key.

use std::io;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::{Msg, QueueWorker};
use crate::data::{DataLocations, Roots, Source};
use crate::run::{Follower, Lister, Queue, RunConfig, RunId, RunState, Store, Update};
use crate::shell::resources::source;
use crate::shell::thread::spawn;

/// How often the followed run is read.
const FOLLOW: Duration = Duration::from_millis(200);
/// How often the runs are listed.
const LIST: Duration = Duration::from_secs(1);
/// For how long they are read at most before those that were are shown.
const GLANCE: Duration = Duration::from_millis(100);

/// Follows one run after another.
#[derive(Debug)]
pub(crate) struct Observer {
    follow: Sender<RunId>,
    compare: Sender<Vec<RunId>>,
    list: Sender<()>,
}

impl Observer {
    /// Starts the threads; each ends when nobody takes its messages any more.
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
        spawn("list", messages, move |to| list_runs(&store, &requests, to))?;
        spawn("data", messages, move |to| {
            // The dashboard may have ended.
            let _ = find_data(source).into_iter().try_for_each(|msg| to.send(msg));
        })?;
        Ok(Self { follow, compare, list })
    }

    /// Follows this run from now on, and no other.
    pub(crate) fn follow(&self, id: RunId) {
        // Its thread ends only with the program.
        let _ = self.follow.send(id);
    }

    /// Follows these runs from now on, and no others, to compare them.
    pub(crate) fn compare(&self, ids: Vec<RunId>) {
        let _ = self.compare.send(ids);
    }

    /// Lists the runs and the queue at once.
    pub(crate) fn list(&self) {
        let _ = self.list.send(());
    }
}

/// Follows the last set of runs received.
fn compare_runs(store: &Store, sets: &Receiver<Vec<RunId>>, messages: &UnboundedSender<Msg>) {
    let follow = |ids: Vec<RunId>| -> Vec<Follower> {
        ids.into_iter().filter_map(|id| follower(store, id, messages, Msg::Compared)).collect()
    };
    // Until there is something to compare there is nothing to read.
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
    let mut wait = FOLLOW;
    loop {
        match runs.recv_timeout(wait) {
            Ok(id) => {
                followed = follower(store, id, messages, Msg::Run);
                seen = Default::default();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let Some(run) = &mut followed else { continue };
        let update = run.poll();
        wait = if update.caught_up { FOLLOW } else { Duration::ZERO };
        let now = (update.state.clone(), update.problem.clone());
        if update.is_empty() && seen == now && !first(&update) {
            continue;
        }
        seen = now;
        if messages.send(Msg::Run(run.dir().id().clone(), Box::new(update))).is_err() {
            return;
        }
    }
}

/// Follows a run from its beginning; reports it if there is no such run.
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
            // The dashboard may have ended.
            let _ = messages.send(msg(id, Box::new(update)));
            None
        }
    }
}

/// Whether an update says that a run has nothing yet, which a screen must know too.
fn first(update: &Update) -> bool {
    update.state.is_none() && update.problem.is_none()
}

fn list_runs(store: &Store, requests: &Receiver<()>, messages: &UnboundedSender<Msg>) {
    let mut lister = Lister::new(store.clone());
    let mut queue = None;
    let mut is_first = true;
    while !messages.is_closed() {
        let found = lister.look(GLANCE);
        // That there are no runs is news once.
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

/// The queue, and whether a process works on it. An unreadable queue is reported by the actions that use it.
pub(crate) fn queue_of(store: &Store) -> Option<(Queue, QueueWorker)> {
    let worker = || if store.queue_is_worked_on() { QueueWorker::Running } else { QueueWorker::Absent };
    store.queue().ok().map(|queue| (queue, worker()))
}

/// The data set that new runs would be trained on, and problems with it.
pub(crate) fn find_data(source: Option<Source>) -> Vec<Msg> {
    match DataLocations::new(source, &Roots::of_user()).locate() {
        Ok(found) => {
            let passed_over = found
                .broken
                .first()
                .map(|(place, error)| Msg::Failed(format!("skipped the data in the {place}: {error}")));
            passed_over.into_iter().chain([Msg::Data(found.dataset.describe())]).collect()
        }
        Err(error) => vec![Msg::Data(error.to_string())],
    }
}
