//! End-to-end tests: the real binary in a real terminal, with real trainer processes.
//!
//! A test reads like a session: keys pressed, then what is on the screen or on disk. Tests wait for conditions, each
//! for at most [`world::TIMEOUT`], and end everything they started, even when they fail.
//!
//! A test that needs other programs prints a message and skips if they are missing; if `CNN_TUI_NO_SKIP` is set, it
//! fails instead.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by a panic and prints to standard error why it skips"
)]

mod appearance;
mod bad_input;
mod changing;
mod compare;
mod crash;
mod cuda;
mod data;
mod disk;
mod export;
mod full_set;
mod headless;
mod input;
mod leaving;
mod lines;
mod lr_find;
mod machine;
mod predictions;
mod process;
mod queue;
mod runs;
mod snapshot;
mod ssh;
mod surfaces;
mod suspend;
mod tables;
mod terminal;
mod tmux;
mod torture;
mod unattended;
mod world;
