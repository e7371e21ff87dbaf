//! The predictions screen.

use super::compare::Compare;
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::motion::Motion;
use crate::app::predictions::{Disagreement, PredictionDiff, Sample};
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};
use crate::run::RunId;

/// State of the predictions screen.
#[derive(Debug, Clone)]
pub struct Predictions {
    /// The comparison to return to.
    pub compare: Box<Compare>,
    /// The baseline, and the run that is compared with it.
    pub runs: [RunId; 2],
    /// The result, or why it could not be computed; `None` while it is being computed.
    pub answer: Option<Result<PredictionDiff, String>>,
    /// Which images are shown.
    pub shown: Disagreement,
    /// Index of the selected image.
    pub selected: usize,
}

/// An action on the predictions screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PredictionsAction {
    /// Show the images on which the other run is right.
    NextDisagreement,
    /// Select another image.
    Move(Motion),
    /// Return to the comparison.
    Back,
}

use PredictionsAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<PredictionsAction, Shared>] = &[
    key(A::NextDisagreement, &[Key::Tab], Some("fixed or broken"), "fixed or broken images"),
    key(A::Move(Motion::Previous), &[Key::Left, Key::Char('h')], None, "previous image"),
    key(A::Move(Motion::Next), &[Key::Right, Key::Char('l')], Some("image"), "next image"),
    key(A::Move(Motion::PageUp), &[Key::PageUp], None, "ten images back"),
    key(A::Move(Motion::PageDown), &[Key::PageDown], Some("ten images"), "ten images forward"),
    key(A::Move(Motion::First), &[Key::Home, Key::Char('g')], None, "first image"),
    key(A::Move(Motion::Last), &[Key::End, Key::Char('G')], None, "last image"),
    key(A::Back, &[Key::Esc], None, "back to the comparison"),
];

pub(in crate::app) fn update(predictions: &mut Predictions, action: PredictionsAction) -> Transition {
    match action {
        A::NextDisagreement => predictions.toggle(),
        A::Move(motion) => {
            let images = predictions.samples().len();
            motion.apply(&mut predictions.selected, images);
        }
        A::Back => return Goto::Back.into(),
    }
    Transition::default()
}

impl Predictions {
    pub(in crate::app) fn new(compare: Box<Compare>, runs: [RunId; 2]) -> Self {
        Self { compare, runs, answer: None, shown: Disagreement::Fixed, selected: 0 }
    }

    /// The result, once it is available.
    pub fn diff(&self) -> Option<&PredictionDiff> {
        self.answer.as_ref()?.as_ref().ok()
    }

    /// The images that are shown.
    pub fn samples(&self) -> &[Sample] {
        self.diff().map(|diff| diff.samples(self.shown)).unwrap_or_default()
    }

    fn toggle(&mut self) {
        self.shown = match self.shown {
            Disagreement::Fixed => Disagreement::Broken,
            Disagreement::Broken => Disagreement::Fixed,
        };
        self.selected = 0;
    }
}
