//! The state of the dashboard and its update function. Pure: no I/O, clock or randomness; these are requested as
//! [`Effect`]s.
//!
//! [`App`] holds the state shared by all screens, the current [`Screen`], and the [`Dialog`] on top of it. Each screen and
//! each dialog is a file in `screens` or `dialogs` with its state, actions, keys and update.

mod bindings;
mod charts;
mod columns;
mod dialogs;
mod form;
mod global;
mod key;
mod key_row;
mod machine;
mod menu;
mod messages;
mod motion;
mod navigation;
mod panes;
mod predictions;
mod question;
mod rows;
mod run_table;
mod run_view;
mod screens;
mod shared;
mod state;
#[cfg(test)]
mod testing;
mod transition;
mod update;
mod view_state;

pub use bindings::{Action, BINDINGS, Binding, Scope, available, key_of};
pub use charts::{ChartView, CurveAction, Metric, Smoothing, Window, XAxis};
pub use columns::{Column, ColumnChoice};
pub use dialogs::{
    ColumnsAction, ConfirmAction, Dialog, FormAction, Help, HelpAction, QuitAction, Search, SearchAction,
    StopAction,
};
pub use form::{Form, FormField, FormKind};
pub use global::GlobalAction;
pub use key::{Key, UnknownKey};
pub use machine::MachineView;
pub use menu::MenuItem;
pub use messages::{Effect, ExitState, ExitSummary, Msg, QueueChange, QueueWorker};
pub use motion::Motion;
pub use panes::{Pane, Panes, Zoom};
pub use predictions::{Disagreement, Guess, PredictionDiff, Sample, Seeds};
pub use question::Question;
pub use rows::{Arrangement, Group, Row, groups_of};
pub use run_table::RunTable;
pub use run_view::RunView;
pub use screens::{
    Compare, CompareAction, HomeAction, LiveAction, LrChoice, LrFinder, LrFinderAction, Predictions,
    PredictionsAction, RunsAction, Screen,
};
pub use shared::{Notice, PresetInfo, Shared};
pub use state::App;
pub use update::update;
pub use view_state::ViewState;
