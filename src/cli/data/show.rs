//! `cnn-tui data show`.

use std::io::{self, Write};

use clap::Args;

use super::command::{CommandContext, DataCliError};
use super::picture::{self, CaptionedImage};
use super::surface::Surface;
use crate::data::{DataLocations, Dataset, Outcome, SIDE, Source, Survey};
use crate::metrics::text;
use crate::strings::printable_path;

/// What `data show` is told.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ShowCommand {
    /// Look only there: a directory with four IDX files, or `built-in`.
    #[arg(long, value_name = "DIR")]
    pub data: Option<Source>,
    /// How many test images to draw [default: a row of them].
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
}

impl ShowCommand {
    pub(super) fn run(&self, world: &CommandContext, out: &mut impl Write) -> Result<(), DataCliError> {
        let survey = DataLocations::new(self.data.clone(), &world.roots).survey()?;
        list(&survey, out)?;
        draw(&survey.dataset, self.count, world.surface, out)?;
        Ok(())
    }
}

/// A line for each place and one for the set in use.
fn list(survey: &Survey, out: &mut impl Write) -> io::Result<()> {
    for (index, report) in survey.reports.iter().enumerate() {
        let mark = if index == survey.used { '*' } else { ' ' };
        write!(out, "{mark} {:14}  ", report.location.to_string())?;
        let dir = report.location.dir().map_or_else(String::new, |dir| format!("{}: ", printable_path(dir)));
        match &report.outcome {
            Outcome::Ready { name, train, test } => {
                let (train, test) = (text::count(*train as u64), text::count(*test as u64));
                writeln!(out, "{dir}{name}, {train} training and {test} test images")?;
            }
            Outcome::Absent => writeln!(out, "{dir}nothing there")?,
            Outcome::Broken(error) => writeln!(out, "broken: {error}")?,
        }
    }
    writeln!(out, "\ntraining uses {}", survey.dataset.describe())?;
    writeln!(out, "sha256 {}", survey.dataset.checksum)
}

/// The first `count` test images, as many in a row as fit.
fn draw(set: &Dataset, count: Option<usize>, surface: Surface, out: &mut impl Write) -> io::Result<()> {
    let abreast = picture::abreast(surface.width);
    if abreast == 0 {
        return writeln!(out, "\nan image needs {SIDE} columns, the terminal has {}", surface.width);
    }
    let names = set.class_names();
    let captioned = set
        .test
        .images()
        .iter()
        .zip(set.test.labels())
        .map(|(image, &label)| CaptionedImage { caption: names[usize::from(label)].to_owned(), image });
    let pictures: Vec<_> = captioned.take(count.unwrap_or(abreast)).collect();
    for row in pictures.chunks(abreast) {
        writeln!(out)?;
        picture::draw(row, surface.ink, out)?;
    }
    Ok(())
}
