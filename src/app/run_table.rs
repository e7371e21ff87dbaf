//! The table of runs: query, order, columns, arrangement and selection.

use std::collections::BTreeSet;

use super::columns::Column;
use super::key::Key;
use super::rows::{Arrangement, GroupKey, Row};
use crate::run::{Completion, Field, FieldValue, Listing, Query, QueryError, Sort, complete};

/// The default order: the newest first.
const DEFAULT_SORT: (&str, bool) = ("created", true);

/// The table of runs: query, order, columns, arrangement and selection.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTable {
    /// The columns.
    pub columns: Vec<Column>,
    /// How the runs are arranged.
    pub arrangement: Arrangement,
    /// The last valid query.
    query: Query,
    /// The query as typed.
    text: String,
    /// Why it is not valid.
    error: Option<QueryError>,
    /// The order; `None` for the default.
    sort: Option<Sort>,
    /// The groups whose runs are shown.
    open: BTreeSet<GroupKey>,
    /// How many runs match the query.
    count: usize,
    /// Index of the selected row.
    pub selected: usize,
    rows: Vec<Row>,
}

impl RunTable {
    pub(super) fn new() -> Self {
        Self {
            columns: Column::default_columns(),
            arrangement: Arrangement::Flat,
            query: Query::default(),
            text: String::new(),
            error: None,
            sort: None,
            open: BTreeSet::new(),
            count: 0,
            selected: 0,
            rows: Vec::new(),
        }
    }

    /// The query as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The last valid query, as typed if possible.
    pub(super) fn valid_query(&self) -> String {
        let is_typed = self.text.parse().is_ok_and(|query: Query| query == self.query);
        if is_typed { self.text.clone() } else { self.query.to_string() }
    }

    /// Why the query is invalid; the table then shows the result of the last valid one.
    pub fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// The order, unless it is the default.
    pub fn sort(&self) -> Option<Sort> {
        self.sort
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many runs match the query.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Completions of the last word.
    pub fn completions(&self, runs: &[Listing]) -> Vec<Completion> {
        complete(&self.text, self.text.len(), |field| values(field, runs))
    }

    /// Restores query, order and arrangement of an earlier session.
    pub(super) fn recall(&mut self, query: &str, sort: Option<Sort>, arrangement: Arrangement) {
        if let Ok(understood) = query.parse() {
            self.query = understood;
            query.clone_into(&mut self.text);
        }
        (self.sort, self.arrangement) = (sort, arrangement);
    }

    /// Replaces the text and applies it.
    pub(super) fn restore_query(&mut self, text: String, runs: &[Listing]) {
        self.text = text;
        self.apply_query(runs);
    }

    /// Edits the query; returns `false` if the key does not edit.
    pub(super) fn type_key(&mut self, key: Key, runs: &[Listing]) -> bool {
        match key {
            // More than any useful query needs.
            Key::Char(character) if self.text.len() < 1000 => self.text.push(character),
            Key::Backspace => drop(self.text.pop()),
            Key::Ctrl('u') => self.text.clear(),
            _ => return false,
        }
        self.apply_if_finished(runs);
        true
    }

    /// Completes the last word as far as it is unambiguous.
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
        self.apply_if_finished(runs);
    }

    /// Applies the query, unless its last word may be incomplete.
    fn apply_if_finished(&mut self, runs: &[Listing]) {
        let begun = self.text.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let completions = self.completions(runs);
        let is_field = |completion: &Completion| !completion.about.is_empty();
        let is_value = !completions.is_empty() && !completions.iter().any(is_field);
        let is_understood = self.text.parse::<Query>().is_ok();
        if begun && !completions.is_empty() && !(is_value && is_understood) {
            self.error = None;
        } else {
            self.apply_query(runs);
        }
    }

    /// Applies the query.
    pub(super) fn apply_query(&mut self, runs: &[Listing]) {
        match self.text.parse() {
            Ok(query) => (self.query, self.error) = (query, None),
            Err(error) => self.error = Some(error),
        }
        self.arrange(runs);
    }

    /// Sorts by the next column, and after the last one in the default order.
    pub(super) fn next_sort(&mut self, runs: &[Listing]) {
        let fields: Vec<Field> = self.fields().collect();
        let index = self.sort.and_then(|sort| fields.iter().position(|field| *field == sort.field));
        let next = fields.get(index.map_or(0, |index| index + 1));
        self.sort = next.map(|&field| Sort { field, down: goes_down(field) });
        self.arrange(runs);
    }

    /// The columns that can be sorted by.
    fn fields(&self) -> impl Iterator<Item = Field> {
        let shown = self.columns.iter().filter_map(|column| match column {
            Column::Field(field) => Some(*field),
            Column::Settings | Column::Curve => None,
        });
        Field::named("name").into_iter().chain(shown)
    }

    /// Reverses the order.
    pub(super) fn reverse_sort(&mut self, runs: &[Listing]) {
        let default = Field::named(DEFAULT_SORT.0).map(|field| Sort { field, down: DEFAULT_SORT.1 });
        self.sort = self.sort.or(default).map(|sort| Sort { down: !sort.down, ..sort });
        self.arrange(runs);
    }

    /// Uses the next arrangement.
    pub(super) fn next_arrangement(&mut self, runs: &[Listing]) {
        self.arrangement = self.arrangement.next();
        self.arrange(runs);
    }

    /// Shows or hides the runs of the group in this row; returns `false` if it is not a group.
    pub(super) fn toggle_group(&mut self, row: usize, runs: &[Listing]) -> bool {
        let Some(Row::Group(group)) = self.rows.get(row) else { return false };
        let key = group.key.clone();
        if !self.open.remove(&key) {
            self.open.insert(key);
        }
        self.arrange(runs);
        true
    }

    /// Computes the rows from the runs.
    pub(super) fn arrange(&mut self, runs: &[Listing]) {
        let fits = |listed: &Listing| match listed {
            Listing::Run(run) => self.query.matches(run),
            Listing::Broken { .. } => self.query.is_empty(),
        };
        let mut indices: Vec<usize> = (0..runs.len()).filter(|index| fits(&runs[*index])).collect();
        if let Some(sort) = self.sort {
            sort.sort(&mut indices, |index| &runs[*index]);
        }
        self.count = indices.len();
        self.rows = self.arrangement.rows(&indices, runs, &self.open);
    }
}

/// Whether the greatest value of a field is the best, so that it comes first.
fn goes_down(field: Field) -> bool {
    ["best_acc", "acc", "min_acc", "created", "epoch", "step", "speed", "best_epoch"].contains(&field.name())
}

/// The distinct values of a field in these runs.
fn values(field: Field, runs: &[Listing]) -> Vec<String> {
    let of = |listed: &Listing| match listed {
        Listing::Run(run) => match field.of(run).current() {
            FieldValue::Text(text) if !text.is_empty() => vec![text],
            FieldValue::Words(words) => words,
            FieldValue::Integer(number) => vec![number.to_string()],
            FieldValue::Number(number) => vec![number.to_string()],
            FieldValue::Text(_) | FieldValue::Changed(_) | FieldValue::None => Vec::new(),
        },
        Listing::Broken { .. } => Vec::new(),
    };
    let mut values: Vec<String> = runs.iter().flat_map(of).collect();
    values.sort_unstable();
    values.dedup();
    values
}
