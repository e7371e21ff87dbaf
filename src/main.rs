//! The program: see [`cnn_tui::cli`].

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use cnn_tui::cli::Cli;
use cnn_tui::run::sanitize;

/// Training makes and drops the same few hundred tensors every millisecond. The system's allocator gives
/// their memory back and asks for it again; this one keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        // The reader closed the pipe early, for example `head`.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // Sanitised, since it may quote arguments and files. If it cannot be written, the exit code remains.
            let _ = writeln!(io::stderr(), "cnn-tui: {}", sanitize(&error.to_string()));
            ExitCode::from(error.exit_code())
        }
    }
}
