//! The program as a person meets it: the real binary in a real terminal, and real trainers.
//!
//! A test reads like a session: what is pressed, and what is seen or lies on disk then. It waits for conditions, each
//! for [`world::PATIENCE`] at most. Whatever it started ends with it, also when it fails.
//!
//! A test that needs more than Rust says so when it skips; with `CNN_TUI_NO_SKIP` set it fails instead.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by a panic and says on the standard error why it skips"
)]

mod bad_input;
mod changing;
mod compare;
mod crash;
mod disk;
mod export;
mod full_set;
mod headless;
mod leaving;
mod lines;
mod look;
mod predictions;
mod process;
mod queue;
mod rates;
mod runs;
mod snapshot;
mod ssh;
mod suspend;
mod tables;
mod terminal;
mod tmux;
mod torture;
mod world;
