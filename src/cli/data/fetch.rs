//! `cnn-tui data fetch`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::command::DataCliError;
use crate::data::{BASE_URL, Fetch, Roots};
use crate::metrics::text;
use crate::strings::printable_path;

/// What `data fetch` is told.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct FetchCommand {
    /// Directory for the files, instead of the data directory.
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Where the files are downloaded from.
    #[arg(long, value_name = "BASE", default_value = BASE_URL)]
    pub url: String,
}

impl FetchCommand {
    pub(super) fn run(&self, roots: &Roots, out: &mut impl Write) -> Result<(), DataCliError> {
        let dir = self.to.clone().or_else(|| roots.fetched()).ok_or(DataCliError::NoDirectory)?;
        let fetch = Fetch::fashion_mnist(&self.url, &dir);

        // The bar draws on the standard error, and only if that is a terminal.
        let bar = ProgressBar::no_length().with_style(style());
        let result = fetch.run(|progress| {
            if bar.length().is_none() {
                bar.set_length(progress.total);
                // What an earlier command left is no speed of this one.
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
        let how = if self.to.is_some() { format!(" --data {}", printable_path(&dir)) } else { String::new() };
        writeln!(out, "{}: {new} files fetched ({bytes} bytes), {kept} were there", printable_path(&dir))?;
        writeln!(out, "`cnn-tui train{how}` uses them")?;
        Ok(())
    }
}

/// File, bar, bytes, speed and time left on one line.
fn style() -> ProgressStyle {
    let template = "{msg:26} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    // The template is a constant; were it wrong, the plain bar would do.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
