//! `data`: download Fashion-MNIST and show available data sets.

mod command;
mod context;
mod fetch;
mod picture;
mod show;
mod surface;

pub use command::DataCommand;
pub use context::DataContext;
pub use fetch::FetchCommand;
pub use show::ShowCommand;
pub use surface::{Shading, Surface};
