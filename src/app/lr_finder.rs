//! The search for a learning rate.

use crate::metrics::{RangeTest, Suggestion};
use crate::run::RunConfig;

/// A search for a learning rate.
#[derive(Debug, Clone)]
pub struct LrFinder {
    /// Tells it from those before.
    pub number: u64,
    /// The settings that it is for.
    pub config: RunConfig,
    /// How far it is, and what it found.
    pub test: RangeTest,
    /// Which suggestion is chosen.
    pub choice: LrChoice,
    /// Why it could not go on.
    pub problem: Option<String>,
}

/// One of the two rates that a search suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LrChoice {
    /// That of the steepest descent.
    Steep,
    /// A tenth of that of the lowest loss.
    Tenth,
}

impl LrChoice {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Steep, Self::Tenth];

    /// Its rate.
    pub fn of(self, suggestion: Suggestion) -> f64 {
        match self {
            Self::Steep => suggestion.steep,
            Self::Tenth => suggestion.tenth,
        }
    }
}

impl LrFinder {
    pub(super) fn new(number: u64, config: RunConfig) -> Self {
        let test = RangeTest::default();
        Self { number, config, test, choice: LrChoice::Steep, problem: None }
    }

    /// Whether it has come to an end.
    pub fn is_over(&self) -> bool {
        self.test.is_over() || self.problem.is_some()
    }

    /// What it suggests, once it is over.
    pub fn suggestion(&self) -> Option<Suggestion> {
        self.test.suggestion().filter(|_| self.test.is_over())
    }

    /// The settings with the rate that is chosen.
    pub fn chosen(&self) -> Option<RunConfig> {
        let rate = self.choice.of(self.suggestion()?);
        let mut config = self.config.clone();
        config.optimizer.set_learning_rate(rate);
        Some(config)
    }

    pub(super) fn turn(&mut self) {
        self.choice = match self.choice {
            LrChoice::Steep => LrChoice::Tenth,
            LrChoice::Tenth => LrChoice::Steep,
        };
    }
}
