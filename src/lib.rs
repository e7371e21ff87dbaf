//! `cnn-tui`
pub mod nn;
