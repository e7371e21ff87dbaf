//! The data layer and `cnn-tui data` from outside: hostile files, bad servers, the full set.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by a panic and says on the standard error why it skips"
)]

mod cli;
mod fetch;
mod full;
mod idx;
mod server;
