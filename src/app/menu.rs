//! The menu of the home screen.

use super::shared::{PresetInfo, Shared};
use crate::run::{ListedRun, Origin, RunConfig};

/// A line of the menu.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MenuItem<'a> {
    /// Watch a run that is training or paused.
    Attach(&'a ListedRun),
    /// Open the last run, or resume it if it was interrupted.
    Last(&'a ListedRun),
    /// Train a network.
    Train(&'a PresetInfo),
    /// Show all runs.
    Runs {
        /// Number of runs, not counting reference runs.
        own: usize,
        /// Number of reference runs.
        references: usize,
    },
}

impl MenuItem<'_> {
    /// Identifies the line when the list of runs has changed.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Attach(run) | Self::Last(run) => run.manifest.id.to_string(),
            Self::Train(preset) => preset.name.clone(),
            Self::Runs { .. } => String::new(),
        }
    }
}

impl Shared {
    /// The lines of the menu, the most likely choice first: live runs, or else the last run, then networks to
    /// train, then all runs.
    pub fn menu(&self) -> Vec<MenuItem<'_>> {
        let live: Vec<_> =
            self.listed_runs().filter(|run| run.state.is_live()).map(MenuItem::Attach).collect();
        let mut own_runs = self.listed_runs().filter(|run| run.origin == Origin::Own);
        let last = own_runs.next().filter(|_| live.is_empty()).map(MenuItem::Last);
        let train = self.presets.iter().map(MenuItem::Train);
        let references = self.listed_runs().filter(|run| run.origin == Origin::Reference).count();
        let own = self.runs.as_ref().map_or(0, Vec::len) - references;
        let runs = MenuItem::Runs { own, references };
        live.into_iter().chain(last).chain(train).chain([runs]).collect()
    }

    /// The network in the selected line.
    pub(super) fn selected_preset(&self) -> Option<&PresetInfo> {
        match self.menu().get(self.menu_row) {
            Some(MenuItem::Train(preset)) => Some(preset),
            _ => None,
        }
    }

    /// The settings of a new run of this network.
    pub(super) fn config_for(&self, preset: &PresetInfo) -> RunConfig {
        RunConfig { preset: preset.name.clone(), ..self.defaults.clone() }
    }
}
