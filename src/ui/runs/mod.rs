//! The runs screen: the table of all runs and the details of the selected one.

mod details;
mod screen;
mod table;

pub(super) use screen::RunsScreen;
