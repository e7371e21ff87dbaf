//! How the state changes: by messages, one at a time.

mod apply;

pub use apply::update;
