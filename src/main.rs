//! The program: see [`cnn_tui::cli`].

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use cnn_tui::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        // Who read the output has seen enough.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is gone there is nobody to tell.
            let _ = writeln!(io::stderr(), "cnn-tui: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
