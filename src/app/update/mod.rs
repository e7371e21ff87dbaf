//! The update function of the dashboard.

mod apply;

pub use apply::update;
