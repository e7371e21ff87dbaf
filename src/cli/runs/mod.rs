//! `runs`: list, inspect, compare, label, export and delete runs.

mod command;
mod export;
mod find;
mod labels;
mod predict;
mod table;
mod tensorboard;
mod weights;

#[cfg(test)]
mod tests;

pub(super) use command::RunsCommand;
