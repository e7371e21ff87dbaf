//! The result of an action.

use super::form::Form;
use super::messages::Effect;
use super::question::Question;
use crate::run::{RunConfig, RunId};

/// The result of an action: effects for the shell, and the next screen or dialog.
#[derive(Debug, Default)]
pub(super) struct Transition {
    pub(super) effects: Vec<Effect>,
    pub(super) goto: Option<Goto>,
}

/// The screen or dialog to show next.
#[derive(Debug)]
pub(super) enum Goto {
    Home,
    Live,
    Runs,
    /// The live screen with this run.
    Open(RunId),
    /// The comparison of the marked runs.
    Compare,
    /// The predictions of these two runs.
    Predict([RunId; 2]),
    /// A learning-rate range test with these settings.
    StartRangeTest(Box<RunConfig>),
    /// The previous screen.
    Back,
    Form(Box<Form>),
    Confirm(Box<Question>),
    Search,
    Columns,
    Stop,
    Quit,
    Help,
    /// The screen under the dialog.
    Close,
}

impl From<Effect> for Transition {
    fn from(effect: Effect) -> Self {
        Self { effects: vec![effect], goto: None }
    }
}

impl From<Option<Effect>> for Transition {
    fn from(effect: Option<Effect>) -> Self {
        Self { effects: effect.into_iter().collect(), goto: None }
    }
}

impl From<Goto> for Transition {
    fn from(goto: Goto) -> Self {
        Self { effects: Vec::new(), goto: Some(goto) }
    }
}

impl From<Option<Goto>> for Transition {
    fn from(goto: Option<Goto>) -> Self {
        Self { effects: Vec::new(), goto }
    }
}
