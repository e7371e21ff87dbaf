//! Runs beside each other.

use serde::{Deserialize, Serialize};

use super::RunView;
use crate::metrics::Series;
use crate::run::{RunConfig, RunDir, RunRecord, Setting, Update};

/// Runs beside each other. The first one is what the others are measured against.
#[derive(Debug, Clone)]
pub struct Compare {
    /// The runs, at least two, in the order in which they were marked.
    pub runs: Vec<RunView>,
    /// The selected one.
    pub selected: usize,
    /// Which chart is shown where there is room for one only.
    pub chart: ComparedChart,
}

/// A chart of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparedChart {
    /// Smoothed training loss.
    Loss,
    /// Accuracy on the test set.
    Accuracy,
}

/// What charts go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// Epochs: runs with other batch sizes are side by side.
    #[default]
    Epochs,
    /// Steps.
    Steps,
    /// Training time in seconds, without pauses.
    Time,
}

impl Along {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Epochs => Self::Steps,
            Self::Steps => Self::Time,
            Self::Time => Self::Epochs,
        }
    }

    /// What it is called on an axis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "step",
            Self::Epochs => "epoch",
            Self::Time => "second",
        }
    }

    /// The place of a step of this run.
    fn place(self, run: &RunView, step: f64) -> f64 {
        match self {
            Self::Steps => step,
            Self::Epochs => {
                let per_epoch = run.start.as_ref().map_or(1, |start| start.steps_per_epoch.max(1));
                step / per_epoch as f64
            }
            Self::Time => run.times.value_near(step).unwrap_or(0.0),
        }
    }
}

/// Points of a curve that are enough for any screen.
const COLUMNS: usize = 512;

impl Compare {
    /// The most runs that are compared: as many as there are colours and symbols to tell them apart.
    pub const MOST: usize = 6;

    pub(super) fn new(dirs: &[RunDir]) -> Self {
        let runs = dirs.iter().cloned().map(RunView::new).collect();
        Self { runs, selected: 0, chart: ComparedChart::Loss }
    }

    /// Takes in what is new of one of the runs.
    pub(super) fn update(&mut self, dir: &RunDir, update: Update) {
        if let Some(run) = self.runs.iter_mut().find(|run| run.dir == *dir) {
            run.update(update);
        }
    }

    /// Makes the selected run the one that the others are measured against.
    pub(super) fn make_baseline(&mut self) {
        let run = self.runs.remove(self.selected);
        self.runs.insert(0, run);
        self.selected = 0;
    }

    /// A run's smoothed training loss along the axis.
    pub fn loss(run: &RunView, along: Along) -> Series {
        let smooth = run.loss.smooth();
        let points = smooth.x_span().map(|span| smooth.thin(span, COLUMNS)).unwrap_or_default();
        series(run, along, points.into_iter().map(|point| (point.x, point.y)))
    }

    /// A run's accuracy on the test set along the axis.
    pub fn accuracy(run: &RunView, along: Along) -> Series {
        series(run, along, run.epochs.iter().map(|epoch| (epoch.step as f64, epoch.test_accuracy * 100.0)))
    }

    /// The settings in which the runs differ, each with its value in every run; empty where it is left open or there is
    /// none.
    pub fn differences(&self) -> Vec<(Setting, Vec<String>)> {
        let settings = |run: &RunView| run.record.as_ref().map(RunRecord::settings).unwrap_or_default();
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

fn series(run: &RunView, along: Along, points: impl Iterator<Item = (f64, f64)>) -> Series {
    let mut series = Series::default();
    for (step, y) in points {
        series.push(along.place(run, step), y);
    }
    series
}
