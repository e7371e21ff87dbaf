//! `runs predict`: compare the predictions of two runs.

use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};

use super::find::find;
use crate::app::{Disagreement, Guess, PredictionDiff, Sample};
use crate::cli::CliError;
use crate::metrics::{McNemarMethod, Spread, text};
use crate::run::{CheckpointName, Store};
use crate::shell;

const EXAMPLES: &str = "\
Examples:
  cnn-tui runs predict one two                          Compare the best checkpoints
  cnn-tui runs predict one two --checkpoint last        Compare the last checkpoints
  cnn-tui runs predict one two --count 50               List more images";

/// Compare the predictions of two runs on their test set.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PredictCommand {
    /// Run to compare against: ID or name, or a unique prefix of one.
    #[arg(value_name = "ID")]
    first: String,
    /// Run to compare.
    #[arg(value_name = "OTHER")]
    second: String,
    /// Checkpoint of both runs: best, last, or epoch-NNN.
    #[arg(long, value_name = "CHECKPOINT", default_value_t = CheckpointName::Best)]
    checkpoint: CheckpointName,
    /// Number of images to list per run, out of those that only this run classifies correctly.
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,
    /// Print JSON, with all images that only one run classifies correctly.
    #[arg(long)]
    json: bool,
}

impl PredictCommand {
    pub(super) fn run(&self, store: &Store, out: &mut impl Write) -> Result<(), CliError> {
        let runs = [find(store, &self.first)?, find(store, &self.second)?];
        if runs[0].dir.id() == runs[1].dir.id() {
            return Err(CliError::Usage(format!("'{}' and '{}' are the same run", self.first, self.second)));
        }
        let diff = shell::predictions(store, &[runs[0].dir.clone(), runs[1].dir.clone()], self.checkpoint)?;
        if self.json {
            let ids = [runs[0].dir.id().as_str(), runs[1].dir.id().as_str()];
            writeln!(out, "{:#}", as_json(&diff, ids))?;
            return Ok(());
        }
        print(&diff, self.count, out)?;
        Ok(())
    }
}

fn print(diff: &PredictionDiff, count: usize, out: &mut impl Write) -> io::Result<()> {
    let names @ [first, second] = diff.names.each_ref().map(String::as_str);
    let (table, accuracies) = (&diff.table, diff.table.accuracies());
    writeln!(out, "{first} against {second}: {} checkpoints, on {}\n", diff.checkpoint, diff.data)?;
    let row = |name: &str, side: &str, right: &str, wrong: &str| {
        format!("{name:<16.16} {side:<5} {right:>8} {wrong:>8}")
    };
    let counts = |name, side, right, wrong| row(name, side, &text::count(right), &text::count(wrong));
    writeln!(out, "{}  {second}", row("", "", "right", "wrong"))?;
    writeln!(out, "{}", counts(first, "right", table.both, table.only_first))?;
    writeln!(out, "{}\n", counts("", "wrong", table.only_second, table.neither))?;
    for (name, accuracy) in names.into_iter().zip(accuracies) {
        writeln!(out, "accuracy    {} {name}", text::percent(accuracy))?;
    }
    writeln!(out, "            {} points", text::points_apart(diff.difference()))?;
    writeln!(out, "chance      {}", diff.chance())?;
    let groups = diff.seeds.groups.into_iter().zip(names).take(if diff.seeds.same { 1 } else { 2 });
    for (Spread { count, mean, deviation }, name) in groups {
        let runs = text::number_of(count as u64, "run");
        let (mean, deviation) = (text::percent(mean), text::percentage(deviation));
        writeln!(out, "seeds       {runs} like {name}: mean {mean}, standard deviation {deviation}")?;
    }
    writeln!(out, "difference  {}", diff.verdict())?;
    for (which, word, right) in
        [(Disagreement::Fixed, "fixed", second), (Disagreement::Broken, "broken", first)]
    {
        let samples = diff.samples(which);
        writeln!(out, "\n{word}: {} that only {right} gets right", text::count(samples.len() as u64))?;
        if count > 0 && !samples.is_empty() {
            writeln!(
                out,
                "{:>6}  {:<12} {:<19} {:<19}",
                "image",
                "class",
                shortened(first),
                shortened(second)
            )?;
        }
        for sample in samples.iter().take(count) {
            let guess = |Guess { class, confidence }: Guess| {
                format!("{:<12} {:>6}", diff.class(class), text::share(f64::from(confidence)))
            };
            let [first, second] = sample.guesses.map(guess);
            writeln!(out, "{:>6}  {:<12} {first} {second}", sample.image, diff.class(sample.label))?;
        }
    }
    Ok(())
}

fn shortened(name: &str) -> String {
    name.chars().take(19).collect()
}

fn as_json(diff: &PredictionDiff, ids: [&str; 2]) -> Value {
    let test = diff.table.mcnemar();
    let (method, statistic) = match test.method {
        McNemarMethod::Exact => ("exact", None),
        McNemarMethod::ChiSquare { statistic } => ("chi-square", Some(statistic)),
    };
    let group = |Spread { count, mean, deviation }: Spread| json!({ "runs": count, "mean": mean, "standard_deviation": deviation });
    let sample = |sample: &Sample| {
        let guess = |Guess { class, confidence }: Guess| json!({ "class": class, "name": diff.class(class), "confidence": confidence });
        json!({
            "image": sample.image,
            "class": sample.label,
            "name": diff.class(sample.label),
            "first": guess(sample.guesses[0]),
            "second": guess(sample.guesses[1]),
        })
    };
    let samples = |which| diff.samples(which).iter().map(sample).collect::<Vec<_>>();
    let table = &diff.table;
    json!({
        "runs": ids,
        "checkpoint": diff.checkpoint,
        "data": diff.data,
        "accuracies": table.accuracies(),
        "both_right": table.both,
        "only_first_right": table.only_first,
        "only_second_right": table.only_second,
        "both_wrong": table.neither,
        "mcnemar": { "method": method, "statistic": statistic, "p": test.p },
        "seeds": {
            "same_but_for_seed": diff.seeds.same,
            "like_first": group(diff.seeds.groups[0]),
            "like_second": group(diff.seeds.groups[1]),
            "margin": diff.seeds.noise().map(crate::metrics::SeedNoise::margin),
        },
        "verdict": diff.verdict(),
        "fixed": samples(Disagreement::Fixed),
        "broken": samples(Disagreement::Broken),
    })
}
