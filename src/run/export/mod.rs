//! Exporting runs to formats of other programs.

mod tensorboard;
