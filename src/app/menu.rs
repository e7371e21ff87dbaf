//! What the first screen offers.

use super::{App, PresetInfo};
use crate::run::{Origin, RunEntry};

/// Something that a person can choose on the first screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MenuItem<'a> {
    /// To watch a run that trains or is paused.
    Attach(&'a RunEntry),
    /// To train a network.
    Train(&'a PresetInfo),
    /// To look at the runs.
    Runs {
        /// How many there are of a person's own.
        own: usize,
        /// How many come with the program.
        references: usize,
    },
}

impl App {
    /// What the first screen offers, the likeliest first: a live run, then something to train.
    pub fn offers(&self) -> Vec<MenuItem<'_>> {
        let live = self.summaries().filter(|run| run.state.is_live()).map(MenuItem::Attach);
        let train = self.presets.iter().map(MenuItem::Train);
        let references = self.summaries().filter(|run| run.origin == Origin::Reference).count();
        let own = self.runs.as_ref().map_or(0, Vec::len) - references;
        let runs = MenuItem::Runs { own, references };
        live.chain(train).chain([runs]).collect()
    }
}
