//! Exporting runs to formats of other programs.

mod event_file;
mod message;
mod tensorboard;

pub use tensorboard::EventFile;
