//! All runs on disk: listing, finding, creating, forking, queueing and removing them.

mod directory;
mod fork;
mod lister;
mod queue;
mod trash;

pub use directory::{Listing, NewRun, Origin, RunEntry, Store};
pub use lister::{ListUpdate, Lister};
pub use queue::Queue;
