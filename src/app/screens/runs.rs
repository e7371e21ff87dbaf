//! The runs screen.

use crate::app::form::Form;
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::messages::{Effect, QueueChange, QueueWorker};
use crate::app::motion::Motion;
use crate::app::rows::Row;
use crate::app::run_table::RunTable;
use crate::app::shared::{Notice, Shared, ended_early};
use crate::app::transition::{Goto, Transition};
use crate::run::{Listing, RunId};

/// Maximum number of marked runs, limited by the distinct colours and symbols of the comparison.
pub(in crate::app) const MAX_MARKED: usize = 8;

/// An action on the table of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunsAction {
    /// Open the selected run, or show or hide the runs of the selected group.
    Open,
    /// Start a trainer for a run that ended early.
    Resume,
    /// Mark the selected run, or unmark it.
    Mark,
    /// Unmark all runs.
    UnmarkAll,
    /// Compare the marked runs.
    Compare,
    /// Edit the settings of new runs like the selected one.
    NewLikeThis,
    /// Start a new run from a checkpoint of the selected one.
    Fork,
    /// Type a query.
    Search,
    /// Sort by the next column.
    NextSort,
    /// Reverse the order.
    ReverseSort,
    /// Show a flat list, groups or forks.
    NextArrangement,
    /// Choose the columns.
    ChooseColumns,
    /// Edit name, tags and notes of the selected run.
    Label,
    /// Delete the selected run; it can be restored.
    Delete,
    /// Restore the runs that were deleted last.
    Undo,
    /// Pause the queue: start no more runs.
    PauseQueue,
    /// Resume the queue.
    ResumeQueue,
    /// Move the selected run one place forward in the queue.
    QueueUp,
    /// Move it one place back.
    QueueDown,
    /// Delete all queued runs.
    EmptyQueue,
    /// Select another row.
    Move(Motion),
    /// Return to the home screen.
    Back,
}

use RunsAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<RunsAction, Shared>] = &[
    key(A::Open, &[Key::Enter], Some("open"), "open the run"),
    key(A::Resume, &[Key::Char('r')], Some("resume"), "resume a run that ended early").when(is_resumable),
    key(A::Mark, &[Key::Char('m'), Key::Char(' ')], Some("mark"), "mark or unmark the run").when(has_example),
    key(A::Compare, &[Key::Char('c')], Some("compare"), "compare the marked runs"),
    key(A::UnmarkAll, &[Key::Char('M')], None, "unmark all").when(has_marks),
    key(A::NewLikeThis, &[Key::Char('n')], Some("duplicate"), "new run with the same settings").when(has_example),
    key(A::Fork, &[Key::Char('F')], None, "fork: new run from a checkpoint").when(is_selected),
    key(A::Search, &[Key::Char('/')], Some("search"), "search, such as lr > 0.01"),
    key(A::NextSort, &[Key::Char('o')], Some("sort"), "sort by the next column"),
    key(A::ReverseSort, &[Key::Char('O')], None, "reverse the order"),
    key(A::NextArrangement, &[Key::Char('v')], Some("group"), "groups, forks or a flat list"),
    key(A::ChooseColumns, &[Key::Char('C')], Some("columns"), "choose columns"),
    key(A::Label, &[Key::Char('e')], Some("label"), "edit name, tags and note").when(is_selected),
    key(A::Delete, &[Key::Char('d')], Some("delete"), "delete the run").when(is_selected).once(),
    key(A::Undo, &[Key::Char('u')], Some("undo"), "undo a deletion").when(can_undo_deletion).once(),
    key(A::PauseQueue, &[Key::Char('p')], Some("pause queue"), "pause the queue").when(is_queue_running),
    key(A::ResumeQueue, &[Key::Char('p')], Some("resume queue"), "resume the queue").when(is_queue_waiting),
    key(A::QueueUp, &[Key::Char('K')], Some("move up"), "move up in the queue").when(is_queued),
    key(A::QueueDown, &[Key::Char('J')], Some("move down"), "move down in the queue").when(is_queued),
    key(A::EmptyQueue, &[Key::Char('X')], None, "delete all queued runs").when(has_queue).once(),
    key(A::Move(Motion::Previous), &[Key::Up, Key::Char('k')], None, "run above"),
    key(A::Move(Motion::Next), &[Key::Down, Key::Char('j')], Some("select"), "run below"),
    key(A::Move(Motion::PageUp), &[Key::PageUp], None, "ten runs up"),
    key(A::Move(Motion::PageDown), &[Key::PageDown], None, "ten runs down"),
    key(A::Move(Motion::First), &[Key::Home, Key::Char('g')], None, "first run"),
    key(A::Move(Motion::Last), &[Key::End, Key::Char('G')], None, "last run"),
    key(A::Back, &[Key::Esc], None, "back"),
];

fn is_resumable(shared: &Shared) -> bool {
    resumable(shared).is_some()
}

fn is_selected(shared: &Shared) -> bool {
    shared.selected().is_some()
}

fn has_marks(shared: &Shared) -> bool {
    !shared.marked.is_empty()
}

/// Whether there is a run whose settings new runs can copy.
pub(in crate::app) fn has_example(shared: &Shared) -> bool {
    shared.selected_or_first().is_some()
}

fn can_undo_deletion(shared: &Shared) -> bool {
    !shared.undoable_deletions.is_empty()
}

fn has_queue(shared: &Shared) -> bool {
    !shared.queue.runs.is_empty()
}

fn is_queue_running(shared: &Shared) -> bool {
    has_queue(shared) && !shared.queue.paused && shared.queue_worker == QueueWorker::Running
}

fn is_queue_waiting(shared: &Shared) -> bool {
    shared.queue.paused || has_queue(shared) && shared.queue_worker == QueueWorker::Absent
}

fn is_queued(shared: &Shared) -> bool {
    shared.selected().is_some_and(|run| shared.queue.position(&run.manifest.id).is_some())
}

fn resumable(shared: &Shared) -> Option<&RunId> {
    let run = shared.selected()?;
    (ended_early(run.state.status) && !run.state.is_live()).then_some(&run.manifest.id)
}

pub(in crate::app) fn update(shared: &mut Shared, action: RunsAction) -> Transition {
    match action {
        A::Open => return open(shared),
        A::Resume => return resumable(shared).map(|id| Effect::Resume(id.clone())).into(),
        A::Mark => mark(shared),
        A::UnmarkAll => shared.marked.clear(),
        A::Compare => return compare(shared),
        A::NewLikeThis => {
            let form = shared.selected_or_first().map(|run| Form::train(run.manifest.settings()));
            return form.map(|form| Goto::Form(Box::new(form))).into();
        }
        A::Fork => {
            let form = |id: &RunId, config| Goto::Form(Box::new(Form::fork(id.clone(), config)));
            return shared.selected().map(|run| form(&run.manifest.id, run.manifest.settings())).into();
        }
        A::Search => return Goto::Search.into(),
        A::NextSort => shared.arrange(RunTable::next_sort),
        A::ReverseSort => shared.arrange(RunTable::reverse_sort),
        A::NextArrangement => shared.arrange(RunTable::next_arrangement),
        A::ChooseColumns => return Goto::Columns.into(),
        A::Label => {
            let form = shared.selected().map(|run| Form::label(run.manifest.id.clone(), &run.manifest));
            return form.map(|form| Goto::Form(Box::new(form))).into();
        }
        A::Delete => return delete(shared).into(),
        A::Undo => return undo(shared).into(),
        A::PauseQueue => return Effect::Queue(QueueChange::Pause).into(),
        A::ResumeQueue => return Effect::Queue(QueueChange::Resume).into(),
        A::QueueUp => return shift(shared, -1),
        A::QueueDown => return shift(shared, 1),
        A::EmptyQueue => return Effect::Queue(QueueChange::Empty).into(),
        A::Move(motion) => move_selection(shared, motion),
        A::Back => return Goto::Back.into(),
    }
    Transition::default()
}

/// Deletes the selected run. Until it has left the list, another press is for nothing.
fn delete(shared: &mut Shared) -> Option<Effect> {
    let id = shared.selected()?.manifest.id.clone();
    if shared.leaving.contains(&id) {
        return None;
    }
    shared.leaving.push(id.clone());
    Some(Effect::Delete(id))
}

fn undo(shared: &mut Shared) -> Option<Effect> {
    let ids = shared.undoable_deletions.pop()?;
    shared.leaving.retain(|id| !ids.contains(id));
    Some(Effect::Restore(ids))
}

fn move_selection(shared: &mut Shared, motion: Motion) {
    let rows = shared.table.rows().len();
    motion.apply(&mut shared.table.selected, rows);
}

fn shift(shared: &Shared, indices: isize) -> Transition {
    let shift = |id: RunId| Effect::Queue(QueueChange::Shift(id, indices));
    shared.selected().map(|run| shift(run.manifest.id.clone())).into()
}

fn open(shared: &mut Shared) -> Transition {
    let row = shared.table.selected;
    if shared.arrange(|table, runs| table.toggle_group(row, runs)) {
        return Transition::default();
    }
    match shared.selected_listed() {
        Some(Listing::Run(run)) => Goto::Open(run.manifest.id.clone()).into(),
        Some(Listing::Broken { reason, .. }) => {
            shared.notice = Some(Notice::Error(reason.clone()));
            Transition::default()
        }
        None => Transition::default(),
    }
}

/// Marks the runs of the selected group, or unmarks them if all are marked.
fn mark_group(shared: &mut Shared, ids: &[RunId]) {
    if ids.iter().all(|id| shared.marked.contains(id)) {
        shared.marked.retain(|id| !ids.contains(id));
        return;
    }
    let new: Vec<_> = ids.iter().filter(|id| !shared.marked.contains(id)).cloned().collect();
    let room = MAX_MARKED - shared.marked.len();
    if new.len() > room {
        let text = format!("at most {MAX_MARKED} runs can be compared; {} unmarks all", key_of(A::UnmarkAll));
        shared.notice = Some(Notice::Info(text));
    }
    shared.marked.extend(new.into_iter().take(room));
}

fn mark(shared: &mut Shared) {
    if let Some(Row::Group(group)) = shared.selected_row() {
        let indices = group.indices.clone();
        let id = |index: &usize| match shared.listed(*index) {
            Some(Listing::Run(run)) => Some(run.manifest.id.clone()),
            _ => None,
        };
        let ids: Vec<_> = indices.iter().filter_map(id).collect();
        mark_group(shared, &ids);
        return move_selection(shared, Motion::Next);
    }
    let Some(id) = shared.selected().map(|run| run.manifest.id.clone()) else { return };
    match shared.marked.iter().position(|marked| *marked == id) {
        Some(index) => drop(shared.marked.remove(index)),
        None if shared.marked.len() == MAX_MARKED => {
            let text =
                format!("at most {MAX_MARKED} runs can be compared; {} unmarks all", key_of(A::UnmarkAll));
            shared.notice = Some(Notice::Info(text));
        }
        None => shared.marked.push(id),
    }
    move_selection(shared, Motion::Next);
}

fn compare(shared: &mut Shared) -> Transition {
    let (mark, compare) = (key_of(A::Mark), key_of(A::Compare));
    let text = match shared.marked.len() {
        0 => format!("mark runs with {mark}, then compare them with {compare}"),
        1 => format!("mark another run with {mark} to compare"),
        _ => return Goto::Compare.into(),
    };
    shared.notice = Some(Notice::Info(text));
    Transition::default()
}

/// The first key of an action.
pub(in crate::app) fn key_of(action: RunsAction) -> Key {
    KEYS.iter().find(|row| row.action == action).map_or(Key::Esc, |row| row.keys[0])
}
