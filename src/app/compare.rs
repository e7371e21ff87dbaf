//! Runs beside each other.

use super::{Metric, RunView, Smoothing};
use crate::run::{RunConfig, RunId, RunManifest, Setting, Update};

/// Runs beside each other.
#[derive(Debug, Clone)]
pub struct Compare {
    /// The runs, at least two, in the order in which they were marked.
    pub runs: Vec<RunView>,
    /// The selected one.
    pub selected: usize,
    /// The one that the others are measured against.
    pub baseline: usize,
    /// Which chart is shown where there is room for one only.
    pub chart: Metric,
}

impl Compare {
    /// The most runs that are compared: as many as there are colours and symbols to tell them apart.
    pub const MOST: usize = 8;

    pub(super) fn new(ids: &[RunId], smoothing: Smoothing) -> Self {
        let runs = ids.iter().map(|id| RunView::new(id.clone(), smoothing)).collect();
        Self { runs, selected: 0, baseline: 0, chart: Metric::Loss }
    }

    /// Takes in what is new of one of the runs.
    pub(super) fn update(&mut self, id: &RunId, update: Update) {
        if let Some(run) = self.runs.iter_mut().find(|run| run.id == *id) {
            run.update(update);
        }
    }

    /// To the other chart.
    pub(super) const fn turn_chart(&mut self) {
        self.chart = self.chart.other();
    }

    /// Makes the selected run the one that the others are measured against.
    pub(super) const fn make_baseline(&mut self) {
        self.baseline = self.selected;
    }

    /// The baseline and the selected run, or if that is the baseline, the first other one.
    pub(super) fn pair(&self) -> Option<[&RunId; 2]> {
        let other =
            if self.selected == self.baseline { usize::from(self.baseline == 0) } else { self.selected };
        Some([&self.runs.get(self.baseline)?.id, &self.runs.get(other)?.id])
    }

    /// The settings in which the runs differ, each with its value in every run; empty where it is left open or there is
    /// none.
    pub fn differences(&self) -> Vec<(Setting, Vec<String>)> {
        let settings = |run: &RunView| run.record.as_ref().map(RunManifest::settings).unwrap_or_default();
        let configs: Vec<RunConfig> = self.runs.iter().map(settings).collect();
        let values = |setting: Setting| {
            let values = configs.iter().map(|config| setting.get(config).unwrap_or_default());
            (setting, values.collect::<Vec<_>>())
        };
        Setting::all()
            .map(values)
            .filter(|(_, values)| values.iter().any(|value| *value != values[0]))
            .collect()
    }
}
