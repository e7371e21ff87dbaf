//! What the dashboard remembers from one start to the next.

use serde::{Deserialize, Serialize};

use super::{App, Arrangement, ChartView, Column, Smoothing, XAxis};
use crate::run::{RunId, Sort};

/// How often in a row what was thrown away is remembered.
const TRASH: usize = 50;

/// What the dashboard remembers from one start to the next. What is missing or not understood is as at first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewState {
    /// The columns of the table of runs, by name.
    pub columns: Vec<String>,
    /// Its order, as a [`Sort`] is written; empty: the newest first.
    pub sort: String,
    /// Which runs are shown: a query.
    pub query: String,
    /// How they are arranged.
    pub arrangement: Arrangement,
    /// What curves are drawn along.
    pub along: XAxis,
    /// Whether losses are drawn by their logarithms.
    pub log_loss: bool,
    /// How training losses are smoothed.
    pub smoothing: Smoothing,
    /// The theme, by name; empty: the first one. The state knows themes by their place alone, so who knows their names
    /// fills it in.
    pub theme: String,
    /// The runs that were thrown away and not brought back, those of the last time last.
    pub trash: Vec<Vec<RunId>>,
}

impl App {
    /// What is to be remembered.
    pub fn memory(&self) -> ViewState {
        let browse = &self.browse;
        ViewState {
            columns: browse.columns.iter().map(ToString::to_string).collect(),
            sort: browse.sort().as_ref().map(Sort::to_string).unwrap_or_default(),
            query: browse.asked(),
            arrangement: browse.arrangement,
            along: self.charts.along,
            log_loss: self.charts.log_loss,
            smoothing: self.charts.smoothing,
            theme: String::new(),
            trash: self.trash[self.trash.len().saturating_sub(TRASH)..].to_vec(),
        }
    }

    /// Goes on as it was remembered.
    pub fn recall(&mut self, memory: &ViewState) {
        let columns: Vec<Column> = memory.columns.iter().filter_map(|name| name.parse().ok()).collect();
        if !columns.is_empty() {
            self.browse.columns = columns;
        }
        self.browse.recall(&memory.query, memory.sort.parse().ok(), memory.arrangement);
        let &ViewState { along, log_loss, smoothing, .. } = memory;
        self.trash.clone_from(&memory.trash);
        self.charts = ChartView { along, log_loss, smoothing, ..self.charts };
    }
}
