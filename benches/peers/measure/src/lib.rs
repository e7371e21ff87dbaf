//! Shared by the Rust contenders: their arguments, the data set, timing, and the one line that they print.
//!
//! A contender says how it trains on a batch and how it evaluates one; [`run`] does the rest.

mod clock;
mod data;
mod options;
mod order;

use std::error::Error;
use std::ops::Range;

pub use data::{Images, PIXELS};
use options::Options;
use order::Order;

/// Images in a training step.
pub const BATCH: usize = 64;

/// Any error, for contenders that end at the first one.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// A network in training, with its data set in memory.
pub trait Contender {
    /// A whole training step on these images of the training set: gather, forward, backward, update. The mean loss.
    fn train(&mut self, batch: &[u32]) -> Outcome<f32>;

    /// How many of these images of the test set the network recognises, with dropout off and without gradients.
    fn evaluate(&self, batch: Range<usize>) -> Outcome<usize>;
}

/// A contender's name and configuration.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The name in the table.
    pub name: &'static str,
    /// The package whose version is shown.
    pub package: &'static str,
    /// The text of the `Cargo.lock` that it was built with.
    pub lock: &'static str,
    /// Images in a step of evaluation.
    pub evaluation_batch: usize,
}

/// Measures a contender, or with `--check` trains it for an epoch, and prints what came of it.
pub fn run<C: Contender>(label: Label, start: impl FnOnce(Images, Images) -> Outcome<C>) -> Outcome<()> {
    let options = Options::from_arguments()?;
    let train = Images::read(&options.data, "train")?;
    let test = Images::read(&options.data, "t10k")?;
    let (train_len, test_len) = (train.len(), test.len());
    let mut contender = start(train, test)?;
    let order = Order::new(train_len, BATCH);
    let evaluation = data::ranges(test_len, label.evaluation_batch);

    let results = if options.check {
        check(&mut contender, order, &evaluation, test_len)?
    } else {
        let (train, evaluate) = speeds(&mut contender, order, &evaluation, &options)?;
        format!(r#""train_images_per_s": {train:.1}, "evaluate_images_per_s": {evaluate:.1}"#)
    };
    println!(
        r#"{{"name": "{}", "version": "{}", "threads": {}, {results}, "peak_rss_mb": {:.1}}}"#,
        label.name,
        locked_version(label.lock, label.package).unwrap_or("unknown"),
        options.threads,
        clock::peak_rss_mb()?,
    );
    Ok(())
}

/// Images per second in training and in evaluation, once both are warm.
fn speeds<C: Contender>(
    contender: &mut C,
    mut order: Order,
    evaluation: &[Range<usize>],
    options: &Options,
) -> Outcome<(f64, f64)> {
    let mut train = || {
        let batch = order.next_batch();
        contender.train(batch)?;
        Ok(batch.len())
    };
    clock::images_per_s(options.warm_up(), &mut train)?;
    let training = clock::images_per_s(options.seconds, &mut train)?;

    let mut batches = evaluation.iter().cycle();
    let mut evaluate = || {
        let batch = batches.next().ok_or("the test set is empty")?.clone();
        let len = batch.len();
        contender.evaluate(batch)?;
        Ok(len)
    };
    clock::images_per_s(options.warm_up(), &mut evaluate)?;
    let evaluating = clock::images_per_s(options.evaluation_seconds(), &mut evaluate)?;
    Ok((training, evaluating))
}

/// Trains for one epoch from the first weights: the loss at both ends, and the accuracy.
fn check<C: Contender>(
    contender: &mut C,
    mut order: Order,
    evaluation: &[Range<usize>],
    test_len: usize,
) -> Outcome<String> {
    let steps = order.steps();
    let mut losses = Vec::with_capacity(steps);
    for _ in 0..steps {
        losses.push(f64::from(contender.train(order.next_batch())?));
    }
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let ends = 50.min(steps);

    let mut right = 0;
    for batch in evaluation {
        right += contender.evaluate(batch.clone())?;
    }
    Ok(format!(
        r#""first_loss": {:.4}, "last_loss": {:.4}, "accuracy": {:.2}"#,
        mean(&losses[..ends]),
        mean(&losses[steps - ends..]),
        100.0 * right as f64 / test_len as f64,
    ))
}

/// The version of a package in the text of a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!(r#"name = "{package}""#);
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix(r#"version = ""#)?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_off_the_lock_file() {
        let lock = "[[package]]\nname = \"one-more\"\nversion = \"9.0.0\"\n\n[[package]]\nname = \"one\"\nversion = \"1.2.3\"\n";
        assert_eq!(locked_version(lock, "one"), Some("1.2.3"));
        assert_eq!(locked_version(lock, "two"), None);
    }
}
