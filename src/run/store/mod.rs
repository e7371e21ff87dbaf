//! The store of runs: creating, listing, finding, forking, queueing and deleting them.

mod directory;
mod fork;
mod lister;
mod listing;
mod new_run;
mod queue;
mod resolve;
mod scan;
mod trash;

pub use directory::Store;
pub use lister::{ListUpdate, Lister};
pub use listing::{ListedRun, Listing, Origin};
pub use new_run::NewRun;
pub use queue::Queue;
