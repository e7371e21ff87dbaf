//! The rows of the table of runs: flat, in groups, or as trees of forks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::metrics::Spread;
use crate::run::{Listing, Recipe, Results, RunId, RunStatus};

/// How the table of runs is arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrangement {
    /// A flat list.
    #[default]
    Flat,
    /// Runs that differ only by their seed are grouped, with mean and spread.
    Groups,
    /// Each run is listed under its parent.
    Forks,
}

/// A row of the table of runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// A run, which may be unreadable.
    Run {
        /// Its index in [`Shared::runs`](super::Shared::runs).
        index: usize,
        /// Its level of indentation.
        depth: usize,
    },
    /// A group of runs that differ only by their seed.
    Group(Box<Group>),
}

/// A group of runs that differ only by their seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub(super) key: GroupKey,
    /// Indices in [`Shared::runs`](super::Shared::runs) of its runs, at least one.
    pub indices: Vec<usize>,
    /// Best test accuracies of the finished runs. Runs with the same seed are identical and count once.
    pub best: Spread,
    /// Last test losses of the same runs.
    pub loss: Spread,
    /// Whether its runs are shown.
    pub is_open: bool,
}

impl Group {
    /// Index of its first run.
    pub fn first(&self) -> usize {
        self.indices[0]
    }
}

impl Arrangement {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Flat => Self::Groups,
            Self::Groups => Self::Forks,
            Self::Forks => Self::Flat,
        }
    }

    /// The rows for the runs at these indices, which are sorted. `open` holds the groups whose runs are shown.
    pub(super) fn rows(self, indices: &[usize], runs: &[Listing], open: &BTreeSet<GroupKey>) -> Vec<Row> {
        match self {
            Self::Flat => indices.iter().map(|&index| Row::Run { index, depth: 0 }).collect(),
            Self::Groups => groups(indices, runs, open),
            Self::Forks => forks(indices, runs),
        }
    }
}

/// What the runs of a group share: recipe and data. A run that has not started has no data yet and belongs to the first
/// group with its recipe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupKey {
    recipe: Recipe,
    data: Option<String>,
}

/// The groups of these runs. Runs that cannot be read belong to none.
pub fn groups_of(runs: &[Listing]) -> Vec<Group> {
    let indices: Vec<_> = (0..runs.len()).collect();
    let group = |row| match row {
        Row::Group(group) => Some(*group),
        Row::Run { .. } => None,
    };
    groups(&indices, runs, &BTreeSet::new()).into_iter().filter_map(group).collect()
}

/// Groups are ordered by their first run; runs that cannot be read come last.
fn groups(indices: &[usize], runs: &[Listing], open: &BTreeSet<GroupKey>) -> Vec<Row> {
    let listed = |index: usize| match &runs[index] {
        Listing::Run(run) => Some(run),
        Listing::Broken { .. } => None,
    };
    let run = |index: usize| listed(index).map(|run| &run.manifest);
    let (readable, broken): (Vec<usize>, Vec<usize>) =
        indices.iter().partition(|&&index| run(index).is_some());
    let recipes: Vec<_> =
        readable.iter().filter_map(|&index| Some((index, run(index)?, run(index)?.recipe()))).collect();
    let mut first_data: BTreeMap<&Recipe, &str> = BTreeMap::new();
    for (_, manifest, recipe) in &recipes {
        if let Some(data) = manifest.data_checksum() {
            first_data.entry(recipe).or_insert(data);
        }
    }
    let mut order: Vec<GroupKey> = Vec::new();
    let mut members: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
    for (index, manifest, recipe) in &recipes {
        let data = manifest.data_checksum().or_else(|| first_data.get(recipe).copied());
        let key = GroupKey { recipe: recipe.clone(), data: data.map(str::to_owned) };
        let indices = members.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            Vec::new()
        });
        indices.push(*index);
    }
    let mut rows = Vec::new();
    for key in order {
        let indices = &members[&key];
        let finished = indices.iter().filter_map(|&index| listed(index));
        let finished = finished.filter(|run| run.state.status == RunStatus::Finished);
        let by_seed: BTreeMap<u64, &Results> =
            finished.map(|run| (run.manifest.config.seed, &run.manifest.summary)).collect();
        let summaries = || by_seed.values();
        let is_open = open.contains(&key);
        rows.push(Row::Group(Box::new(Group {
            indices: indices.clone(),
            best: Spread::of(summaries().filter_map(|summary| summary.best_test_accuracy)),
            loss: Spread::of(summaries().filter_map(|summary| summary.last_test_loss)),
            is_open,
            key,
        })));
        if is_open {
            rows.extend(indices.iter().map(|&index| Row::Run { index, depth: 1 }));
        }
    }
    rows.extend(broken.into_iter().map(|index| Row::Run { index, depth: 0 }));
    rows
}

/// Runs whose parent is not listed are at the top level. Children are sorted by creation time.
fn forks(indices: &[usize], runs: &[Listing]) -> Vec<Row> {
    let run = |index: usize| match &runs[index] {
        Listing::Run(run) => Some(run),
        Listing::Broken { .. } => None,
    };
    let shown: BTreeMap<&RunId, usize> =
        indices.iter().filter_map(|&index| Some((&run(index)?.manifest.id, index))).collect();
    let parent = |index: usize| shown.get(run(index)?.manifest.parent.as_ref()?).copied();
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut left: Vec<(usize, usize)> = Vec::new();
    for &index in indices.iter().rev() {
        match parent(index).filter(|&parent| parent != index) {
            Some(parent) => children.entry(parent).or_default().push(index),
            None => left.push((index, 0)),
        }
    }
    for indices in children.values_mut() {
        // `left` is a stack: the last child is popped first.
        let created = |index: &usize| run(*index).map_or(0.0, |run| run.manifest.created);
        indices.sort_by(|one, other| created(other).total_cmp(&created(one)));
    }
    let mut rows = Vec::with_capacity(indices.len());
    while let Some((index, depth)) = left.pop() {
        rows.push(Row::Run { index, depth });
        left.extend(children.remove(&index).into_iter().flatten().map(|child| (child, depth + 1)));
    }
    // Cycles can only result from edited files; their runs are listed at the top level.
    rows.extend(children.into_values().flatten().map(|index| Row::Run { index, depth: 0 }));
    rows
}
