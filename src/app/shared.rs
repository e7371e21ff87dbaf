//! State that all screens share or that outlives them.

use super::charts::ChartView;
use super::machine::MachineView;
use super::messages::{Effect, QueueWorker};
use super::panes::Panes;
use super::rows::Row;
use super::run_table::RunTable;
use super::run_view::RunView;
use crate::run::{Command, ListedRun, Listing, Queue, RunConfig, RunId, RunStatus};

/// State that all screens share or that outlives them.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The networks that can be trained.
    pub presets: Vec<PresetInfo>,
    /// The settings of new runs, except the preset.
    pub defaults: RunConfig,
    /// The data set that new runs would be trained on; `None` while it is being located.
    pub data: Option<String>,
    /// The runs on disk, newest first; `None` until they have been listed.
    pub runs: Option<Vec<Listing>>,
    /// The table of those runs: query, order, columns and selection.
    pub table: RunTable,
    /// The selected row of [`Shared::menu`].
    pub menu_row: usize,
    /// View state of the live screen.
    pub panes: Panes,
    /// View options of charts.
    pub charts: ChartView,
    /// The open run, shown on the live screen.
    pub run: Option<RunView>,
    /// How busy this machine is.
    pub machine: MachineView,
    /// The marked runs, in the order in which they were marked.
    pub marked: Vec<RunId>,
    /// The runs waiting to be trained.
    pub queue: Queue,
    /// Whether a process starts them.
    pub queue_worker: QueueWorker,
    /// The runs deleted since the dashboard was opened and not restored, one entry per deletion, the latest last.
    pub undoable_deletions: Vec<Vec<RunId>>,
    /// Deleted runs, or runs being deleted, that a list made before may still contain.
    pub leaving: Vec<RunId>,
    /// Index of the theme.
    pub theme: usize,
    /// Number of themes.
    pub themes: usize,
    /// A message, shown until the next key.
    pub notice: Option<Notice>,
    /// Seconds since 1970.
    pub now: f64,
}

/// A message to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A confirmation or a hint.
    Info(String),
    /// An error.
    Error(String),
}

impl Notice {
    /// The message.
    pub fn text(&self) -> &str {
        match self {
            Self::Info(text) | Self::Error(text) => text,
        }
    }
}

/// A network that can be trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetInfo {
    /// Its name.
    pub name: String,
    /// A one-line description.
    pub about: String,
}

impl Shared {
    pub(super) fn new(presets: Vec<PresetInfo>, defaults: RunConfig, themes: usize) -> Self {
        Self {
            presets,
            defaults,
            data: None,
            runs: None,
            table: RunTable::new(),
            menu_row: 0,
            panes: Panes::default(),
            charts: ChartView::default(),
            run: None,
            machine: MachineView::default(),
            marked: Vec::new(),
            queue: Queue::default(),
            queue_worker: QueueWorker::Absent,
            undoable_deletions: Vec::new(),
            leaving: Vec::new(),
            theme: 0,
            themes,
            notice: None,
            now: 0.0,
        }
    }

    /// The runs that could be read.
    pub fn listed_runs(&self) -> impl Iterator<Item = &ListedRun> {
        self.runs.iter().flatten().filter_map(|listed| match listed {
            Listing::Run(entry) => Some(&**entry),
            Listing::Broken { .. } => None,
        })
    }

    /// The entry at this index of [`Shared::runs`].
    pub fn listed(&self, index: usize) -> Option<&Listing> {
        self.runs.as_ref()?.get(index)
    }

    /// The selected row of the table of runs.
    pub fn selected_row(&self) -> Option<&Row> {
        self.table.rows().get(self.table.selected)
    }

    /// The run in the selected row, whether or not it could be read.
    pub fn selected_listed(&self) -> Option<&Listing> {
        match self.selected_row()? {
            Row::Run { index, .. } => self.listed(*index),
            Row::Group(_) => None,
        }
    }

    /// The selected run, or the first one of the selected group.
    pub fn selected_or_first(&self) -> Option<&ListedRun> {
        let index = match self.selected_row()? {
            Row::Run { index, .. } => *index,
            Row::Group(group) => group.first(),
        };
        match self.listed(index)? {
            Listing::Run(run) => Some(run),
            Listing::Broken { .. } => None,
        }
    }

    /// The selected run, if it could be read.
    pub fn selected(&self) -> Option<&ListedRun> {
        match self.selected_listed()? {
            Listing::Run(run) => Some(run),
            Listing::Broken { .. } => None,
        }
    }

    /// Replaces the list of runs, and keeps the selection on the same run. Runs that are [leaving](Self::leaving) are left
    /// out.
    pub(super) fn list(&mut self, mut runs: Vec<Listing>) {
        let id = |listed: &Listing| match listed {
            Listing::Run(entry) => Some(entry.manifest.id.clone()),
            Listing::Broken { .. } => None,
        };
        self.leaving.retain(|leaving| runs.iter().any(|listed| id(listed).as_ref() == Some(leaving)));
        runs.retain(|listed| id(listed).is_none_or(|id| !self.leaving.contains(&id)));
        self.keep_selected(|shared| {
            shared.table.arrange(&runs);
            shared.runs = Some(runs);
        });
    }

    /// Changes which rows the table shows, and keeps the selection on the same run if it is still there.
    pub(super) fn arrange<T>(&mut self, change: impl FnOnce(&mut RunTable, &[Listing]) -> T) -> T {
        self.keep_selected(|shared| change(&mut shared.table, shared.runs.as_deref().unwrap_or_default()))
    }

    fn keep_selected<T>(&mut self, change: impl FnOnce(&mut Self) -> T) -> T {
        let group = match self.selected_row() {
            Some(Row::Group(group)) => Some(group.key.clone()),
            _ => None,
        };
        let selected = self.selected_or_first().map(|run| run.manifest.id.clone());
        let outcome = change(self);
        let is_selected = |row: &Row| match row {
            Row::Group(other) => group.as_ref() == Some(&other.key),
            Row::Run { index, .. } => {
                let id = selected.as_ref().filter(|_| group.is_none());
                id.is_some_and(
                    |id| matches!(self.listed(*index), Some(Listing::Run(run)) if run.manifest.id == *id),
                )
            }
        };
        let rows = self.table.rows();
        let row = rows.iter().position(is_selected).unwrap_or(self.table.selected);
        let row = row.min(rows.len().saturating_sub(1));
        self.table.selected = row;
        outcome
    }

    /// Sends a command to the trainer of the open run. The screen shows it as pending until the trainer acknowledges it.
    pub(super) fn send(&mut self, command: Command) -> Option<Effect> {
        let run = self.run.as_mut()?;
        run.pending = Some(command);
        Some(Effect::Send(run.id.clone(), command))
    }
}

/// Whether a run with this status ended early, so that it can be resumed when no trainer holds it.
pub(super) const fn ended_early(status: RunStatus) -> bool {
    matches!(status, RunStatus::Stopped | RunStatus::Failed | RunStatus::Interrupted | RunStatus::Queued)
}
