//! `doctor`: what the program finds on this machine.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::CliError;
use crate::run::Store;
use crate::shell::{self, ShellError};

const EXAMPLES: &str = "\
Examples:
  cnn-tui doctor                                Check this machine
  cnn-tui doctor --json > report.jsonl          Attach the result to a bug report";

/// Check this machine: runs, data, speed, and whether a GPU works. Takes a few seconds.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorCommand {
    /// Print JSON, one object per line.
    #[arg(long)]
    json: bool,
}

impl DoctorCommand {
    /// Prints each finding as soon as it is known.
    pub(super) fn run(
        self,
        store: Result<&Store, &ShellError>,
        out: &mut impl Write,
    ) -> Result<(), CliError> {
        let mut problems = 0;
        let mut written = Ok(());
        shell::examine(store, |finding| {
            problems += usize::from(!finding.is_well);
            let (subject, found) = (finding.subject, finding.found);
            let line = if self.json {
                json!({ "subject": subject, "found": found, "is_well": finding.is_well }).to_string()
            } else {
                let mark = if finding.is_well { "ok" } else { "problem" };
                format!("{mark:<8} {subject:<11} {found}")
            };
            if written.is_ok() {
                written = writeln!(out, "{line}").and_then(|()| out.flush());
            }
        });
        written?;
        if problems > 0 { Err(CliError::Problems(problems)) } else { Ok(()) }
    }
}
