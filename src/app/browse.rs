//! Which runs the table shows, and in what order.

use super::Key;
use crate::run::{Completion, Field, Listed, Query, QueryError, Sort, Value, complete};

/// Fields that the table can be sorted by with one key, each with whether it goes down at first.
const SORTS: [(&str, bool); 7] = [
    ("created", true),
    ("best_acc", true),
    ("loss", false),
    ("time", true),
    ("name", false),
    ("state", false),
    ("preset", false),
];

/// Which runs the table shows, and in what order.
#[derive(Debug, Clone, PartialEq)]
pub struct Browse {
    /// What was asked for last that was understood.
    query: Query,
    /// What is typed.
    text: String,
    /// The text before it was typed over.
    before: String,
    /// Why it is not understood.
    error: Option<QueryError>,
    /// The order; `None`: the newest first.
    sort: Option<Sort>,
    /// The places of the runs that are shown, in order.
    shown: Vec<usize>,
}

impl Browse {
    pub(super) fn new() -> Self {
        let (text, before) = Default::default();
        Self { query: Query::default(), text, before, error: None, sort: None, shown: Vec::new() }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why that is not understood; then the runs before it are still shown.
    pub fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// The order, if it is not the usual one.
    pub fn sort(&self) -> Option<Sort> {
        self.sort
    }

    /// The places of the runs that are shown, in order.
    pub fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// What could come next.
    pub fn completions(&self, runs: &[Listed]) -> Vec<Completion> {
        complete(&self.text, self.text.len(), |field| values(field, runs))
    }

    pub(super) fn begin(&mut self) {
        self.before.clone_from(&self.text);
    }

    pub(super) fn leave(&mut self, runs: &[Listed]) {
        self.text = std::mem::take(&mut self.before);
        self.ask(runs);
    }

    /// Types a key; `false` if it is none that can be typed.
    pub(super) fn type_key(&mut self, key: Key, runs: &[Listed]) -> bool {
        match key {
            // More than anybody types.
            Key::Char(character) if self.text.len() < 1000 => self.text.push(character),
            Key::Backspace => drop(self.text.pop()),
            _ => return false,
        }
        self.ask_if_finished(runs);
        true
    }

    /// Types what could come next, as far as there is one way.
    pub(super) fn complete(&mut self, runs: &[Listed]) {
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
    fn ask_if_finished(&mut self, runs: &[Listed]) {
        let begun = self.text.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        if begun && !self.completions(runs).is_empty() {
            self.error = None;
        } else {
            self.ask(runs);
        }
    }

    /// Asks for what is typed.
    pub(super) fn ask(&mut self, runs: &[Listed]) {
        match self.text.parse() {
            Ok(query) => (self.query, self.error) = (query, None),
            Err(error) => self.error = Some(error),
        }
        self.arrange(runs);
    }

    /// To the next of the usual orders.
    pub(super) fn next_sort(&mut self, runs: &[Listed]) {
        let place = self.sort.and_then(|sort| SORTS.iter().position(|(name, _)| *name == sort.field.name()));
        let (name, down) = SORTS[(place.unwrap_or(0) + 1) % SORTS.len()];
        self.sort = Field::named(name).filter(|_| name != SORTS[0].0).map(|field| Sort { field, down });
        self.arrange(runs);
    }

    /// The other way round.
    pub(super) fn turn_sort(&mut self, runs: &[Listed]) {
        let usual = Field::named(SORTS[0].0).map(|field| Sort { field, down: SORTS[0].1 });
        self.sort = self.sort.or(usual).map(|sort| Sort { down: !sort.down, ..sort });
        self.arrange(runs);
    }

    /// Finds out which runs are shown, and in what order.
    pub(super) fn arrange(&mut self, runs: &[Listed]) {
        let fits = |listed: &Listed| match listed {
            Listed::Run(run) => self.query.matches(run),
            Listed::Broken { .. } => self.query.is_empty(),
        };
        self.shown = (0..runs.len()).filter(|place| fits(&runs[*place])).collect();
        if let Some(sort) = self.sort {
            self.shown.sort_by(|one, other| sort.order(&runs[*one], &runs[*other]));
        }
    }
}

/// The values that a field has in these runs, each once.
fn values(field: Field, runs: &[Listed]) -> Vec<String> {
    let of = |listed: &Listed| match listed {
        Listed::Run(run) => match field.of(run) {
            Value::Text(text) if !text.is_empty() => vec![text],
            Value::Words(words) => words,
            Value::Number(number) => vec![number.to_string()],
            Value::Text(_) | Value::None => Vec::new(),
        },
        Listed::Broken { .. } => Vec::new(),
    };
    let mut values: Vec<String> = runs.iter().flat_map(of).collect();
    values.sort_unstable();
    values.dedup();
    values
}
