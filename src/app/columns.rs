//! The columns of the table of runs.

use std::fmt;
use std::str::FromStr;

use crate::run::{Field, UnknownField};

/// A column of the table of runs, after state and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A field of a run.
    Field(Field),
    /// The settings that differ from the defaults.
    Settings,
    /// A sparkline of test accuracy by epoch.
    Curve,
}

/// The default columns.
const DEFAULT_COLUMNS: [&str; 7] = ["preset", "epoch", "best_acc", "loss", "created", "curve", "settings"];

impl Column {
    /// Every column except state and name, which are always shown.
    pub fn all() -> impl Iterator<Item = Self> {
        let fields = Field::all().filter(|field| !["name", "state"].contains(&field.name()));
        [Self::Settings, Self::Curve].into_iter().chain(fields.map(Self::Field))
    }

    /// The default columns.
    pub(super) fn default_columns() -> Vec<Self> {
        DEFAULT_COLUMNS.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Settings => "settings",
            Self::Curve => "curve",
        }
    }

    /// A short description.
    pub fn about(self) -> &'static str {
        match self {
            Self::Field(field) => field.about(),
            Self::Settings => "settings that differ from the defaults",
            Self::Curve => "sparkline of test accuracy by epoch",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Column {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        let column = Self::all().find(|column| column.name() == name);
        column.ok_or_else(|| UnknownField(name.to_owned()))
    }
}

/// The choice of columns being edited: the shown columns in order, then the hidden ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    /// Every column, and whether it is shown.
    pub columns: Vec<(Column, bool)>,
    /// Index of the selected column.
    pub selected: usize,
}

impl ColumnChoice {
    pub(super) fn new(shown: &[Column]) -> Self {
        let hidden = Column::all().filter(|column| !shown.contains(column)).map(|column| (column, false));
        let columns = shown.iter().map(|column| (*column, true)).chain(hidden).collect();
        Self { columns, selected: 0 }
    }

    /// Shows or hides the selected column.
    pub(super) fn toggle(&mut self) {
        let (_, is_shown) = &mut self.columns[self.selected];
        *is_shown = !*is_shown;
    }

    /// Moves the selected column by this many places; negative values move it up.
    pub(super) fn shift(&mut self, places: isize) {
        let to = self.selected.saturating_add_signed(places).min(self.columns.len() - 1);
        self.columns.swap(self.selected, to);
        self.selected = to;
    }

    /// The columns that are shown.
    pub(super) fn shown(&self) -> Vec<Column> {
        self.columns.iter().filter(|(_, is_shown)| *is_shown).map(|(column, _)| *column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_column_exists_and_every_column_is_described() {
        let names: Vec<_> = Column::default_columns().into_iter().map(Column::name).collect();
        assert_eq!(names, DEFAULT_COLUMNS);
        assert!(Column::Settings.about().contains("settings") && Column::Curve.about().contains("accuracy"));
        assert!(Column::all().all(|column| !column.about().is_empty()));
    }

    #[test]
    fn columns_are_hidden_shown_and_moved() {
        let shown = Column::default_columns();
        let mut choice = ColumnChoice::new(&shown);
        assert_eq!(choice.columns.len(), Column::all().count());
        assert_eq!(choice.shown(), shown);
        choice.toggle();
        assert_eq!(choice.shown(), shown[1..]);
        choice.toggle();
        choice.shift(1);
        assert_eq!((choice.selected, choice.shown()[..2].to_vec()), (1, vec![shown[1], shown[0]]));
        choice.shift(-5);
        assert_eq!((choice.selected, choice.shown()[1]), (0, shown[1]));
        choice.selected = choice.columns.len() - 1;
        choice.shift(1);
        assert_eq!(choice.selected, choice.columns.len() - 1);
    }
}
