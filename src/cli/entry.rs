//! The entry point of the executables.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use super::args::Cli;
use crate::run::sanitize;

/// Runs the command line of this process, and prints an error to standard error.
pub fn main() -> ExitCode {
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
