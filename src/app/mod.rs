//! What the dashboard is about: its state, and how it changes. No I/O, no clock, no chance: whatever
//! is to be done in the world is an [`Effect`].

mod binding;
mod charts;
mod columns;
mod compare;
mod form;
mod key;
mod lr_finder;
mod menu;
mod predictions;
mod rows;
mod run_table;
mod run_view;
#[cfg(test)]
mod testing;
mod update;
mod view_state;

pub use binding::{Action, BINDINGS, Binding, Scope, available};
pub use charts::{ChartView, CurveAction, Metric, Smoothing, Window, XAxis};
pub use columns::{Column, ColumnChoice};
pub use compare::Compare;
pub use form::{Form, FormField, FormKind};
pub use key::{Key, UnknownKey};
pub use lr_finder::{LrChoice, LrFinder};
pub use menu::MenuItem;
pub use predictions::{Disagreement, Guess, PredictionDiff, Predictions, Sample, Seeds};
pub use rows::{Arrangement, Group, Row};
pub use run_table::RunTable;
pub use run_view::{Annotation, AnnotationKind, Epoch, RunView, TrainerInfo};
pub use update::{Effect, ExitSummary, Msg, QueueChange, update};
pub use view_state::ViewState;

use crate::run::{Listing, Queue, RecordedStatus, RunConfig, RunEntry, RunId};

/// The state of the dashboard.
#[derive(Debug, Clone)]
pub struct App {
    /// What is on the screen.
    pub screen: Screen,
    /// What lies on top of it.
    pub dialog: Option<Dialog>,
    /// The networks that can be trained.
    pub presets: Vec<PresetInfo>,
    /// The settings of new runs, but for the preset.
    pub defaults: RunConfig,
    /// What new runs would be trained on; none until that is found out.
    pub data: Option<String>,
    /// The runs on disk, newest first; none until they were listed.
    pub runs: Option<Vec<Listing>>,
    /// Which of them the table shows.
    pub browse: RunTable,
    /// The selected one of [`RunTable::rows`].
    pub selected_run: usize,
    /// The columns of the table, while they are chosen.
    pub column_choice: Option<ColumnChoice>,
    /// The runs that wait to be trained.
    pub queue: Queue,
    /// Whether a process starts them.
    pub queue_is_worked_on: bool,
    /// The runs that were thrown away and not brought back, those of the last time last.
    pub trash: Vec<Vec<RunId>>,
    /// How curves are looked at.
    pub charts: ChartView,
    /// The selected one of [`App::offers`].
    pub selected_offer: usize,
    /// The run that is followed.
    pub run: Option<RunView>,
    /// The runs that are marked, in the order in which they were.
    pub marked: Vec<RunId>,
    /// The runs that are compared.
    pub compare: Option<Compare>,
    /// What two of them predict.
    pub predictions: Option<Predictions>,
    /// The search for a learning rate.
    pub rates: Option<LrFinder>,
    /// The settings that are being changed.
    pub form: Option<Form>,
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether it has the whole screen.
    pub zoom: Zoom,
    /// Which convolution's kernels are shown, of those there are.
    pub kernel_layer: usize,
    /// Which of its input channels.
    pub kernel_channel: usize,
    /// Lines that the log is scrolled up by.
    pub log_scroll: usize,
    /// Lines that the help is scrolled down by.
    pub help_scroll: usize,
    /// The theme, by its place in the list of themes.
    pub theme: usize,
    /// How many themes there are.
    pub themes: usize,
    /// Something that a person should know, until the next key.
    pub notice: Option<Notice>,
    /// Seconds since 1970.
    pub now: f64,
}

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// What was asked for was done, or how it is done.
    Good(String),
    /// Something did not work.
    Bad(String),
}

impl Notice {
    /// What it says.
    pub fn text(&self) -> &str {
        match self {
            Self::Good(text) | Self::Bad(text) => text,
        }
    }
}

/// A network that can be trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetInfo {
    /// Its name.
    pub name: String,
    /// What it is, in one line.
    pub about: String,
}

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// What the program is and what it offers.
    Home,
    /// One run, live or past.
    Live,
    /// All runs.
    Runs,
    /// Some of them beside each other.
    Compare,
    /// What two of them predict.
    Predictions,
    /// The search for a learning rate.
    LrFinder,
}

/// What can lie on top of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    /// Every key.
    Help,
    /// What is to become of the live run?
    Quit,
    /// Is the run to be stopped?
    Stop,
    /// Settings or labels: [`App::form`].
    Form,
    /// Which runs are to be shown: [`App::browse`].
    Search,
    /// What is to be shown of them: [`App::column_choice`].
    Columns,
}

/// The panes of the live screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Loss by step.
    Loss,
    /// Accuracy by epoch.
    Accuracy,
    /// The network.
    Layers,
    /// The kernels of its convolutions.
    Kernels,
    /// The trainer's log.
    Log,
}

impl Pane {
    /// Every pane, in the order in which the focus goes through them.
    pub const ALL: [Self; 5] = [Self::Loss, Self::Accuracy, Self::Layers, Self::Kernels, Self::Log];
}

/// How much of the screen the pane with the focus has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zoom {
    /// Its place among the others.
    Together,
    /// All of it.
    Alone,
}

impl Zoom {
    const fn other(self) -> Self {
        match self {
            Self::Together => Self::Alone,
            Self::Alone => Self::Together,
        }
    }
}

impl App {
    /// The dashboard before anything is known.
    pub fn new(presets: Vec<PresetInfo>, defaults: RunConfig, themes: usize) -> Self {
        Self {
            screen: Screen::Home,
            dialog: None,
            presets,
            defaults,
            data: None,
            runs: None,
            browse: RunTable::new(),
            selected_run: 0,
            column_choice: None,
            queue: Queue::default(),
            queue_is_worked_on: false,
            trash: Vec::new(),
            charts: ChartView::default(),
            selected_offer: 0,
            run: None,
            marked: Vec::new(),
            compare: None,
            predictions: None,
            rates: None,
            form: None,
            focus: Pane::Loss,
            zoom: Zoom::Together,
            kernel_layer: 0,
            kernel_channel: 0,
            log_scroll: 0,
            help_scroll: 0,
            theme: 0,
            themes,
            notice: None,
            now: 0.0,
        }
    }

    /// The runs that could be read.
    pub fn summaries(&self) -> impl Iterator<Item = &RunEntry> {
        self.runs.iter().flatten().filter_map(|listed| match listed {
            Listing::Run(summary) => Some(&**summary),
            Listing::Broken { .. } => None,
        })
    }

    /// What is at this place among [`App::runs`].
    pub fn listed(&self, place: usize) -> Option<&Listing> {
        self.runs.as_ref()?.get(place)
    }

    /// The selected row of the table of runs.
    pub fn selected_row(&self) -> Option<&Row> {
        self.browse.rows().get(self.selected_run)
    }

    /// The run in the selected row, or what should be one.
    pub fn selected_listed(&self) -> Option<&Listing> {
        match self.selected_row()? {
            Row::Run { place, .. } => self.listed(*place),
            Row::Group(_) => None,
        }
    }

    /// The selected run, or the first one of the selected group.
    pub fn selected_or_first(&self) -> Option<&RunEntry> {
        let place = match self.selected_row()? {
            Row::Run { place, .. } => *place,
            Row::Group(group) => group.place,
        };
        match self.listed(place)? {
            Listing::Run(run) => Some(run),
            Listing::Broken { .. } => None,
        }
    }

    /// The selected run, if it could be read.
    pub fn selected(&self) -> Option<&RunEntry> {
        match self.selected_listed()? {
            Listing::Run(summary) => Some(summary),
            Listing::Broken { .. } => None,
        }
    }

    /// The run that can be resumed now: the one on the screen, or the selected one.
    pub fn resumable(&self) -> Option<&RunId> {
        let ended = |status| {
            matches!(
                status,
                RecordedStatus::Stopped
                    | RecordedStatus::Failed
                    | RecordedStatus::Interrupted
                    | RecordedStatus::Queued
            )
        };
        match self.screen {
            Screen::Home | Screen::Compare | Screen::Predictions | Screen::LrFinder => None,
            Screen::Live => {
                let run = self.run.as_ref()?;
                (run.status().is_some_and(ended) && !run.is_live()).then_some(&run.id)
            }
            Screen::Runs => {
                let run = self.selected()?;
                (ended(run.state.status) && !run.state.is_live()).then_some(&run.record.id)
            }
        }
    }
}
