//! The learning-rate finder.

use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::messages::Effect;
use crate::app::transition::{Goto, Transition};
use crate::metrics::{RangeTest, Suggestion};
use crate::run::RunConfig;

/// An action on the learning-rate finder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LrFinderAction {
    /// Train with the chosen learning rate.
    Train,
    /// Choose the other suggestion.
    NextChoice,
    /// Run the test again.
    Restart,
    /// Return to the home screen.
    Back,
}

use LrFinderAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<LrFinderAction, LrFinder>] = &[
    key(A::Train, &[Key::Enter], Some("train with it"), "train with this learning rate").when(has_suggestion),
    key(A::NextChoice, &[Key::Tab], Some("other rate"), "the other suggestion").when(has_suggestion),
    key(A::NextChoice, &[Key::Up, Key::Down], None, "the other suggestion").when(has_suggestion),
    key(A::Restart, &[Key::Char('f')], Some("again"), "search again"),
    key(A::Back, &[Key::Esc], Some("back"), "cancel the search and go back"),
];

fn has_suggestion(finder: &LrFinder) -> bool {
    finder.suggestion().is_some()
}

pub(in crate::app) fn update(finder: &mut LrFinder, action: LrFinderAction) -> Transition {
    match action {
        A::Train => finder.chosen().map(|config| Effect::Train(Box::new(config))).into(),
        A::NextChoice => {
            finder.toggle_choice();
            Transition::default()
        }
        A::Restart => Goto::StartRangeTest(Box::new(finder.config.clone())).into(),
        A::Back => Goto::Back.into(),
    }
}

/// State of the learning-rate finder: one range test.
#[derive(Debug, Clone)]
pub struct LrFinder {
    /// Number of the test, counted since the program started.
    pub number: u64,
    /// The settings of the run to be trained.
    pub config: RunConfig,
    /// The learning rates tried so far and their losses.
    pub test: RangeTest,
    /// The selected suggestion.
    pub choice: LrChoice,
    /// Why it failed.
    pub problem: Option<String>,
}

/// One of the two learning rates that a range test suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LrChoice {
    /// The rate at which the loss falls most steeply.
    Steep,
    /// A tenth of the rate with the lowest loss.
    Tenth,
}

impl LrChoice {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Steep, Self::Tenth];

    /// Its learning rate.
    pub fn of(self, suggestion: Suggestion) -> f64 {
        match self {
            Self::Steep => suggestion.steep,
            Self::Tenth => suggestion.tenth,
        }
    }
}

impl LrFinder {
    pub(in crate::app) fn new(number: u64, config: RunConfig) -> Self {
        let test = RangeTest::default();
        Self { number, config, test, choice: LrChoice::Steep, problem: None }
    }

    /// Whether it is finished or has failed.
    pub fn is_over(&self) -> bool {
        self.test.is_over() || self.problem.is_some()
    }

    /// Its suggestions, once it is finished.
    pub fn suggestion(&self) -> Option<Suggestion> {
        self.test.suggestion().filter(|_| self.test.is_over())
    }

    /// The settings with the selected learning rate.
    pub fn chosen(&self) -> Option<RunConfig> {
        let rate = self.choice.of(self.suggestion()?);
        let mut config = self.config.clone();
        config.optimizer.set_learning_rate(rate);
        Some(config)
    }

    pub(in crate::app) fn toggle_choice(&mut self) {
        self.choice = match self.choice {
            LrChoice::Steep => LrChoice::Tenth,
            LrChoice::Tenth => LrChoice::Steep,
        };
    }
}
