//! `data`: download Fashion-MNIST and show available data sets.

mod command;
mod fetch;
mod picture;
mod show;
mod surface;

pub use command::{DataCommand, DataContext};
pub use fetch::FetchCommand;
pub use show::ShowCommand;
pub use surface::{Shading, Surface};
