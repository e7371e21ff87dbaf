//! What the first screen offers.

use super::{App, PresetOffer};
use crate::run::{Origin, RunSummary};

/// Something that a person can choose on the first screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Offer<'a> {
    /// To watch a run that trains or is paused.
    Attach(&'a RunSummary),
    /// To train a network.
    Train(&'a PresetOffer),
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
    pub fn offers(&self) -> Vec<Offer<'_>> {
        let live = self.summaries().filter(|run| run.state.is_live()).map(Offer::Attach);
        let train = self.presets.iter().map(Offer::Train);
        let references = self.summaries().filter(|run| run.origin == Origin::Reference).count();
        let own = self.runs.as_ref().map_or(0, Vec::len) - references;
        let runs = Offer::Runs { own, references };
        live.chain(train).chain([runs]).collect()
    }
}
