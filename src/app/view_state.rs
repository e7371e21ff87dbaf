//! What the dashboard keeps from one start to the next.

use serde::{Deserialize, Serialize};

use super::charts::{ChartView, Smoothing, XAxis};
use super::columns::Column;
use super::rows::Arrangement;
use super::shared::Shared;
use crate::run::{RunId, Sort};

/// The most deletions that are kept to be undone.
const TRASH: usize = 50;

/// What the dashboard keeps from one start to the next. Missing or invalid values get their defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewState {
    /// The columns of the table of runs, by name.
    pub columns: Vec<String>,
    /// Its order, as a [`Sort`] is written; empty for the newest first.
    pub sort: String,
    /// Which runs are shown: a query.
    pub query: String,
    /// How they are arranged.
    pub arrangement: Arrangement,
    /// The x axis of curves.
    pub along: XAxis,
    /// Whether losses have a logarithmic axis.
    pub log_loss: bool,
    /// How training losses are smoothed.
    pub smoothing: Smoothing,
    /// The theme's name; empty for the first one. The shell fills it in, as [`Shared`] has only an index.
    pub theme: String,
    /// The runs that were deleted and not restored, one entry per deletion, the latest last.
    pub trash: Vec<Vec<RunId>>,
}

impl Shared {
    /// What to keep for the next start.
    pub fn view_state(&self) -> ViewState {
        let table = &self.table;
        ViewState {
            columns: table.columns.iter().map(ToString::to_string).collect(),
            sort: table.sort().as_ref().map(Sort::to_string).unwrap_or_default(),
            query: table.valid_query(),
            arrangement: table.arrangement,
            along: self.charts.along,
            log_loss: self.charts.log_loss,
            smoothing: self.charts.smoothing,
            theme: String::new(),
            trash: self.trash[self.trash.len().saturating_sub(TRASH)..].to_vec(),
        }
    }

    /// Restores what an earlier start kept.
    pub fn restore(&mut self, state: &ViewState) {
        let columns: Vec<Column> = state.columns.iter().filter_map(|name| name.parse().ok()).collect();
        if !columns.is_empty() {
            self.table.columns = columns;
        }
        self.table.recall(&state.query, state.sort.parse().ok(), state.arrangement);
        let &ViewState { along, log_loss, smoothing, .. } = state;
        self.trash.clone_from(&state.trash);
        self.charts = ChartView { along, log_loss, smoothing, ..self.charts };
    }
}
