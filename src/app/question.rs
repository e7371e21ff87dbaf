//! A question whose answer decides whether an effect happens.

use super::messages::Effect;

/// A question with the effect of answering yes.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The question, one or more sentences.
    pub text: String,
    /// What happens on yes.
    pub effect: Effect,
}
