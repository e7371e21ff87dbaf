//! Comparison of the predictions of two runs on the same images.

use crate::metrics::{ContingencyTable, McNemar, McNemarMethod, SeedNoise, Spread, text};

/// Significance level: above this p-value, a difference may be chance.
const CHANCE: f64 = 0.05;

/// How an image changed from the first run to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disagreement {
    /// Only the second run is right.
    Fixed,
    /// Only the first run is right.
    Broken,
}

/// The predictions of two runs on the same test set.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionDiff {
    /// The names of the runs.
    pub names: [String; 2],
    /// The checkpoint whose weights were used.
    pub checkpoint: String,
    /// A short description of the data set.
    pub data: String,
    /// The names of its classes.
    pub classes: Vec<String>,
    /// Counts of images that both, one or none of the runs classify correctly.
    pub table: ContingencyTable,
    /// Images that only the second run gets right, in decreasing order of both runs' confidence.
    pub fixed: Vec<Sample>,
    /// Images that only the first run gets right, in the same order.
    pub broken: Vec<Sample>,
    /// How much accuracy varies between seeds.
    pub seeds: Seeds,
}

/// An image of the test set on which two runs disagree.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its number in the test set, from 0.
    pub image: usize,
    /// Its pixels, row by row.
    pub pixels: Box<[u8]>,
    /// Its label.
    pub label: u8,
    /// The prediction of each run.
    pub guesses: [Guess; 2],
}

/// A run's prediction for an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// The predicted class.
    pub class: u8,
    /// Its softmax probability, from 0 to 1.
    pub confidence: f32,
}

/// How much accuracy varies between runs that differ only by their seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Seeds {
    /// The accuracies of the finished runs with the settings of the first run, and with those of the second.
    pub groups: [Spread; 2],
    /// Whether the two runs repeat each other, so that there is one group only.
    pub same: bool,
    /// A command that trains more such runs.
    pub command: String,
}

impl Seeds {
    /// The pooled standard deviation within the groups; `None` if no group has two runs.
    pub fn noise(&self) -> Option<SeedNoise> {
        let different = if self.same { 1 } else { 2 };
        SeedNoise::within(self.groups.into_iter().take(different))
    }
}

impl PredictionDiff {
    /// Compares the predictions of two runs. `guesses` are those of each run in the order of `labels`; `pixels` returns an
    /// image by its number.
    pub fn new(
        names: [String; 2],
        (checkpoint, data): (String, String),
        classes: Vec<String>,
        labels: &[u8],
        guesses: [&[Guess]; 2],
        pixels: impl Fn(usize) -> Box<[u8]>,
        seeds: Seeds,
    ) -> Self {
        let (mut table, mut fixed, mut broken) = (ContingencyTable::default(), Vec::new(), Vec::new());
        let [first, second] = guesses;
        for (image, (&label, (&first, &second))) in labels.iter().zip(first.iter().zip(second)).enumerate() {
            let right = [first, second].map(|guess| guess.class == label);
            table.count(right[0], right[1]);
            let list = match right {
                [false, true] => &mut fixed,
                [true, false] => &mut broken,
                _ => continue,
            };
            list.push(Sample { image, pixels: pixels(image), label, guesses: [first, second] });
        }
        for list in [&mut fixed, &mut broken] {
            list.sort_by(|one, other| other.sureness().total_cmp(&one.sureness()));
        }
        Self { names, checkpoint, data, classes, table, fixed, broken, seeds }
    }

    /// The images of this kind.
    pub fn samples(&self, which: Disagreement) -> &[Sample] {
        match which {
            Disagreement::Fixed => &self.fixed,
            Disagreement::Broken => &self.broken,
        }
    }

    /// The name of a class.
    pub fn class(&self, class: u8) -> &str {
        self.classes.get(usize::from(class)).map_or("?", String::as_str)
    }

    /// The second run's accuracy minus the first's.
    pub fn difference(&self) -> f64 {
        let [first, second] = self.table.accuracies();
        second - first
    }

    /// The result of McNemar's test as a sentence.
    pub fn chance(&self) -> String {
        let McNemar { p, method } = self.table.mcnemar();
        let verdict = if p < CHANCE { "unlikely to be chance" } else { "may be chance" };
        let how = match method {
            McNemarMethod::Exact => "exact".to_owned(),
            McNemarMethod::ChiSquare { statistic } => format!("chi-square {}", text::fixed(statistic, 2)),
        };
        format!("{verdict}: p {} (McNemar's test, {how})", text::probability(p))
    }

    /// Whether the difference exceeds the variation between seeds, as a sentence.
    pub fn verdict(&self) -> String {
        let seeds = &self.seeds;
        let Some(noise) = seeds.noise() else {
            return format!(
                "unknown: needs 2 finished runs that differ only by their seed; train them with {}",
                seeds.command
            );
        };
        let margin = text::percentage(noise.margin());
        let range = format!(
            "95 of 100 pairs of runs that differ only by their seed are less than {margin} points apart"
        );
        if seeds.same {
            format!("the two runs differ only by their seed; {range}")
        } else if self.difference().abs() > noise.margin() {
            format!("larger than seed noise: {range}")
        } else {
            format!("not larger than seed noise: {range}")
        }
    }
}

impl Sample {
    /// The sum of both confidences, which orders the disagreements.
    fn sureness(&self) -> f32 {
        self.guesses.iter().map(|guess| guess.confidence).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(class: u8, confidence: f32) -> Guess {
        Guess { class, confidence }
    }

    fn seeds(groups: [&[f64]; 2], same: bool) -> Seeds {
        let groups = groups.map(|group| Spread::of(group.iter().copied()));
        Seeds { groups, same, command: "`cnn-tui sweep seed=1..3`".to_owned() }
    }

    fn diff(seeds: Seeds) -> PredictionDiff {
        let labels = [0, 1, 2, 3, 4];
        let first = [guess(0, 0.9), guess(9, 0.5), guess(2, 0.6), guess(9, 0.9), guess(9, 0.2)];
        let second = [guess(0, 0.8), guess(1, 0.6), guess(9, 0.9), guess(3, 0.7), guess(8, 0.3)];
        let classes = (0..10).map(|class: u8| class.to_string()).collect();
        let described = ("best".to_owned(), "five".to_owned());
        let names = ["one".to_owned(), "other".to_owned()];
        PredictionDiff::new(names, described, classes, &labels, [&first, &second], |_| Box::default(), seeds)
    }

    #[test]
    fn disagreements_are_sorted_by_confidence() {
        let diff = diff(seeds([&[], &[]], false));
        let images = |which| diff.samples(which).iter().map(|sample| sample.image).collect::<Vec<_>>();
        assert_eq!(images(Disagreement::Fixed), [3, 1]);
        assert_eq!(images(Disagreement::Broken), [2]);
        assert_eq!(diff.table, ContingencyTable { both: 1, only_first: 1, only_second: 2, neither: 1 });
        assert!((diff.difference() - 0.2).abs() < 1e-12);
        assert_eq!(diff.chance(), "may be chance: p 1.000 (McNemar's test, exact)");
    }

    #[test]
    fn difference_is_compared_with_seed_noise() {
        let verdict = |groups, same| diff(seeds(groups, same)).verdict();
        let close: &[f64] = &[0.600, 0.601, 0.602, 0.603];
        let apart: &[f64] = &[0.4, 0.8];
        assert!(
            verdict([close, &[0.8]], false).starts_with("larger than seed noise: 95 of 100 pairs of runs")
        );
        assert!(verdict([close, apart], false).starts_with("not larger than seed noise"));
        assert!(verdict([close, close], true).contains("differ only by their seed; 95 of 100"));
        let unknown = verdict([&[0.6], &[0.8]], false);
        assert!(
            unknown.starts_with("unknown: ") && unknown.ends_with("`cnn-tui sweep seed=1..3`"),
            "{unknown}"
        );
    }

    #[test]
    fn one_group_counts_once() {
        let group: &[f64] = &[0.6, 0.7];
        assert_eq!(seeds([group, group], true).noise().unwrap().degrees_of_freedom, 1);
        assert_eq!(seeds([group, group], false).noise().unwrap().degrees_of_freedom, 2);
    }
}
