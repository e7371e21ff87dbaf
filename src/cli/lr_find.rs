//! `lr-find`: the learning-rate range test.

use std::io::Write;
use std::ops::ControlFlow;

use clap::Args;
use serde_json::json;

use super::data::Surface;
use super::options::{LrFind, SettingOptions};
use super::{CliError, DisplayOptions, TrainOptions};
use crate::app::LrChoice;
use crate::metrics::{RangeTest, text};
use crate::run::RunConfig;
use crate::shell;
use crate::ui::{Glyphs, rate_chart, rate_words};

/// Height of the chart, in rows.
const ROWS: u16 = 18;
/// Maximum width of the chart, in columns.
const COLUMNS: usize = 120;

const EXAMPLES: &str = "\
Examples:
  cnn-tui lr-find                                       Test the default network and optimizer
  cnn-tui lr-find --preset dnn --optimizer adamw        Test other settings
  cnn-tui lr-find --json | jq .steep                    Use the suggestion in a script";

/// Suggest a learning rate from a short test with rising rates. Nothing is saved.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LrFindCommand {
    #[command(flatten)]
    options: SettingOptions<LrFind>,
    /// Print JSON, with every learning rate and its loss.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) display: DisplayOptions,
}

impl LrFindCommand {
    /// Runs the test; prints its curve and suggestions.
    pub(super) fn run(
        self,
        defaults: TrainOptions,
        glyphs: Glyphs,
        surface: Surface,
        out: &mut impl Write,
    ) -> Result<(), CliError> {
        let config = self.options.or(defaults).into_config()?;
        let test = shell::lr_find(config.clone(), |_| ControlFlow::Continue(()))?;
        if self.json {
            writeln!(out, "{:#}", as_json(&test, &config))?;
            return Ok(());
        }
        let columns = u16::try_from(surface.width.min(COLUMNS)).unwrap_or(u16::MAX);
        for line in rate_chart(&test, glyphs, columns, ROWS) {
            writeln!(out, "{line}")?;
        }
        let Some(suggestion) = test.suggestion() else {
            writeln!(out, "\nno suggestion: the loss did not drop at any learning rate")?;
            return Ok(());
        };
        writeln!(out)?;
        for choice in LrChoice::ALL {
            writeln!(out, "{:<10} {}", text::setting(choice.of(suggestion)), rate_words(choice))?;
        }
        let rate = text::setting(LrChoice::ALL[0].of(suggestion));
        let flags = config.flags(|setting| setting.name() != "learning-rate");
        writeln!(out, "\nrun `cnn-tui train{flags} --learning-rate {rate}` to train with the first")?;
        Ok(())
    }
}

fn as_json(test: &RangeTest, config: &RunConfig) -> serde_json::Value {
    let losses = test.losses();
    let points = losses.raw().points().iter().zip(losses.smooth().points());
    let points: Vec<_> = points
        .map(|(raw, smooth)| json!({ "rate": 10_f64.powf(raw.x), "loss": raw.y, "smoothed": smooth.y }))
        .collect();
    let suggestion = test.suggestion();
    json!({
        "config": config,
        "steep": suggestion.map(|suggestion| suggestion.steep),
        "tenth_of_lowest": suggestion.map(|suggestion| suggestion.tenth),
        "lowest": test.lowest().map(|lowest| json!({ "rate": 10_f64.powf(lowest.x), "smoothed": lowest.y })),
        "points": points,
    })
}
