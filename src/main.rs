//! The program: see [`cnn_tui::cli`].

use std::process::ExitCode;

use clap::Parser;
use cnn_tui::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "here errors are told, once")]
            {
                eprintln!("cnn-tui: {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
