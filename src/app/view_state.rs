//! View state that is kept between sessions.

use serde::{Deserialize, Serialize};

use super::charts::{ChartView, Smoothing, XAxis};
use super::columns::Column;
use super::rows::Arrangement;
use super::shared::Shared;
use crate::run::Sort;

/// View state that is kept between sessions. Missing or invalid values get their defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewState {
    /// The columns of the table of runs, by name.
    pub columns: Vec<String>,
    /// Its order, as a [`Sort`] is written; empty for the newest first.
    pub sort: String,
    /// Which runs are shown: a query.
    pub query: String,
    /// The arrangement of the table.
    pub arrangement: Arrangement,
    /// The x axis of curves.
    pub along: XAxis,
    /// Whether losses have a logarithmic axis.
    pub log_loss: bool,
    /// The smoothing of training losses.
    pub smoothing: Smoothing,
    /// The theme's name; empty for the first one. The shell fills it in, as [`Shared`] has only an index.
    pub theme: String,
}

impl Shared {
    /// The state to keep.
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
        }
    }

    /// Restores the state of an earlier session.
    pub fn restore(&mut self, state: &ViewState) {
        let columns: Vec<Column> = state.columns.iter().filter_map(|name| name.parse().ok()).collect();
        if !columns.is_empty() {
            self.table.columns = columns;
        }
        self.table.recall(&state.query, state.sort.parse().ok(), state.arrangement);
        let &ViewState { along, log_loss, smoothing, .. } = state;
        self.charts = ChartView { along, log_loss, smoothing, ..self.charts };
    }
}
