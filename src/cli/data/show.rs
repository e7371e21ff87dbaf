//! `data show`: available data sets and sample images.

use std::io::{self, Write};

use clap::Args;

use super::context::DataContext;
use super::picture::{self, CaptionedImage};
use super::surface::Surface;
use crate::cli::{CliError, DisplayOptions};
use crate::data::{DataLocations, Dataset, LocationStatus, SIDE, Source, Survey};
use crate::metrics::text;
use crate::strings::printable_path;

const EXAMPLES: &str = "\
Examples:
  cnn-tui data show                         List data sets, and draw images of the one in use
  cnn-tui data show --data ~/mnist          Check a directory
  cnn-tui data show --count 40              Draw 40 images";

/// List available data sets and draw some test images.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShowCommand {
    /// Data set to show: a directory or file, or `built-in` [default: all that are found].
    #[arg(long, value_name = "PATH")]
    pub data: Option<Source>,
    /// Number of test images to draw [default: one row].
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
    /// Display options.
    #[command(flatten)]
    pub display: DisplayOptions,
}

impl ShowCommand {
    pub(super) fn run(&self, context: &DataContext, out: &mut impl Write) -> Result<(), CliError> {
        let survey = DataLocations::new(self.data.clone(), &context.roots).survey()?;
        list(&survey, out)?;
        if let Some((_, dataset)) = &survey.used {
            draw(dataset, self.count, context.surface, out)?;
        }
        Ok(())
    }
}

/// Prints a line for each location, and the data set in use.
fn list(survey: &Survey, out: &mut impl Write) -> io::Result<()> {
    for (index, report) in survey.reports.iter().enumerate() {
        let is_used = survey.used.as_ref().is_some_and(|(used, _)| *used == index);
        let mark = if is_used { '*' } else { ' ' };
        write!(out, "{mark} {:14}  ", report.location.to_string())?;
        let dir = report.location.dir().map_or_else(String::new, |dir| format!("{}: ", printable_path(dir)));
        match &report.status {
            LocationStatus::Ready { name, train, test } => {
                let (train, test) = (text::count(*train as u64), text::count(*test as u64));
                writeln!(out, "{dir}{name}, {train} training and {test} test images")?;
            }
            LocationStatus::Absent => writeln!(out, "{dir}no data set")?,
            LocationStatus::Broken(error) => writeln!(out, "broken: {error}")?,
        }
    }
    let Some((_, dataset)) = &survey.used else {
        return writeln!(
            out,
            "\ncannot train without --data: repair or remove the broken data set, or use --data built-in"
        );
    };
    writeln!(out, "\ntraining uses {}", dataset.describe())?;
    writeln!(out, "sha256 {}", dataset.checksum)
}

/// Draws the first `count` test images, as many per row as fit.
fn draw(set: &Dataset, count: Option<usize>, surface: Surface, out: &mut impl Write) -> io::Result<()> {
    let per_row = picture::per_row(surface.width);
    if per_row == 0 {
        return writeln!(out, "\nimages need {SIDE} columns, but the terminal has {}", surface.width);
    }
    let captioned =
        set.test.images().iter().zip(set.test.labels()).map(|(image, &label)| CaptionedImage {
            caption: set.classes[usize::from(label)].clone(),
            image,
        });
    let pictures: Vec<_> = captioned.take(count.unwrap_or(per_row)).collect();
    for row in pictures.chunks(per_row) {
        writeln!(out)?;
        picture::draw(row, surface.shading, out)?;
    }
    Ok(())
}
