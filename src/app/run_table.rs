//! Which runs the table shows, in what order, arranged how, and what of them.

use std::collections::BTreeSet;

use super::rows::{Arrangement, GroupKey, Row};
use super::{Column, Key};
use crate::run::{Completion, Field, Listing, Query, QueryError, Sort, Value, complete};

/// The order until a person chooses another: the newest first.
const USUAL: (&str, bool) = ("created", true);

/// Which runs the table shows, in what order, arranged how, and what of them.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTable {
    /// What is shown of each run.
    pub columns: Vec<Column>,
    /// How the runs are arranged.
    pub arrangement: Arrangement,
    /// What was asked for last that was understood.
    query: Query,
    /// What is typed.
    text: String,
    /// The text before it was typed over.
    before: String,
    /// Why it is not understood.
    error: Option<QueryError>,
    /// The order; `None`: the usual one.
    sort: Option<Sort>,
    /// The groups whose runs are shown.
    open: BTreeSet<GroupKey>,
    /// How many runs are shown, or in a group that is.
    count: usize,
    rows: Vec<Row>,
}

impl RunTable {
    pub(super) fn new() -> Self {
        Self {
            columns: Column::usual(),
            arrangement: Arrangement::Flat,
            query: Query::default(),
            text: String::new(),
            before: String::new(),
            error: None,
            sort: None,
            open: BTreeSet::new(),
            count: 0,
            rows: Vec::new(),
        }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was asked for last that was understood, as it was typed where that still stands there.
    pub(super) fn asked(&self) -> String {
        let is_typed = self.text.parse().is_ok_and(|query: Query| query == self.query);
        if is_typed { self.text.clone() } else { self.query.to_string() }
    }

    /// Why what is typed is not understood; then the runs before it are still shown.
    pub fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// The order, if it is not the usual one.
    pub fn sort(&self) -> Option<Sort> {
        self.sort
    }

    /// What the table shows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many runs are asked for.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What could come next.
    pub fn completions(&self, runs: &[Listing]) -> Vec<Completion> {
        complete(&self.text, self.text.len(), |field| values(field, runs))
    }

    /// Asks as it was asked before.
    pub(super) fn recall(&mut self, query: &str, sort: Option<Sort>, arrangement: Arrangement) {
        if let Ok(understood) = query.parse() {
            self.query = understood;
            query.clone_into(&mut self.text);
        }
        (self.sort, self.arrangement) = (sort, arrangement);
    }

    pub(super) fn begin(&mut self) {
        self.before.clone_from(&self.text);
    }

    pub(super) fn leave(&mut self, runs: &[Listing]) {
        self.text = std::mem::take(&mut self.before);
        self.ask(runs);
    }

    /// Types a key; `false` if it is none that can be typed.
    pub(super) fn type_key(&mut self, key: Key, runs: &[Listing]) -> bool {
        match key {
            // More than anybody types.
            Key::Char(character) if self.text.len() < 1000 => self.text.push(character),
            Key::Backspace => drop(self.text.pop()),
            Key::Ctrl('u') => self.text.clear(),
            _ => return false,
        }
        self.ask_if_finished(runs);
        true
    }

    /// Types what could come next, as far as there is one way.
    pub(super) fn complete(&mut self, runs: &[Listing]) {
        let completions = self.completions(runs);
        let Some(Completion { replaces, word, .. }) = completions.first() else { return };
        let common = completions.iter().fold(word.as_str(), |common, completion| {
            let same = common.char_indices().zip(completion.word.chars()).find(|((_, a), b)| a != b);
            same.map_or(&common[..common.len().min(completion.word.len())], |((end, _), _)| &common[..end])
        });
        self.text.replace_range(replaces.clone(), common);
        if completions.len() == 1 {
            self.text.push(' ');
        }
        self.ask_if_finished(runs);
    }

    /// Asks for what is typed, unless its last word may be the beginning of another one.
    fn ask_if_finished(&mut self, runs: &[Listing]) {
        let begun = self.text.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let completions = self.completions(runs);
        let is_field = |completion: &Completion| !completion.about.is_empty();
        let is_value = !completions.is_empty() && !completions.iter().any(is_field);
        let is_understood = self.text.parse::<Query>().is_ok();
        if begun && !completions.is_empty() && !(is_value && is_understood) {
            self.error = None;
        } else {
            self.ask(runs);
        }
    }

    /// Asks for what is typed.
    pub(super) fn ask(&mut self, runs: &[Listing]) {
        match self.text.parse() {
            Ok(query) => (self.query, self.error) = (query, None),
            Err(error) => self.error = Some(error),
        }
        self.arrange(runs);
    }

    /// Sorts by the next of the columns, and after the last one as usual.
    pub(super) fn next_sort(&mut self, runs: &[Listing]) {
        let fields: Vec<Field> = self.fields().collect();
        let place = self.sort.and_then(|sort| fields.iter().position(|field| *field == sort.field));
        let next = fields.get(place.map_or(0, |place| place + 1));
        self.sort = next.map(|&field| Sort { field, down: goes_down(field) });
        self.arrange(runs);
    }

    /// What of the columns can be sorted by.
    fn fields(&self) -> impl Iterator<Item = Field> {
        let shown = self.columns.iter().filter_map(|column| match column {
            Column::Field(field) => Some(*field),
            Column::Settings | Column::Curve => None,
        });
        Field::named("name").into_iter().chain(shown)
    }

    /// The other way round.
    pub(super) fn turn_sort(&mut self, runs: &[Listing]) {
        let usual = Field::named(USUAL.0).map(|field| Sort { field, down: USUAL.1 });
        self.sort = self.sort.or(usual).map(|sort| Sort { down: !sort.down, ..sort });
        self.arrange(runs);
    }

    /// To the next arrangement.
    pub(super) fn next_arrangement(&mut self, runs: &[Listing]) {
        self.arrangement = self.arrangement.next();
        self.arrange(runs);
    }

    /// Shows the runs of the group in this row, or hides them; `false` if there is no group.
    pub(super) fn turn_group(&mut self, row: usize, runs: &[Listing]) -> bool {
        let Some(Row::Group(group)) = self.rows.get(row) else { return false };
        let key = group.key.clone();
        if !self.open.remove(&key) {
            self.open.insert(key);
        }
        self.arrange(runs);
        true
    }

    /// Finds out which runs are shown, and in what order.
    pub(super) fn arrange(&mut self, runs: &[Listing]) {
        let fits = |listed: &Listing| match listed {
            Listing::Run(run) => self.query.matches(run),
            Listing::Broken { .. } => self.query.is_empty(),
        };
        let mut places: Vec<usize> = (0..runs.len()).filter(|place| fits(&runs[*place])).collect();
        if let Some(sort) = self.sort {
            sort.sort(&mut places, |place| &runs[*place]);
        }
        self.count = places.len();
        self.rows = self.arrangement.rows(&places, runs, &self.open);
    }
}

/// Whether the best of a field is the greatest, so that it is to come first.
fn goes_down(field: Field) -> bool {
    ["best_acc", "acc", "min_acc", "created", "epoch", "step", "speed", "best_epoch"].contains(&field.name())
}

/// The values that a field has in these runs, each once.
fn values(field: Field, runs: &[Listing]) -> Vec<String> {
    let of = |listed: &Listing| match listed {
        Listing::Run(run) => match field.of(run) {
            Value::Text(text) if !text.is_empty() => vec![text],
            Value::Words(words) => words,
            Value::Number(number) => vec![number.to_string()],
            Value::Text(_) | Value::None => Vec::new(),
        },
        Listing::Broken { .. } => Vec::new(),
    };
    let mut values: Vec<String> = runs.iter().flat_map(of).collect();
    values.sort_unstable();
    values.dedup();
    values
}
