//! `cnn-tui`
pub mod app;
pub mod cli;
pub mod data;
pub mod metrics;
pub mod nn;
pub mod run;
pub mod shell;
pub mod train;
