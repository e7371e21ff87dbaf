//! `runs`: list, inspect, compare, label, export and delete runs.

mod command;
mod diff;
mod export;
mod find;
mod labels;
mod list;
mod predict;
mod show;
mod table;
mod tensorboard;
mod trash;
mod value_table;
mod weights;

#[cfg(test)]
mod tests;

pub(super) use command::RunsCommand;
