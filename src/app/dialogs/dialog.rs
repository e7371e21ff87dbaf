//! Which dialog is open.

use super::help::Help;
use super::search::Search;
use crate::app::columns::ColumnChoice;
use crate::app::form::Form;
use crate::app::question::Question;

/// The dialog on top of a screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// All key bindings.
    Help(Help),
    /// What to do with the training run on quitting.
    Quit,
    /// Whether to stop the run.
    Stop,
    /// Whether to do something unusual.
    Confirm(Box<Question>),
    /// Settings or labels.
    Form(Box<Form>),
    /// A query for the table of runs.
    Search(Search),
    /// The columns of the table of runs.
    Columns(ColumnChoice),
}
