//! `cnn-tui data`: get the data set, and see what is there.

mod command;
mod fetch;
mod picture;
mod show;
mod surface;

pub use command::{DataCliError, DataCommand, World};
pub use fetch::FetchArgs;
pub use show::ShowArgs;
pub use surface::{Ink, Surface};
