//! The comparison screen.

use super::runs::MAX_MARKED;
use crate::app::charts::{Metric, Smoothing};
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::motion::Motion;
use crate::app::run_view::RunView;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};
use crate::run::{Field, RunId, Setting, Update};

/// An action on the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareAction {
    /// Move the focus to the other chart.
    NextChart,
    /// Compare the others with the selected run.
    SetBaseline,
    /// Compare the predictions of the selected run and the baseline.
    Predict,
    /// Select another run.
    Move(Motion),
    /// Open the selected run.
    Open,
    /// Return to the runs.
    Back,
}

use CompareAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<CompareAction, Shared>] = &[
    key(A::NextChart, &[Key::Tab], Some("chart"), "loss or accuracy"),
    key(A::SetBaseline, &[Key::Char('b')], Some("baseline"), "make this run the baseline"),
    key(A::Predict, &[Key::Char('p')], Some("predictions"), "compare predictions with baseline"),
    key(A::Move(Motion::Previous), &[Key::Up, Key::Char('k')], None, "run above"),
    key(A::Move(Motion::Next), &[Key::Down, Key::Char('j')], None, "run below"),
    key(A::Open, &[Key::Enter], Some("open"), "open the run"),
    key(A::Back, &[Key::Esc], None, "back to the runs"),
];

pub(in crate::app) fn update(compare: &mut Compare, action: CompareAction) -> Transition {
    match action {
        A::NextChart => compare.chart = compare.chart.other(),
        A::SetBaseline => compare.baseline = compare.selected,
        A::Predict => return compare.pair().map(|pair| Goto::Predict(pair.map(Clone::clone))).into(),
        A::Move(motion) => motion.apply(&mut compare.selected, compare.runs.len()),
        A::Open => {
            let selected = compare.runs.get(compare.selected);
            return selected.map(|run| Goto::Open(run.id.clone())).into();
        }
        A::Back => return Goto::Back.into(),
    }
    Transition::default()
}

/// State of the comparison screen.
#[derive(Debug, Clone)]
pub struct Compare {
    /// The runs, at least two, in the order in which they were marked.
    pub runs: Vec<RunView>,
    /// Index of the selected run.
    pub selected: usize,
    /// Index of the baseline, which the others are compared with.
    pub baseline: usize,
    /// The focused chart, which is the only one shown on a small screen.
    pub chart: Metric,
}

impl Compare {
    /// Maximum number of runs, limited by the distinct colours and symbols.
    pub const MAX_RUNS: usize = MAX_MARKED;

    pub(in crate::app) fn new(ids: &[RunId], smoothing: Smoothing) -> Self {
        let runs = ids.iter().map(|id| RunView::new(id.clone(), smoothing)).collect();
        Self { runs, selected: 0, baseline: 0, chart: Metric::Loss }
    }

    /// Applies an update of one of the runs.
    pub(in crate::app) fn update(&mut self, id: &RunId, update: Update) {
        if let Some(run) = self.runs.iter_mut().find(|run| run.id == *id) {
            run.update(update);
        }
    }

    /// The baseline and the selected run, or if that is the baseline, the first other one.
    pub(in crate::app) fn pair(&self) -> Option<[&RunId; 2]> {
        let other =
            if self.selected == self.baseline { usize::from(self.baseline == 0) } else { self.selected };
        Some([&self.runs.get(self.baseline)?.id, &self.runs.get(other)?.id])
    }

    /// The settings in which the runs differ, each with its value in every run, including changes during training. The
    /// text is empty for a run that does not set it.
    pub fn differences(&self) -> Vec<(Setting, Vec<String>)> {
        let values = |setting: Setting| {
            // The field `data` names the data set, not its path.
            let field = Field::named(setting.key()).filter(|field| field.setting() == Some(setting));
            let value = |run: &RunView| {
                let manifest = run.manifest.as_ref()?;
                match field {
                    Some(field) => Some(field.in_words(field.of_manifest(manifest)?)),
                    None => setting.get(&manifest.config),
                }
            };
            let values = self.runs.iter().map(|run| value(run).unwrap_or_default());
            (setting, values.collect::<Vec<_>>())
        };
        Setting::all()
            .map(values)
            .filter(|(_, values)| values.iter().any(|value| *value != values[0]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::run::Store;
    use crate::run::testing::{any_run, few_cases};

    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn a_comparison_shows_every_difference_of_settings(runs in [any_run(), any_run()]) {
            let root = tempfile::tempdir().unwrap();
            let store = Store::open(root.path());
            let created = [runs[0].create(&store, 1), runs[1].create(&store, 2)];
            let ids = created.each_ref().map(|run| run.dir.id().clone());
            let mut compare = Compare::new(&ids, Smoothing::default());
            for run in &created {
                let manifest = Some(run.dir.manifest().unwrap());
                compare.update(run.dir.id(), Update { manifest, ..Update::default() });
            }
            let words = |setting: Setting| {
                let words = runs.each_ref().map(|run| run.history(setting).and_then(|history| history.words()));
                (setting, words.map(Option::unwrap_or_default).to_vec())
            };
            let want = Setting::all().map(words).filter(|(_, words)| words[0] != words[1]);
            prop_assert_eq!(compare.differences(), want.collect::<Vec<_>>());
        }
    }
}
