//! `data fetch`: download Fashion-MNIST.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::CliError;
use crate::data::{BASE_URL, Fetch, Roots};
use crate::metrics::text;
use crate::strings::printable_path;

const EXAMPLES: &str = "\
Examples:
  cnn-tui data fetch                    Download to where training finds it
  cnn-tui data fetch --to ~/fashion     Download to another directory";

/// Download the full Fashion-MNIST (31 MB); an interrupted download is resumed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FetchCommand {
    /// Target directory [default: where training finds it].
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Base URL of the four files, to download from a mirror.
    #[arg(long, value_name = "BASE", default_value = BASE_URL)]
    pub url: String,
}

impl FetchCommand {
    pub(super) fn run(&self, roots: &Roots, out: &mut impl Write) -> Result<(), CliError> {
        let dir = self.to.clone().or_else(|| roots.fetched()).ok_or_else(no_directory)?;
        let fetch = Fetch::fashion_mnist(&self.url, &dir);

        // The bar draws on standard error, and only if that is a terminal.
        let bar = ProgressBar::no_length().with_style(style());
        let result = fetch.run(|progress| {
            if bar.length().is_none() {
                bar.set_length(progress.total);
                // Bytes of an earlier attempt must not count towards the speed.
                bar.set_position(progress.done);
                bar.reset_eta();
            }
            if bar.message() != progress.file {
                bar.set_message(progress.file.to_owned());
            }
            bar.set_position(progress.done);
        });
        bar.finish_and_clear();

        let fetched = result?;
        let (new, kept, bytes) = (fetched.new, fetched.kept, text::count(fetched.bytes));
        let flag =
            if self.to.is_some() { format!(" --data {}", printable_path(&dir)) } else { String::new() };
        writeln!(
            out,
            "{}: {new} files downloaded ({bytes} bytes), {kept} already present",
            printable_path(&dir)
        )?;
        writeln!(out, "run `cnn-tui train{flag}` to train on them")?;
        Ok(())
    }
}

/// The error if there is no default target directory.
fn no_directory() -> CliError {
    CliError::Usage("no home directory to store the data in; choose a directory with --to".to_owned())
}

/// File name, bar, bytes, speed and time left on one line.
fn style() -> ProgressStyle {
    let template = "{msg:26} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    // The template is a constant, so this cannot fail; the default bar would do.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
