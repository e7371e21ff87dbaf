//! `cnn-tui data`: get the data set, and see what is there.

mod command;
mod fetch;
mod picture;
mod show;
mod surface;

pub use command::{CommandContext, DataCliError, DataCommand};
pub use fetch::FetchCommand;
pub use show::ShowCommand;
pub use surface::{Shading, Surface};
